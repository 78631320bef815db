/*
 * discovery/range.h - "10.0.0.[10:200]:2375" as the many addresses it stands for.
 *
 * A pattern "[from:to]" of two signed decimals stands for every integer between them, ascending;
 * several patterns in one item give their cartesian product, the leftmost varying slowest.  Bounds
 * of equal width keep their leading zeros.  Brackets that hold anything else are literal, which is
 * what keeps "[2001:db8::1]:2375" whole.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"

/* The most entries that one list may hold after expansion. */
#define RANGE_MAX_ENTRIES 65536
/* Longer than any host name with a port, or path of a socket, can be. */
#define RANGE_MAX_ITEM_LEN 512

/* Appends the expansion; on failure ret is as before.  ERROR_TOO_LARGE; ERROR_NOT_FOUND when a
 * range runs backwards, so that the item stands for nothing. */
bool range_expand(const char *item, struct strv *ret, struct error *err);
