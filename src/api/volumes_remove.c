/*
 * api/volumes_remove.c - DELETE /volumes/{name}: from every node that has it, or from the one
 * that is named.
 */
#include "api/volumes.h"

#include <string.h>

#include "api/reply.h"
#include "api/volumes_change.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_volume.h"
#include "docker/name.h"

static void ask(struct volumes_change *c, struct engine *e, const struct volume *v)
{
	auto_free char *path = request_path_for(c->rq, v->name);
	struct fanout_item *item = fanout_add(&c->fanout, e);

	remote_call_init(&item->call, &e->remote, c->rq->version, "DELETE", "%s%s%s", path,
		*c->rq->raw_query ? "?" : "", c->rq->raw_query);
	item->call.mode = CALL_TEXT;
}

/* A volume that cannot be reached stays, and saying nothing would be a lie. */
static void consider(struct volumes_change *c, const struct volume_found *f)
{
	if (engine_is_healthy(f->engine))
		ask(c, f->engine, f->volume);
	else
		strv_take(&c->unasked, xasprintf("%s: the node is unhealthy", f->engine->name));
}

static bool prepare_remove(struct volumes_change *c, struct error *err)
{
	size_t count;
	auto_free struct volume_found *found = NULL;

	if (!name_check("volume", request_name(c->rq), err))
		return false;
	found = volume_find_all(c->rq->api->cluster, request_name(c->rq), &count);
	for (size_t i = 0; i < count; i++)
		consider(c, &found[i]);
	/* With force, what is not there is removed. */
	if (c->fanout.count || c->unasked.count ||
		parse_query_bool(query_get(&c->rq->query, "force")))
		return true;
	return error_set(err, ERROR_NOT_FOUND, "get %s: no such volume", request_name(c->rq));
}

static bool is_gone(const struct fanout_item *item)
{
	return item->err.code == ERROR_ENGINE && item->err.status == 404 &&
	       strcasestr(item->err.text, "no such volume");
}

/* Somebody else may remove it at the same time.  What is not there any more where it was is no
 * failure of ours, as long as there was one to remove. */
static void settle_remove(struct volumes_change *c)
{
	size_t gone = 0;

	for (size_t i = 0; i < c->fanout.count; i++)
		gone += is_gone(&c->fanout.items[i]);
	if (gone == c->fanout.count)
		return;
	for (size_t i = 0; i < c->fanout.count; i++) {
		if (is_gone(&c->fanout.items[i]))
			error_clear(&c->fanout.items[i].err);
	}
}

static void answer_remove(struct volumes_change *c)
{
	reply_empty(volumes_change_free(c), 204);
}

void volumes_remove(struct request *rq)
{
	static const struct volumes_change_kind kind = {
		.prepare = prepare_remove,
		.settle = settle_remove,
		.answer = answer_remove,
	};

	volumes_change_start(rq, &kind);
}
