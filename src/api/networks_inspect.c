/*
 * api/networks_inspect.c - GET /networks/{id}, asked anew: all engines that have it, or an
 * instance of it.
 */
#include "api/networks.h"

#include <string.h>

#include "api/gather.h"
#include "api/networks_merge.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/find_network.h"

static char *merge_inspects(struct gather *g, size_t *ret_len, struct error *err)
{
	yyjson_val **documents = xcalloc(g->fanout.count, sizeof(*documents));
	size_t count = 0;
	char *text = NULL;

	for (size_t i = 0; i < g->fanout.count; i++) {
		yyjson_val *root = yyjson_doc_get_root(g->fanout.items[i].call.json);

		if (yyjson_is_obj(root))
			documents[count++] = root;
	}
	if (count)
		text = networks_merge(documents, count, ret_len);
	else
		error_set(err, ERROR_NOT_FOUND, "network %s not found", request_name(g->rq));
	free(documents);
	return text;
}

/* The one that was found first: its document is the frame. */
static void add_holders(struct gather *g, const struct network_found *found)
{
	struct engine *e;

	fanout_add(&g->fanout, found->engine);
	cluster_each (e, g->rq->api->cluster, CLUSTER_HEALTHY) {
		if (e != found->engine && network_part_on(e, found))
			fanout_add(&g->fanout, e);
	}
}

/* Each knows its own instance. */
static char *path_for(const struct engine *e, const void *logical_id)
{
	auto_strbuf struct strbuf path = STRBUF_INIT;

	strbuf_add_str(&path, "/networks/");
	uri_encode_path(&path, network_on(e, logical_id)->id);
	return strbuf_steal(&path);
}

void networks_inspect(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	struct network_found found;
	struct gather *g;

	if (!network_find(rq->api->cluster, request_name(rq), &found, &err)) {
		reply_error(rq, &err);
		return;
	}
	if (!engine_is_healthy(found.engine)) {
		reply_errorf(rq, 500, "Network %s is on unhealthy node %s", request_name(rq),
			found.engine->name);
		return;
	}
	g = gather_create(rq, merge_inspects);
	g->may_lack = true; /* an overlay leaves a worker with its last container */
	add_holders(g, &found);
	gather_start_each(g, path_for, found.network->logical_id);
}
