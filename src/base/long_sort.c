/* base/long_sort.c - a merge sort from below that can rest. */
#include "base/long_sort.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"

enum { AT_ONCE = 256 };

void long_sort_begin(struct long_sort *s, void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *))
{
	*s = (struct long_sort){ .items = items, .count = count, .size = size, .compare = compare };
}

void long_sort_finish(struct long_sort *s)
{
	free(s->items);
	free(s->spare);
	*s = (struct long_sort){ 0 };
}

void *long_sort_take(struct long_sort *s)
{
	void *items = steal(s->items);

	long_sort_finish(s);
	return items;
}

static char *item(const struct long_sort *s, size_t i)
{
	return s->items + i * s->size;
}

/* --- runs --- */

static void begin_pair(struct long_sort *s)
{
	s->left = s->done;
	s->right = min_of(s->done + s->run, s->count);
}

/* Of two runs' lengths; a single one is merged with nothing. */
static bool begin_pass(struct long_sort *s, size_t run)
{
	s->run = run;
	s->done = 0;
	begin_pair(s);
	if (run < s->count && !s->spare)
		s->spare = xcalloc(s->count, s->size);
	return run < s->count;
}

static bool sort_piece(struct long_sort *s)
{
	size_t count = min_of(s->count - s->done, (size_t)AT_ONCE);

	if (count)
		qsort(item(s, s->done), count, s->size, s->compare);
	s->done += count;
	return s->done < s->count || begin_pass(s, AT_ONCE);
}

/* --- merging --- */

/* Of the pair of runs that `done` is in. */
static size_t next_of(struct long_sort *s)
{
	size_t begin = s->done - s->done % (2 * s->run);
	size_t middle = min_of(begin + s->run, s->count), end = min_of(middle + s->run, s->count);
	bool has_left = s->left < middle, has_right = s->right < end;

	assert(has_left || has_right);
	if (!has_right || (has_left && s->compare(item(s, s->left), item(s, s->right)) <= 0))
		return s->left++;
	return s->right++;
}

static void merge_item(struct long_sort *s)
{
	memcpy(s->spare + s->done * s->size, item(s, next_of(s)), s->size);
	s->done++;
	if (s->done % (2 * s->run) == 0)
		begin_pair(s);
}

bool long_sort_more(struct long_sort *s)
{
	char *merged = s->spare;

	if (s->run == 0)
		return sort_piece(s);
	if (s->run >= s->count)
		return false;
	for (int n = 0; n < AT_ONCE && s->done < s->count; n++)
		merge_item(s);
	if (s->done < s->count)
		return true;
	s->spare = s->items;
	s->items = merged;
	return begin_pass(s, 2 * s->run);
}
