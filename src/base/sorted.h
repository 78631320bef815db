/*
 * base/sorted.h - places in sorted arrays.
 */
#pragma once

#include <stddef.h>

/*
 * The number of items that come before the key: the index of the first that equals it, or of the
 * place where it belongs.  compare is what sorted them, as for qsort; no items may be NULL.
 */
size_t sorted_place(const void *key, const void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *));
