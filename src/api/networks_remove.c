/* DELETE /networks/{id}: by full id, on an engine that has it. */
#include "api/networks.h"

#include "api/networks_change.h"
#include "api/networks_find.h"
#include "api/reply.h"
#include "base/mem.h"

/* Any other engine that has it will do when the first cannot be reached. */
static void add_others(struct network_change *c, const struct network_found *found)
{
	struct cluster *cluster = c->rq->api->cluster;

	for (size_t i = 0; i < cluster->engines_count; i++) {
		struct engine *e = cluster->engines[i];
		bool can_remove = strcmp(found->network->scope, "swarm") != 0 || e->swarm_control;

		if (e != found->engine && engine_is_healthy(e) && can_remove &&
			network_on(e, found->network->id))
			network_change_add_engine(c, e);
	}
}

static bool prepare_remove(struct network_change *c, struct error *err)
{
	auto_strbuf struct strbuf path = STRBUF_INIT;
	struct network_found found;

	if (!network_find(c->rq->api->cluster, request_name(c->rq), &found, err))
		return false;
	if (!engine_is_healthy(found.engine))
		return error_set(err, ERROR_UNAVAILABLE, "Network %s is on unhealthy node %s",
			request_name(c->rq), found.engine->name);
	network_change_add_engine(c, found.engine);
	c->everywhere = !network_is_local(found.network);
	c->removed_id = xstrdup(found.network->id);
	if (c->everywhere)
		add_others(c, &found);
	strbuf_add_str(&path, "/networks/");
	uri_encode_path(&path, found.network->id);
	c->path = strbuf_steal(&path);
	return true;
}

void networks_remove(struct request *rq)
{
	network_change_start(rq, prepare_remove);
}
