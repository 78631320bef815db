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
#include "net/loop.h"

struct engine;
struct index;
struct index_key;

/* A thing that an engine holds, under one of its keys. */
struct index_mark {
	struct list link; /* index_key::marks */
	struct index_key *key;
	const struct index_marks *of; /* all of one list; borrowed: they own it */
	const void *thing; /* struct image, network or volume; borrowed: its marks go with it */
};

/* What one list of an engine left; on the heap, because each of its marks leads back to it. */
struct index_marks {
	struct engine *engine;    /* borrowed; NULL: they are not to be seen */
	struct index_mark *items; /* owned */
	size_t count, cap, linked;
	/* What they lead to, once it is the engine's list; owned. */
	void *things;
	size_t things_count, thing_size;
	void (*finish_thing)(void *thing);
	size_t holds; /* by those who read the things in several turns of the loop */
};

/* by_prefix: keys are ids, and index_find_prefix will be asked. */
struct index *index_create(bool by_prefix);
/* No mark may be left. */
void index_destroy(struct index *x);

/*
 * A long list is many turns of the loop: first its marks are added, then they are linked, some at a
 * time; none is seen before all are published at once.  So they are dropped: not seen any more, and
 * freed when there is time.
 */
void index_marks_add(
	struct index_marks *m, struct index *x, const char *key, size_t len, const void *thing);
/* Some more of them; false when all are linked. */
bool index_marks_link(struct index_marks *m);
void index_marks_publish(struct index_marks *m, struct engine *e);
/* Takes the things over; they are freed with the marks. */
void index_marks_own(struct index_marks *m, void *things, size_t count, size_t size,
	void (*finish)(void *thing));
/* Frees m, which may be NULL, in this turn or later, and not while it is held. */
void index_marks_drop(struct index_marks *m, struct loop *loop);
/* Both take NULL. */
struct index_marks *index_marks_hold(struct index_marks *m);
void index_marks_release(struct index_marks *m, struct loop *loop);

/* The marks of a key, an empty list when there are none; in no particular order, and those that are
 * not to be seen among them: index_each leaves these out. */
const struct list *index_find(const struct index *x, const char *key, size_t len);

#define index_each(m, marks)                                                                       \
	list_for_each (m, marks, link)                                                             \
		if (!(m)->of->engine) {                                                            \
		} else

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
