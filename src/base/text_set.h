/*
 * base/text_set.h - whether a text has been met before.
 */
#pragma once

#include <stdbool.h>

/* Zeroed memory is empty. */
struct text_set {
	struct text_set_item *items; /* owned hash */
};

/* True when it was not in the set; it is then.  Copied. */
bool text_set_add(struct text_set *s, const char *text);
void text_set_finish(struct text_set *s);
