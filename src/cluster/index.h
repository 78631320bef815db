/*
 * cluster/index.h - from a name or an id to what engines hold under it.
 *
 * Images, networks and volumes are lists that are replaced as a whole.  Each engine keeps the marks
 * that one of its lists left in the indexes; a key lives as long as it has marks.  Private to
 * cluster/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/map.h"

struct engine;
struct index;
struct index_key;

/* A thing that an engine holds, under one of its keys. */
struct index_mark {
	struct list link; /* index_key::marks */
	struct index_key *key;
	struct engine *engine; /* borrowed: its marks are dropped with its lists */
	const void *thing;     /* struct image, network or volume; borrowed, as above */
};

/* What one list of an engine left. */
struct index_marks {
	struct index_mark *items; /* owned */
	size_t count, cap;
};

/* by_prefix: keys are ids, and index_find_prefix will be asked. */
struct index *index_create(bool by_prefix);
/* No mark may be left. */
void index_destroy(struct index *x);

/* First all of a list's marks are added, then they are made to be found. */
void index_marks_add(
	struct index_marks *m, struct index *x, const char *key, size_t len, const void *thing);
void index_marks_publish(struct index_marks *m, struct engine *e);
void index_marks_drop(struct index_marks *m);

/* The marks of a key, an empty list when there are none; in no particular order. */
const struct list *index_find(const struct index *x, const char *key, size_t len);

/* The keys that begin with a prefix, in no particular order: */
struct index_walk {
	const struct index *index;
	const char *prefix;
	size_t prefix_len, bucket, last;
	const struct list *at;
};
void index_walk_begin(struct index_walk *w, const struct index *x, const char *prefix);
/* The marks of the next one; NULL at the end. */
const struct list *index_walk_next(struct index_walk *w);
