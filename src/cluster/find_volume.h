/*
 * cluster/find_volume.h - from what a client wrote to the volume it means.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "cluster/cluster.h"

/* Borrowed, good for this turn of the loop. */
struct volume_found {
	const struct volume *volume;
	struct engine *engine;
};

/* On this engine: "name", "node/name" or "<engine id>/name"; NULL. */
const struct volume *volume_find_on(const struct engine *e, const char *what);
/*
 * What exists on several nodes is one volume to whoever asks by its name: of the copies the one on
 * a healthy engine, the first by name of the node.  ERROR_NOT_FOUND `get x: no such volume`.
 */
bool volume_find(struct cluster *cluster, const char *what, struct volume_found *ret,
	struct error *err) must_check;
/* All copies, in the order of their nodes' names; free() the array.  Empty when there is none. */
struct volume_found *volume_find_all(
	struct cluster *cluster, const char *what, size_t *ret_count) must_check;
/* As lists show it: "node/name" of one that is its node's alone.  Compose takes what the list tells
 * for the name of all that it made, and gets the plain one. */
void volume_write_name(struct strbuf *sb, const struct volume *v, const struct engine *e);
