/*
 * sched/node.h - questions to one node.
 */
#pragma once

#include "sched/sched.h"

static inline bool node_is_healthy(const struct node *n)
{
	return n->health > 0;
}

/* The value of the label (its key interned, or NULL), an operator's before the engine's; NULL:
 * none. */
const char *node_label(const struct node *n, const char *key);

/* What is meant among the node's own (docker/answer.h); NULL when nothing is, or several as well.
 */
const struct container *node_find_container(const struct node *n, const char *what);
const struct network *node_find_network(const struct node *n, const char *what);
/* Is any container meant, be it that several are? */
bool node_knows_container(const struct node *n, const char *what);

/* The values that the label has among the node's containers. */
const struct label_tally *node_tally(const struct node *n, const char *key);

/* How many of the node's containers, those being made included, are in a network of that name. */
size_t node_count_in_network(const struct node *n, const char *name);

/* Names of volumes are interned.  Listed by the engine; NULL. */
const struct volume *node_volume(const struct node *n, const char *name);
/* The same, or mounted by one of its containers. */
bool node_has_volume(const struct node *n, const char *name);
bool node_container_mounts(const struct container *c, const char *name);
