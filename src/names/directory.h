/*
 * names/directory.h - which containers a name means.
 *
 * Engines tell when something of theirs changes; what they have is read again when the next name is
 * looked up, so that nobody pays for names that nobody asks for.
 */
#pragma once

#include "base/list.h"
#include "cluster/cluster.h"

struct directory {
	struct cluster *cluster; /* borrowed */
	struct engine_listener listener;
	struct directory_name *names; /* private */
	struct directory_node *nodes; /* private; by engine */
	struct list stale;            /* private; nodes to be read again */
};

/* A container under one of its names. */
struct directory_entry {
	struct list by_name, by_node;
	struct directory_name *name;       /* private */
	const struct container *container; /* NULL: only longer names are there */
};

void directory_init(struct directory *d, struct cluster *cluster);
/* Before the cluster's end. */
void directory_finish(struct directory *d);
/* In lower case.  The list of its directory_entry::by_name, which stands until the next turn; NULL:
 * no such name, and none below it. */
const struct list *directory_find(struct directory *d, const char *name, size_t *ret_count);
