/*
 * api/volumes_create.c - POST /volumes/create: a local volume on one node, as on one host.
 *
 * That is the node of "node/name", the one that has it already, or the best of those that its
 * labels allow.  On all of these when it is asked for, and of other drivers, whose volumes the
 * nodes share.
 */
#include "api/volumes.h"

#include <string.h>

#include "api/ask.h"
#include "api/body.h"
#include "api/placement_label.h"
#include "base/id.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/find_volume.h"
#include "docker/name.h"

#define CREATE_PATH "/volumes/create"

struct volumes_create {
	struct ask ask;
	struct strv lacking; /* addresses of engines that had none of the name */
};

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
static bool is_for_one_node(const struct volumes_create *c, yyjson_mut_doc *doc)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	const char *driver = text_of(root, "Driver");

	if (ask_request(&c->ask)->api->manager->volumes_everywhere ||
		(*driver && strcmp(driver, "local") != 0))
		return false;
	return strcmp(text_of(yyjson_mut_obj_get(root, "Labels"), LABEL_VOLUMES),
		       VOLUMES_EVERY_NODE) != 0;
}

/* To create what is there already is to be told of it. */
static bool add_holders(struct volumes_create *c, const char *name)
{
	size_t count;
	auto_free struct volume_found *found =
		volume_find_all(ask_request(&c->ask)->api->cluster, name, &count);

	for (size_t i = 0; i < count; i++) {
		if (engine_is_healthy(found[i].engine))
			ask_add(&c->ask, found[i].engine, CREATE_PATH, "");
	}
	return c->ask.fanout.count > 0;
}

static bool choose_engines(struct volumes_create *c, yyjson_mut_doc *doc, const char *node,
	const char *name, struct error *err)
{
	struct manager *m = ask_request(&c->ask)->api->manager;
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
		ask_add(&c->ask, fitting[i], CREATE_PATH, "");
	free(fitting);
	return count > 0;
}

/* An empty body is {}, as for engines: a volume with an invented name. */
static bool prepare_create(struct ask *a, struct error *err)
{
	struct volumes_create *c = container_of(a, struct volumes_create, ask);
	auto_json_mut yyjson_mut_doc *doc = body_object(ask_request(&c->ask), "{}", err);
	const char *given = doc ? read_name(doc, err) : NULL, *name;
	auto_free char *written = NULL, *node = NULL;

	if (!given || !name_check("volume", given, err))
		return false;
	written = xstrdup(given);
	node = name_split(written, &name);
	placement_session_write(ask_request(&c->ask), doc);
	if (!choose_engines(c, doc, node, name, err))
		return false;
	for (size_t i = 0; i < c->ask.fanout.count; i++) {
		if (!*name || !volume_find_on(c->ask.fanout.items[i].engine, name))
			strv_add(&c->lacking, c->ask.fanout.items[i].engine->addr);
	}
	if (*name || (*written && a->fanout.count == 1))
		put_name(doc, name); /* "" of "node/", too, is the engine's to replace */
	else if (a->fanout.count > 1)
		invent_name(doc);
	ask_set_body(a, doc);
	return true;
}

/* What was not there before is known to be empty. */
static void settle_create(struct ask *a)
{
	const struct volumes_create *c = container_of(a, struct volumes_create, ask);

	for (size_t i = 0; i < c->ask.fanout.count; i++) {
		struct fanout_item *item = &c->ask.fanout.items[i];
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

static void finish_create(struct ask *a)
{
	strv_finish(&container_of(a, struct volumes_create, ask)->lacking);
}

/* Any engine's document will do: they are alike but for the time. */
void volumes_create(struct request *rq)
{
	static const struct ask_kind kind = {
		.size = sizeof(struct volumes_create),
		.body_max = VOLUMES_BODY_MAX,
		.timeout_ms = VOLUMES_TIMEOUT_MS,
		.prepare = prepare_create,
		.settle = settle_create,
		.refresh_each = refresh_volumes,
		.finish = finish_create,
	};

	ask_run(rq, &kind);
}
