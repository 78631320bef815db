/*
 * sched/node.h - questions to one node.
 */
#pragma once

#include "sched/sched.h"

static inline bool node_is_healthy(const struct node *n)
{
	return n->health > 0;
}

/*
 * The node's container that `what` means: full id, name ("web", "/web", "node-1/web",
 * "<engine id>/web"), swarm id or its first 12 digits, or a prefix of either id that only one
 * container has.  NULL when there is none, or several.  The order is that of cluster/lookup.h.
 */
const struct container *node_find_container(const struct node *n, const char *what);

/* By name or id; "node-1/web" and "<engine id>/web" mean this node's. */
const struct network *node_find_network(const struct node *n, const char *what);

/* How many of the node's containers, those being made included, are in a network of that name. */
size_t node_count_in_network(const struct node *n, const char *name);

/* Listed by the engine, or mounted by one of its containers. */
bool node_has_volume(const struct node *n, const char *name);

/* The label, "" when absent. */
const char *node_label(const struct node *n, const char *key);
