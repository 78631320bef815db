/*
 * api/containers_update.c - POST /containers/{name}/update: CpuShares of a request is a number
 * of CPUs, or a weight, as on create.
 */
#include "api/containers.h"

#include <string.h>

#include "api/proxy.h"
#include "api/typed.h"
#include "base/json.h"
#include "base/mem.h"
#include "docker/needs.h"
#include "docker/translate.h"

static bool engine_can_update(const struct typed *t, yyjson_mut_val *root, struct error *err)
{
	const struct api_range *range = &t->engine->remote.range;
	struct translate_need need = translate_update_need(root, t->rq->version);

	return translate_need_is_met(&need, range) ||
	       translate_need_refuse(&need, t->rq->version, t->engine->name, range, err);
}

/* What they are is settled when the container is made, where its record keeps it. */
static bool shares_are_weight(const struct typed *t, int64_t shares)
{
	const struct container *c = engine_find_container(t->engine, t->container_id);

	return needs_shares_are_weight(shares, cluster_most_cpus(t->rq->api->cluster)) ||
	       (c && needs_swarm_id_says_weight(c->swarm_id));
}

static bool edit_update(struct typed *t, struct error *err)
{
	auto_json yyjson_doc *doc = NULL;
	auto_json_mut yyjson_mut_doc *edited = NULL;
	yyjson_mut_val *shares;

	if (!t->call.body)
		return error_set(err, ERROR_INVALID, JSON_TEXT_EMPTY);
	doc = json_parse_request(t->call.body, t->call.body_len, err);
	if (!doc)
		return false;
	edited = yyjson_doc_mut_copy(doc, NULL);
	if (!engine_can_update(t, yyjson_mut_doc_get_root(edited), err))
		return false;
	shares = yyjson_mut_obj_get(yyjson_mut_doc_get_root(edited), "CpuShares");
	if (yyjson_mut_get_sint(shares) <= 0 || t->engine->cpus <= 0 ||
		shares_are_weight(t, yyjson_mut_get_sint(shares)))
		return true;
	yyjson_mut_set_sint(
		shares, needs_shares_to_engine(yyjson_mut_get_sint(shares), t->engine->cpus));
	free(t->call.body);
	t->call.body = json_doc_text(edited, &t->call.body_len);
	return true;
}

void containers_update(struct request *rq)
{
	struct container *c = proxy_container_gate(rq, request_name(rq));
	struct typed *t;

	if (!c)
		return;
	auto_free char *path = request_path_for(rq, c->id);

	t = typed_create(rq, c->engine, path);
	memcpy(t->container_id, c->id, sizeof(t->container_id));
	t->refresh_after = true;
	t->edit = edit_update;
	typed_start(t);
}
