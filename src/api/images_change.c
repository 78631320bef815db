/*
 * api/images_change.c - tagging and removing: on every healthy engine that has the image, in
 * parallel, each asked for what it calls the image.
 *
 * An engine that refuses (an image in use) makes the whole a failure with that engine's status, and
 * a line per node says what happened where.  An engine that was lost meanwhile does not turn the
 * success of the others into a failure: it is named in a Warning field and, after a removal, in the
 * list.
 */
#include "api/images.h"

#include "api/ask.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/image_came.h"
#include "docker/query_need.h"
#include "manager/image_holders.h"

enum { CHANGE_TIMEOUT_MS = 10 * 60 * 1000 }; /* removing large images takes its time */

/* One that ignores a part of the query would do more than was asked for: remove all of an image
 * instead of one platform. */
static bool all_understand(
	const struct request *rq, const struct image_holders *holders, struct error *err)
{
	struct api_version need = query_need(rq->x->head.method, rq->route->path, &rq->query);
	const struct image_holder *older = image_holders_older(holders, need);
	auto_strbuf struct strbuf since = STRBUF_INIT, max = STRBUF_INIT;

	if (!older)
		return true;
	api_version_format(&since, need);
	api_version_format(&max, older->engine->remote.range.max);
	return error_set(err, ERROR_INVALID,
		"this needs an engine with API version %s: engine %s speaks %s at most", since.buf,
		older->engine->name, max.buf);
}

static bool add_holders(struct ask *a, struct image_holders *holders, struct error *err)
{
	struct request *rq = ask_request(a);
	bool ok = all_understand(rq, holders, err);

	for (size_t i = 0; ok && i < holders->count; i++) {
		auto_free char *path = request_path_for(rq, holders->items[i].reference);

		ask_add(a, holders->items[i].engine, path, NULL);
	}
	image_holders_finish(holders);
	return ok;
}

/* Whatever they mean by the name. */
static bool prepare_removal(struct ask *a, struct error *err)
{
	struct request *rq = ask_request(a);
	struct image_holders holders;

	return image_holders_find(
		       &holders, rq->api->cluster, request_name(rq), IMAGE_MATCH_TAG, err) &&
	       add_holders(a, &holders, err);
}

/* --- tag --- */

struct tag {
	struct ask ask;
	struct image_making *making; /* for each engine that is asked; owned */
	size_t making_count;
};

static struct tag *tag_of(struct ask *a)
{
	return container_of(a, struct tag, ask);
}

static void tag_finish(struct ask *a)
{
	struct tag *tag = tag_of(a);

	for (size_t i = 0; i < tag->making_count; i++)
		image_making_end(&tag->making[i]);
	free(tag->making);
}

static bool prepare_tag(struct ask *a, struct error *err)
{
	struct tag *tag = tag_of(a);
	struct request *rq = ask_request(a);
	struct image_holders holders;

	if (!images_find(rq, &holders, request_name(rq), IMAGE_MATCH_TAG, err) ||
		!add_holders(a, &holders, err))
		return false;
	tag->making_count = a->fanout.count;
	tag->making = xcalloc(tag->making_count, sizeof(*tag->making));
	for (size_t i = 0; i < tag->making_count; i++)
		image_making_begin(&tag->making[i], a->fanout.items[i].engine);
	return true;
}

/* --- what they say --- */

/* The image had left the engine before our request came. */
static bool is_gone(const struct fanout_item *item)
{
	return item->err.status == 404;
}

static void add_removed(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct fanout_item *item)
{
	yyjson_val *removed = yyjson_doc_get_root(item->call.json), *entry;
	size_t i, max;

	yyjson_arr_foreach(removed, i, max, entry)
	{
		yyjson_mut_val *copy = yyjson_val_mut_copy(doc, entry);

		if (yyjson_mut_is_obj(copy))
			yyjson_mut_obj_add_str(doc, copy, "Node", item->engine->name);
		yyjson_mut_arr_append(list, copy);
	}
}

static void add_lost(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct fanout_item *item)
{
	yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, list);

	yyjson_mut_obj_add_str(doc, entry, "Error", error_text(&item->err));
	yyjson_mut_obj_add_str(doc, entry, "Node", item->engine->name);
}

/* Every node's list; names that several nodes had come once per node, as they always did. */
static char *list_removed(struct ask *a, size_t *ret_len, struct error *err maybe_unused)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *list = yyjson_mut_arr(doc);

	yyjson_mut_doc_set_root(doc, list);
	for (size_t i = 0; i < a->fanout.count; i++) {
		const struct fanout_item *item = &a->fanout.items[i];

		if (error_is_set(&item->err))
			add_lost(doc, list, item);
		else
			add_removed(doc, list, item);
	}
	return json_doc_text(doc, ret_len);
}

void images_tag(struct request *rq)
{
	static const struct ask_kind kind = {
		.need = ASK_ANSWERED_MUST,
		.timeout_ms = CHANGE_TIMEOUT_MS,
		.done = "tagged",
		.size = sizeof(struct tag),
		.prepare = prepare_tag,
		.gone = is_gone,
		.refresh_each = refresh_images,
		.finish = tag_finish,
	};

	ask_run(rq, &kind);
}

void images_remove(struct request *rq)
{
	static const struct ask_kind kind = {
		.need = ASK_ANSWERED_MUST,
		.mode = CALL_JSON,
		.timeout_ms = CHANGE_TIMEOUT_MS,
		.done = "removed",
		.prepare = prepare_removal,
		.gone = is_gone,
		.refresh_each = refresh_images,
		.answer = list_removed,
	};

	ask_run(rq, &kind);
}
