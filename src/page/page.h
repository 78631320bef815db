/*
 * page/page.h - what an operator sees in a browser: screens that only read, written from memory.
 *
 * A screen is one document; everything that can be chosen on it is in its address.  At most
 * PAGE_ROWS rows are in one, so that ten thousand containers cost no more than a hundred.  What
 * changes while it is open stands in parts (page/fragments.h): the script of an open page puts new
 * ones in place of the old.
 */
#pragma once

#include "base/uri.h"
#include "manager/manager.h"
#include "page/fragments.h"

enum { PAGE_ROWS = 200 };

struct page;

struct page_screen {
	const char *name;  /* in addresses: /page/NAME, /page/live/NAME */
	const char *path;  /* "/page/nodes" */
	const char *title; /* in the list of screens; NULL: others lead to it */
	void (*write)(struct page *p);
	int64_t pause_ms; /* open pages are not written anew more often */
};

struct page {
	struct strbuf *sb;         /* borrowed; appended to */
	struct manager *manager;   /* borrowed */
	const struct query *query; /* borrowed; as asked */
	const char *raw_query;     /* borrowed; the same, encoded */
	const struct page_screen *screen;
	bool leads;
	const char *leader; /* of several managers, "" when nobody leads; NULL: there is only one */
	const char *version; /* of this program */
	size_t requests;     /* of clients under way; open pages are none */
	/* For pages that are open, whose script fills in ages: so that a part changes only when
	 * something has happened. */
	bool is_live;
	struct fragments *parts; /* borrowed; where parts are; NULL: nobody wants to know */
	int status;              /* of the answer; 0: 200 */
};

/* NULL: there is none of this name. */
const struct page_screen *page_find_screen(const char *name);

void page_now(struct page *p);
void page_nodes(struct page *p);
void page_containers(struct page *p);
void page_container(struct page *p);
void page_activity(struct page *p);

extern const char page_style[], page_script[];
