/*
 * api/volumes_remove.c - DELETE /volumes/{name}: from every node that has it, or from the one
 * that is named.
 */
#include "api/volumes.h"

#include <string.h>

#include "api/ask.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_volume.h"
#include "docker/name.h"

/* A volume that cannot be reached stays, and saying nothing would be a lie. */
static void consider(struct ask *a, const struct volume_found *f)
{
	auto_free char *path = request_path_for(ask_request(a), f->volume->name);

	if (engine_is_healthy(f->engine))
		ask_add(a, f->engine, path, NULL);
	else
		strv_take(&a->unasked, xasprintf("%s: the node is unhealthy", f->engine->name));
}

static bool prepare(struct ask *a, struct error *err)
{
	const struct request *rq = ask_request(a);
	size_t count;
	auto_free struct volume_found *found = NULL;

	if (!name_check("volume", request_name(rq), err))
		return false;
	found = volume_find_all(rq->api->cluster, request_name(rq), &count);
	for (size_t i = 0; i < count; i++)
		consider(a, &found[i]);
	a->status = 204; /* with force, what is not there is removed */
	if (count || parse_query_bool(query_get(&rq->query, "force")))
		return true;
	return error_set(err, ERROR_NOT_FOUND, "get %s: no such volume", request_name(rq));
}

/* Somebody else may remove it at the same time. */
static bool is_gone(const struct fanout_item *item)
{
	return item->err.code == ERROR_ENGINE && item->err.status == 404 &&
	       strcasestr(item->err.text, "no such volume");
}

void volumes_remove(struct request *rq)
{
	static const struct ask_kind kind = {
		.body_max = VOLUMES_BODY_MAX,
		.timeout_ms = VOLUMES_TIMEOUT_MS,
		.prepare = prepare,
		.gone = is_gone,
		.refresh_each = refresh_volumes,
	};

	ask_run(rq, &kind);
}
