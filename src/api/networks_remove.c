/*
 * api/networks_remove.c - DELETE /networks/{id}: by full id, on an engine that has it; of one
 * that spreads every instance.
 */
#include "api/networks.h"

#include "api/networks_change.h"
#include "api/reply.h"
#include "base/mem.h"
#include "cluster/find_network.h"

static void add_target(struct network_change *c, struct engine *e, const struct network *n)
{
	network_change_add(c, e, request_path_for(c->rq, n->id));
}

/* Any other engine that has it will do when the first cannot be reached. */
static void add_others(struct network_change *c, const struct network_found *found)
{
	struct cluster *cluster = c->rq->api->cluster;

	struct engine *e;

	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		bool can_remove = strcmp(found->network->scope, "swarm") != 0 || e->swarm_control;
		const struct network *n = network_part_on(e, found);

		if (n && e != found->engine && can_remove)
			add_target(c, e, n);
	}
}

/* An instance that cannot be asked would stay behind, and be the network again. */
static bool check_instances(
	const struct network_change *c, const struct network_found *found, struct error *err)
{
	const struct engine *e;

	if (!network_is_local(found->network))
		return true;
	cluster_each (e, c->rq->api->cluster, CLUSTER_ALL) {
		if (network_part_on(e, found) && !engine_is_healthy(e))
			return error_set(err, ERROR_UNAVAILABLE,
				"Network %s is on unhealthy node %s", request_name(c->rq), e->name);
	}
	return true;
}

static bool prepare_remove(struct network_change *c, struct error *err)
{
	struct network_found found;

	if (!network_find(c->rq->api->cluster, request_name(c->rq), &found, err) ||
		!check_instances(c, &found, err))
		return false;
	if (!engine_is_healthy(found.engine))
		return error_set(err, ERROR_UNAVAILABLE, "Network %s is on unhealthy node %s",
			request_name(c->rq), found.engine->name);
	c->each = network_is_local(found.network);
	/* local ones are gone with the answers, and another node's may have the same id */
	if (!c->each)
		c->removed_id = xstrdup(found.network->logical_id);
	c->everywhere = true;
	/* the first instance goes last: if another is in use, the network is still whole */
	if (!c->each)
		add_target(c, found.engine, found.network);
	add_others(c, &found);
	if (c->each)
		add_target(c, found.engine, found.network);
	return true;
}

void networks_remove(struct request *rq)
{
	network_change_start(rq, prepare_remove);
}
