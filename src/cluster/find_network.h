/*
 * cluster/find_network.h - from what a client wrote to the network it means.
 *
 * Order: full id (or its first 12 characters), name, "node/name" or "<engine id>/name", unique id
 * prefix.  Copies and instances (docker/objects.h) of one network on several engines count once.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "cluster/cluster.h"

/* One copy of a network; borrowed, good for this turn of the loop. */
struct network_found {
	const struct network *network;
	struct engine *engine;
};

/*
 * The copy on a healthy engine, if there is one; of an overlay the one on a manager of the engines'
 * swarm, of one that spreads the first instance.  ERROR_NOT_FOUND `network x not found`, followed
 * by a hint when several nodes have one of that name; ERROR_INVALID when one node has several.
 */
bool network_find(struct cluster *cluster, const char *what, struct network_found *ret,
	struct error *err) must_check;
/* Any copy of that name, on an engine that is validated; false when the name is free. */
bool network_find_name(const struct cluster *cluster, const char *name);
/* What this engine has of the network: itself or, when it spreads, an instance; NULL. */
const struct network *network_on(const struct engine *e, const char *logical_id);
/* The same of one that was found.  A local network that does not spread is one node's alone, even
 * where another node has one with its id; NULL there. */
const struct network *network_part_on(const struct engine *e, const struct network_found *found);
/* What clients know this one of an engine's networks by; an id that none of them has is returned.
 */
const char *network_told_id(const struct engine *e, const char *id);
/* On this engine, by name or id; NULL. */
const struct network *network_find_on(const struct engine *e, const char *what);

/* As lists show it: "node/name" when it is that node's alone.  Compose looks for the networks of
 * its projects in the list by their plain names, and gets them. */
void network_write_name(struct strbuf *sb, const struct network *n, const struct engine *e);
/*
 * Whether this copy is all that is left: the workers of the engines' swarm show an overlay for some
 * time after it has been removed, which its managers know at once.
 */
bool network_is_removed(
	const struct cluster *cluster, const struct engine *e, const struct network *n);
