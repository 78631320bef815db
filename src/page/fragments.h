/*
 * page/fragments.h - which pieces of a screen have changed since it was written before.
 *
 * A part is one element with an id, and lies in the screen's text; parts may lie within others.
 * What of a part is not within an inner one is its own: when only inner ones have changed, only
 * they are told.
 */
#pragma once

#include <stdint.h>

#include "base/strbuf.h"

enum { FRAGMENT_ID_MAX = 24 };

struct fragment {
	char id[FRAGMENT_ID_MAX];
	size_t from, to; /* in the text; `to` is 0 while it is open */
	size_t above;    /* number of the part around it, plus 1; 0: none */
	uint64_t own;    /* of the text that is its own; set by fragments_seal */
};

/* In the order in which they begin.  Zeroed memory is an empty list. */
struct fragments {
	struct fragment *items; /* owned */
	size_t count, cap;
	size_t open; /* the innermost, plus 1; 0: none */
};

void fragments_finish(struct fragments *ps);
void fragments_open(struct fragments *ps, const char *id, size_t at);
void fragments_close(struct fragments *ps, size_t at);
/* All are there: their text is looked at, once, and may be gone afterwards. */
void fragments_seal(struct fragments *ps, const struct strbuf *text);
/* Calls tell for each part that is new or not as before (NULL: for all), and for none within one
 * that was told.  Both sealed. */
void fragments_compare(const struct fragments *now, const struct fragments *before,
	void (*tell)(void *arg, const struct fragment *part), void *arg);
