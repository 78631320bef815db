/*
 * api/containers_update.c - POST /containers/{name}/update: CpuShares of a request is a number
 * of CPUs, or a weight, as on create.
 */
#include "api/containers.h"

#include <string.h>

#include "api/ask.h"
#include "api/body.h"
#include "api/proxy.h"
#include "base/json.h"
#include "base/mem.h"
#include "docker/needs.h"
#include "docker/translate.h"

enum {
	UPDATE_BODY_MAX = 4 * 1024 * 1024,
	UPDATE_TIMEOUT_MS = 60 * 1000,
};

struct container_update {
	struct ask ask;
	char container_id[65];
	struct engine *engine; /* counted; NULL before it is known */
	struct touch *touch;   /* on it */
};

static bool engine_can_update(
	const struct request *rq, const struct engine *e, yyjson_mut_val *root, struct error *err)
{
	const struct api_range *range = &e->remote.range;
	struct translate_need need = translate_update_need(root, rq->version);

	return translate_need_is_met(&need, range) ||
	       translate_need_refuse(&need, rq->version, e->name, range, err);
}

/* What they are is settled when the container is made, where its record keeps it. */
static bool shares_are_weight(const struct container *c, int64_t shares)
{
	return needs_shares_are_weight(shares, cluster_most_cpus(c->engine->cluster)) ||
	       needs_swarm_id_says_weight(c->swarm_id);
}

static void convert_shares(yyjson_mut_val *root, const struct container *c)
{
	yyjson_mut_val *shares = yyjson_mut_obj_get(root, "CpuShares");
	int64_t number = yyjson_mut_get_sint(shares);

	if (number > 0 && c->engine->cpus > 0 && !shares_are_weight(c, number))
		yyjson_mut_set_sint(shares, needs_shares_to_engine(number, c->engine->cpus));
}

static bool prepare(struct ask *a, struct error *err)
{
	struct container_update *u = container_of(a, struct container_update, ask);
	struct request *rq = ask_request(a);
	struct container *c = proxy_find_container(rq, request_name(rq), err);
	auto_json_mut yyjson_mut_doc *doc = c ? body_object(rq, "{}", err) : NULL;
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);

	if (!doc || !engine_can_update(rq, c->engine, root, err))
		return false;
	auto_free char *path = request_path_for(rq, c->id);

	convert_shares(root, c);
	ask_add(a, c->engine, path, NULL);
	ask_set_body(a, doc);
	memcpy(u->container_id, c->id, sizeof(c->id));
	u->engine = engine_ref(c->engine);
	u->touch = touch_start(&u->engine->touches, c->id, "update");
	return true;
}

static void refresh(struct ask *a)
{
	const struct container_update *u = container_of(a, struct container_update, ask);
	struct fanout_item *asked = &a->fanout.items[0];

	refreshes_init(&a->refreshes, 1);
	if (fanout_item_succeeded(asked))
		touch_answered(u->touch, u->container_id);
	if (fanout_item_answered(asked))
		refresh_container(refreshes_next(&a->refreshes), asked->engine, u->container_id,
			&a->errand.task);
}

static void finish(struct ask *a)
{
	struct container_update *u = container_of(a, struct container_update, ask);

	touch_finish(u->touch);
	engine_unref(u->engine);
}

void containers_update(struct request *rq)
{
	static const struct ask_kind kind = {
		.size = sizeof(struct container_update),
		.body_max = UPDATE_BODY_MAX,
		.order = ASK_FIRST,
		.timeout_ms = UPDATE_TIMEOUT_MS,
		.prepare = prepare,
		.refresh = refresh,
		.finish = finish,
	};

	ask_run(rq, &kind);
}
