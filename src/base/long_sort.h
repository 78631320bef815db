/*
 * base/long_sort.h - sorting by pieces, for what takes longer than a turn of the loop may.
 *
 * Pieces are sorted, then merged, a bounded number of items at a time.  Equal items may change
 * their order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory is the sort of nothing. */
struct long_sort {
	char *items, *spare; /* owned */
	size_t count, size;
	int (*compare)(const void *, const void *);
	/* Private. */
	size_t run;         /* of so many items each run is in order; 0: none is yet */
	size_t done;        /* items of this pass */
	size_t left, right; /* the next of the two runs that are being merged */
};

/* Takes over the malloc'd array; compare is as for qsort. */
void long_sort_begin(struct long_sort *s, void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *));
/* Some more of the work; false: it is done. */
bool long_sort_more(struct long_sort *s);
/* The sorted array, malloc'd (another than was given); NULL when there is none. */
void *long_sort_take(struct long_sort *s);
/* At any time. */
void long_sort_finish(struct long_sort *s);
