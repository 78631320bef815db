/*
 * cluster/find_container.h - from what a client wrote to the container it means.
 *
 * Order : full id, name (with or without '/', "node/name",
 * "<engine id>/name"), swarm id, then a unique prefix of id or swarm id.  Names beat prefixes;
 * several different containers are an error, never a guess.
 */
#pragma once

#include "base/error.h"
#include "docker/container.h"

struct cluster;
struct lookup;

struct lookup *lookup_create(void);
void lookup_destroy(struct lookup *l);
/* Called by engine_add_container and friends only. */
void lookup_insert(struct lookup *l, struct container *c);
void lookup_remove(struct lookup *l, struct container *c);
/* Where somebody stands who walks through all containers, the newest first; zeroed memory is the
 * beginning.  While anybody walks, containers whose age changes (an engine's clock was set) keep
 * their places, so that everybody sees each of them once. */
struct lookup_place {
	int64_t place_ns;
	char id[65];
	const void *engine; /* to tell it from others only: it may be gone */
	struct lookup *in;  /* private: NULL until it has seen one */
};
/* Visits what comes behind the place, which moves along, until visit returns false; then so does
 * this.  There may be containers among them of which clients must not hear: reservations, those of
 * engines that are not validated. */
bool lookup_walk(struct lookup *l, struct lookup_place *place,
	bool (*visit)(void *arg, struct container *c), void *arg);
/* After the last walk from this place, before the lookup goes; never begun is fine. */
void lookup_walk_end(struct lookup_place *place);
/* By full id on this engine, validated or not. */
struct container *lookup_find_on(
	const struct lookup *l, const char *id, const struct engine *engine);
/* The reservation on this engine that a container with the swarm id comes to fill; NULL. */
struct container *lookup_find_reservation(
	const struct lookup *l, const char *swarm_id, const struct engine *engine);
/* On a healthy engine, what a rescheduling made of the container; NULL. */
struct container *lookup_find_newer_copy(const struct lookup *l, const struct container *of);
/* Likewise, what is left of before. */
struct container *lookup_find_older_copy(const struct lookup *l, const struct container *of);
/* Another engine's record of the same container; NULL. */
struct container *lookup_find_copy(const struct lookup *l, const struct container *c);

/*
 * NULL with ERROR_NOT_FOUND `No such container: x`, or ERROR_INVALID when ambiguous, empty or
 * longer than a name may be (docker/name.h).  Only containers of validated engines are found, and
 * no reservations.  Of two records of one container (same id, or same swarm id after a
 * rescheduling) the one on a healthy engine is meant; of two that can be reached while a container
 * leaves its node, the one that runs, and then the newer.
 */
struct container *cluster_find_container(
	struct cluster *cluster, const char *what, struct error *err);
/* The one whose name, percent-encoded, begins the path and is followed by a slash, which is where
 * *ret_rest begins.  Names hold slashes, and so may the rest: the longest name that is there
 * counts. NULL when there is none.  The work has a bound, however long the path is. */
struct container *cluster_find_container_in(
	struct cluster *cluster, const char *path, const char **ret_rest);
/* By full id; for look-ups after a wait. */
struct container *cluster_find_container_by_id(struct cluster *cluster, const char *id);
/* By the begin of its id or swarm id; NULL when none or several begin so. */
struct container *cluster_find_container_by_prefix(struct cluster *cluster, const char *prefix);
/* The container that has (or reserved) this name; NULL when the name is free or empty. */
struct container *cluster_find_name(struct cluster *cluster, const char *name);
