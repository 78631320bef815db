/*
 * api/volumes_find.h - from what a client wrote to the volume it means (api.md 5.4).
 */
#pragma once

#include "base/error.h"
#include "cluster/cluster.h"

/* Borrowed, good for this turn of the loop. */
struct volume_found {
	const struct volume *volume;
	struct engine *engine;
};

bool volume_is_local(const struct volume *v);
/* "name", "node/name" or "<engine id>/name"? */
bool volume_answers(const struct volume *v, const struct engine *e, const char *what);
/* On this engine; NULL. */
const struct volume *volume_find_on(const struct engine *e, const char *what);
/*
 * One copy -> it.  Several -> one that is shared between nodes, or, of a Compose project's volume,
 * any: Compose made them alike on every node and asks for them by plain name.  Healthy engines come
 * first.  ERROR_NOT_FOUND `No such volume: x`, with a hint when several nodes have their own.
 */
bool volume_find(struct cluster *cluster, const char *what, struct volume_found *ret,
	struct error *err) must_check;
