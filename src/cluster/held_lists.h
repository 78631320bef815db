/*
 * cluster/held_lists.h - what the engines' lists say now, to be read in several turns of the loop.
 *
 * An engine's list is replaced as a whole.  What is held stays as it is, whatever its engine does
 * meanwhile, until it is let go of; so who waits for somebody looks whether it is still the
 * engine's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cluster/cluster.h"
#include "cluster/refresh_log.h"

struct held_list {
	struct engine *engine; /* counted */
	struct index_marks *marks;
	const void *things; /* images, networks or volumes; lent by the marks */
	size_t count;
};

struct held_lists {
	struct held_list *items; /* owned; of validated engines, in the order of their names */
	size_t count;
	struct loop *loop;
};

/* No engine has another list by now. */
bool held_lists_are_current(const struct held_lists *h);
void held_lists_init(struct held_lists *h, struct cluster *cluster, enum object_kind kind);
/* Zeroed memory is fine, too. */
void held_lists_finish(struct held_lists *h);
