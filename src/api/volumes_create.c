/*
 * api/volumes_create.c - POST /volumes/create: a local volume on one node, as on one host.
 *
 * That is the node of "node/name", the one that has it already, or the best of those that its
 * labels allow.  On all of these when it is asked for, and of other drivers, whose volumes the
 * nodes share.
 */
#include "api/volumes.h"

#include <string.h>

#include "api/body.h"
#include "api/placement_label.h"
#include "api/reply.h"
#include "api/volumes_change.h"
#include "base/id.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/find_volume.h"
#include "docker/name.h"

/* --- what --- */

/* NULL with err when it is no name; "" when there is none. */
static const char *read_name(yyjson_mut_doc *doc, struct error *err)
{
	yyjson_mut_val *name = yyjson_mut_obj_get(yyjson_mut_doc_get_root(doc), "Name");

	if (!name || yyjson_mut_is_null(name))
		return "";
	if (!yyjson_mut_is_str(name))
		error_set(err, ERROR_INVALID, "invalid JSON: Name must be a string");
	return yyjson_mut_get_str(name);
}

static void put_name(yyjson_mut_doc *doc, const char *name)
{
	yyjson_mut_obj_put(yyjson_mut_doc_get_root(doc), yyjson_mut_str(doc, "Name"),
		yyjson_mut_strcpy(doc, name));
}

/* Several engines would each invent another name, so it is invented here; with the label by which
 * engines know the volumes that they named. */
static void invent_name(yyjson_mut_doc *doc)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	yyjson_mut_val *labels = yyjson_mut_obj_get(root, "Labels");
	char id[ID_HEX_LEN + 1];

	id_new(id);
	put_name(doc, id);
	if (!labels || yyjson_mut_is_null(labels)) { /* others are the engine's to refuse */
		labels = yyjson_mut_obj(doc);
		yyjson_mut_obj_put(root, yyjson_mut_str(doc, "Labels"), labels);
	}
	yyjson_mut_obj_put(labels, yyjson_mut_str(doc, "com.docker.volume.anonymous"),
		yyjson_mut_str(doc, ""));
}

/* --- where --- */

static const char *text_of(yyjson_mut_val *object, const char *key)
{
	const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(object, key));

	return text ? text : "";
}

/* As on one host, there is one of it; not so what spans nodes by itself. */
static bool is_for_one_node(const struct volumes_change *c, yyjson_mut_doc *doc)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	const char *driver = text_of(root, "Driver");

	if (c->rq->api->manager->volumes_everywhere || (*driver && strcmp(driver, "local") != 0))
		return false;
	return strcmp(text_of(yyjson_mut_obj_get(root, "Labels"), LABEL_VOLUMES),
		       VOLUMES_EVERY_NODE) != 0;
}

/* To create what is there already is to be told of it. */
static bool add_holders(struct volumes_change *c, const char *name)
{
	size_t count;
	auto_free struct volume_found *found = volume_find_all(c->rq->api->cluster, name, &count);

	for (size_t i = 0; i < count; i++) {
		if (engine_is_healthy(found[i].engine))
			fanout_add(&c->fanout, found[i].engine);
	}
	return c->fanout.count > 0;
}

static bool choose_engines(struct volumes_change *c, yyjson_mut_doc *doc, const char *node,
	const char *name, struct error *err)
{
	struct manager *m = c->rq->api->manager;
	bool one = !*node && is_for_one_node(c, doc);
	struct wish *wish = placement_wish(doc, node, err);
	struct engine **fitting;
	size_t count = 0;

	if (!wish)
		return false;
	if (one && *name && add_holders(c, name)) {
		wish_destroy(wish);
		return true;
	}
	fitting = manager_place_all(m, wish, &count, err);
	wish_destroy(wish);
	for (size_t i = 0; i < (one ? min_of(count, (size_t)1) : count); i++)
		fanout_add(&c->fanout, fitting[i]);
	free(fitting);
	return count > 0;
}

static void fill_calls(struct volumes_change *c, yyjson_mut_doc *doc)
{
	for (size_t i = 0; i < c->fanout.count; i++) {
		struct fanout_item *item = &c->fanout.items[i];

		remote_call_init(&item->call, &item->engine->remote, c->rq->version, "POST",
			"/volumes/create");
		headers_set(&item->call.head.headers, "Content-Type", "application/json");
		item->call.body = json_doc_text(doc, &item->call.body_len);
		item->call.mode = CALL_TEXT;
	}
}

/* An empty body is {}, as for engines: a volume with an invented name. */
static bool prepare_create(struct volumes_change *c, struct error *err)
{
	auto_json_mut yyjson_mut_doc *doc = body_object(c->rq, "{}", err);
	const char *given = doc ? read_name(doc, err) : NULL, *name;
	auto_free char *written = NULL, *node = NULL;

	if (!given || !name_check("volume", given, err))
		return false;
	written = xstrdup(given);
	node = name_split(written, &name);
	placement_session_write(c->rq, doc);
	if (!choose_engines(c, doc, node, name, err))
		return false;
	for (size_t i = 0; i < c->fanout.count; i++) {
		if (!*name || !volume_find_on(c->fanout.items[i].engine, name))
			strv_add(&c->lacking, c->fanout.items[i].engine->addr);
	}
	if (*name || (*written && c->fanout.count == 1))
		put_name(doc, name); /* "" of "node/", too, is the engine's to replace */
	else if (c->fanout.count > 1)
		invent_name(doc);
	fill_calls(c, doc);
	return true;
}

/* What was not there before is known to be empty. */
static void settle_create(struct volumes_change *c)
{
	for (size_t i = 0; i < c->fanout.count; i++) {
		struct fanout_item *item = &c->fanout.items[i];
		auto_json yyjson_doc *answer = NULL;
		const char *name;

		if (error_is_set(&item->err))
			continue;
		answer = json_parse((const char *)evbuffer_pullup(item->call.in, -1),
			evbuffer_get_length(item->call.in), NULL);
		name = json_get_str(yyjson_doc_get_root(answer), "Name", "");
		if (*name && strv_contains(&c->lacking, item->engine->addr))
			volume_uses_note_fresh(&item->engine->volume_uses, name);
	}
}

/* Any engine's document will do: they are alike but for the time. */
static void answer_create(struct volumes_change *c)
{
	struct call *call = &c->fanout.items[0].call;
	size_t len = evbuffer_get_length(call->in);
	auto_free char *body = xmalloc(len + 1);

	evbuffer_remove(call->in, body, len);
	reply_json(volumes_change_free(c), 201, body, len);
}

void volumes_create(struct request *rq)
{
	static const struct volumes_change_kind kind = {
		.prepare = prepare_create,
		.settle = settle_create,
		.answer = answer_create,
	};

	volumes_change_start(rq, &kind);
}
