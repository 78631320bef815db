/*
 * manager/network_find.h - from what a client wrote to the network it means (api.md 5.3).
 *
 * Order: full id (or its first 12 characters), name, "node/name" or "<engine id>/name", unique id
 * prefix.  Copies and instances (docker/objects.h) of one network on several engines count once.
 * Ids of overlay networks are not hexadecimal.
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

/* The copy on a healthy engine, if there is one; of an overlay the one on a manager of the engines'
 * swarm, of one that spreads the first instance.  ERROR_NOT_FOUND `No such network: x`, followed by
 * a hint when several have the name. */
bool network_find(struct cluster *cluster, const char *what, struct network_found *ret,
	struct error *err) must_check;
/* What this engine has of the network: itself or, when it spreads, an instance; NULL. */
const struct network *network_on(const struct engine *e, const char *logical_id);
/* The same of one that was found.  A local network that does not spread is one node's alone, even
 * where another node has one with its id; NULL there. */
const struct network *network_part_on(const struct engine *e, const struct network_found *found);
/* On this engine, by name or id; NULL. */
const struct network *network_find_on(struct engine *e, const char *what);

bool network_is_local(const struct network *n);
/* Local, and it does not spread.  Another node's may have the same id: hosts are cloned, and Podman
 * makes ids of names. */
bool network_is_of_one_node(const struct network *n);
/* As lists show it: "node/name" when it is that node's alone.  Compose looks for the networks of
 * its projects in the list by their plain names, and gets them. */
void network_write_name(struct strbuf *sb, const struct network *n, const struct engine *e);
/*
 * Whether this copy is all that is left: the workers of the engines' swarm show an overlay for some
 * time after it has been removed, which its managers know at once.
 */
bool network_is_removed(
	const struct cluster *cluster, const struct engine *e, const struct network *n);
