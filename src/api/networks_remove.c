/*
 * api/networks_remove.c - DELETE /networks/{id}: by full id, on an engine that has it; of one
 * that spreads every instance.
 */
#include "api/networks.h"

#include "api/networks_change.h"
#include "base/mem.h"
#include "cluster/find_network.h"

static void add_target(struct network_change *c, struct engine *e, const struct network *n)
{
	auto_free char *path = request_path_for(ask_request(&c->ask), n->id);

	ask_add(&c->ask, e, path, "");
}

/* Any other engine that has it will do when the first cannot be reached. */
static void add_others(struct network_change *c, const struct network_found *found)
{
	struct cluster *cluster = ask_request(&c->ask)->api->cluster;

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
	cluster_each (e, ask_request(&c->ask)->api->cluster, CLUSTER_ALL) {
		if (network_part_on(e, found) && !engine_is_healthy(e))
			return error_set(err, ERROR_UNAVAILABLE,
				"Network %s is on unhealthy node %s",
				request_name(ask_request(&c->ask)), e->name);
	}
	return true;
}

static bool prepare_remove(struct ask *a, struct error *err)
{
	struct network_change *c = container_of(a, struct network_change, ask);
	struct network_found found;

	if (!network_find(ask_request(&c->ask)->api->cluster, request_name(ask_request(&c->ask)),
		    &found, err) ||
		!check_instances(c, &found, err))
		return false;
	if (!engine_is_healthy(found.engine))
		return error_set(err, ERROR_UNAVAILABLE, "Network %s is on unhealthy node %s",
			request_name(ask_request(&c->ask)), found.engine->name);
	a->order = network_is_local(found.network) ? ASK_EACH : ASK_FIRST;
	/* local ones are gone with the answers, and another node's may have the same id */
	if (a->order == ASK_FIRST)
		c->removed_id = xstrdup(found.network->logical_id);
	c->everywhere = true;
	/* the first instance goes last: if another is in use, the network is still whole */
	if (a->order == ASK_FIRST)
		add_target(c, found.engine, found.network);
	add_others(c, &found);
	if (a->order == ASK_EACH)
		add_target(c, found.engine, found.network);
	return true;
}

void networks_remove(struct request *rq)
{
	static const struct ask_kind kind = {
		NETWORK_CHANGE_KIND,
		.prepare = prepare_remove,
	};

	ask_run(rq, &kind);
}
