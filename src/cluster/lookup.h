/*
 * cluster/lookup.h - from what a client wrote to the container it means.
 *
 * Order (cluster.md 8.2, docker-api.md 9.21): full id, name (with or without '/', "node/name",
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

/* NULL with ERROR_NOT_FOUND `No such container: x`, or ERROR_INVALID when ambiguous.  Pending ones
 * are not found. */
struct container *cluster_find_container(
	struct cluster *cluster, const char *what, struct error *err);
/* By full id on one engine; for look-ups after a wait. */
struct container *cluster_find_container_by_id(struct cluster *cluster, const char *id);
/* The container that has (or reserved) this name; NULL when the name is free or empty. */
struct container *cluster_find_name(struct cluster *cluster, const char *name);
/* exec id -> its container; NULL when unknown. */
struct container *cluster_find_exec(struct cluster *cluster, const char *exec_id);
void cluster_remember_exec(struct cluster *cluster, struct container *c, const char *exec_id);
