/*
 * base/recent.h - a bounded memory of texts by text: the oldest is forgotten first.
 */
#pragma once

#include <stddef.h>

/* What is longer is not kept. */
enum { RECENT_TEXT_MAX = 1024 };

/* Zeroed memory is empty, and keeps nothing until max is set. */
struct recent {
	struct recent_item *items; /* owned hash, oldest first */
	size_t max;
};

/* Copied; from now on the newest. */
void recent_put(struct recent *r, const char *key, const char *value);
/* Borrowed until the next put; NULL. */
const char *recent_get(const struct recent *r, const char *key);
void recent_finish(struct recent *r);
