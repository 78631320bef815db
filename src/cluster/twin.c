/*
 * cluster/twin.c - two addresses of one daemon.
 */
#include "cluster/twin.h"

#include <string.h>

#include "base/mem.h"
#include "cluster/cluster.h"
#include "cluster/engine_private.h"
#include "cluster/find_container.h"

/* Of Podman only the containers tell, it has no id of its own. */
static bool is_same_daemon(const struct engine *a, const struct engine *b)
{
	if (a->remote.kind == REMOTE_PODMAN && b->remote.kind == REMOTE_PODMAN)
		return true;
	return *a->daemon_id && strcmp(a->daemon_id, b->daemon_id) == 0;
}

/* A validated engine that is the same daemon; NULL. */
static struct engine *find_twin(const struct engine *e)
{
	for (size_t i = 0; i < e->containers_count; i++) {
		const struct container *c = e->containers[i], *copy;

		if (c->state == CONTAINER_PENDING)
			continue;
		copy = lookup_find_copy(e->cluster->lookup, c);
		if (copy && engine_is_validated(copy->engine) && is_same_daemon(e, copy->engine))
			return copy->engine;
	}
	return NULL;
}

bool twin_may_register(struct engine *e, struct error *err)
{
	struct engine *twin = find_twin(e);
	auto_free char *reason = NULL;

	if (!twin)
		return true;
	if (engine_is_healthy(twin))
		return error_set(err, ERROR_CONFLICT,
			"ID duplicated. %s shared by this node %s and another node %s: both show "
			"the same containers, so it is one engine with two addresses",
			e->daemon_id, e->addr, twin->addr);
	reason =
		xasprintf("ID duplicated. %s shared by this node %s and another node %s, where the "
			  "engine answers now",
			e->daemon_id, twin->addr, e->addr);
	engine_suspend(twin, reason);
	return true;
}

void twin_suspect(struct engine *e, const struct container *c)
{
	const struct container *copy;

	if (!engine_is_validated(e) || c->state == CONTAINER_PENDING)
		return;
	copy = lookup_find_copy(e->cluster->lookup, c);
	if (!copy || !engine_is_validated(copy->engine) || !is_same_daemon(e, copy->engine))
		return;
	e->maybe_twin = true;
	engine_doubt(e);
}

void twin_settle(struct engine *e)
{
	struct engine *twin = e->maybe_twin ? find_twin(e) : NULL;
	auto_free char *reason = NULL;

	e->maybe_twin = false;
	if (!twin || !engine_is_validated(e))
		return;
	if (engine_is_healthy(e) && !engine_is_healthy(twin)) {
		struct engine *swap = e;

		e = twin;
		twin = swap;
	}
	reason =
		xasprintf("ID duplicated. %s shared by this node %s and another node %s: both show "
			  "the same containers, so it is one engine with two addresses",
			e->daemon_id, e->addr, twin->addr);
	engine_suspend(e, reason);
}
