/*
 * page/page.h - what an operator sees in a browser: screens that only read, written from memory.
 *
 * A screen is one document without scripts; everything that can be chosen on it is in its address.
 * At most PAGE_ROWS rows are in one, so that ten thousand containers cost no more than a hundred.
 */
#pragma once

#include "base/uri.h"
#include "manager/manager.h"

enum { PAGE_ROWS = 200 };

struct page {
	struct strbuf *sb;         /* borrowed; appended to */
	struct manager *manager;   /* borrowed */
	const struct query *query; /* borrowed; as asked */
	bool leads;
	const char *leader; /* of several managers, "" when nobody leads; NULL: there is only one */
	const char *version; /* of this program */
	size_t requests;     /* under way, this one included */
};

void page_now(struct page *p);
void page_nodes(struct page *p);
void page_containers(struct page *p);

extern const char page_style[];
