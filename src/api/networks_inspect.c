/*
 * api/networks_inspect.c - GET /networks/{id}, asked anew: all engines that have it, or an
 * instance of it.
 */
#include "api/networks.h"

#include <string.h>

#include "api/ask.h"
#include "api/networks_merge.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/find_network.h"

enum { INSPECT_TIMEOUT_MS = 60 * 1000 };

static char *merge_inspects(struct ask *a, size_t *ret_len, struct error *err)
{
	yyjson_val **documents = xcalloc(a->fanout.count, sizeof(*documents));
	size_t count = 0;
	char *text = NULL;

	for (size_t i = 0; i < a->fanout.count; i++) {
		yyjson_val *root = yyjson_doc_get_root(a->fanout.items[i].call.json);

		if (yyjson_is_obj(root))
			documents[count++] = root;
	}
	if (count)
		text = networks_merge(documents, count, ret_len);
	else
		error_set(
			err, ERROR_NOT_FOUND, "network %s not found", request_name(ask_request(a)));
	free(documents);
	return text;
}

/* Each knows its own instance. */
static void add_holder(struct ask *a, struct engine *e, const struct network *n)
{
	auto_free char *path = request_path_for(ask_request(a), n->id);

	ask_add(a, e, path, NULL);
}

/* The document of the one that was found first is the frame. */
static bool prepare(struct ask *a, struct error *err)
{
	struct request *rq = ask_request(a);
	struct network_found found;
	struct engine *e;

	if (!network_find(rq->api->cluster, request_name(rq), &found, err))
		return false;
	if (!engine_is_healthy(found.engine))
		return error_set(err, ERROR_UNAVAILABLE, "Network %s is on unhealthy node %s",
			request_name(rq), found.engine->name);
	add_holder(a, found.engine, found.network);
	cluster_each (e, rq->api->cluster, CLUSTER_HEALTHY) {
		const struct network *part = network_part_on(e, &found);

		if (e != found.engine && part)
			add_holder(a, e, part);
	}
	return true;
}

void networks_inspect(struct request *rq)
{
	static const struct ask_kind kind = {
		.need = ASK_ONE_MUST,
		.mode = CALL_JSON,
		.timeout_ms = INSPECT_TIMEOUT_MS,
		.may_lack = true, /* an overlay leaves a worker with its last container */
		.prepare = prepare,
		.answer = merge_inspects,
	};

	ask_run(rq, &kind);
}
