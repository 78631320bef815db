/*
 * POST /volumes/create: on one node ("node/name"), on those that the whitelist label allows, or on
 * all healthy ones.
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
	char id[ID_HEX_LEN + 1];

	if (!*name)
		id_new(id);
	yyjson_mut_obj_put(yyjson_mut_doc_get_root(doc), yyjson_mut_str(doc, "Name"),
		yyjson_mut_strcpy(doc, *name ? name : id));
}

/* --- where --- */

static bool choose_engines(
	struct volumes_change *c, yyjson_mut_doc *doc, const char *node, struct error *err)
{
	auto_strv struct strv constraints = STRV_INIT, whitelists = STRV_INIT;
	struct engine **fitting;
	struct wish *wish;
	size_t count = 0;

	if (*node)
		strv_take(&constraints, xasprintf("node==%s", node));
	else if (!placement_label_read(doc, LABEL_WHITELISTS, &whitelists, err))
		return false;
	wish = wish_create_expressions(NULL, &constraints, &whitelists, 0, 0, err);
	if (!wish)
		return false;
	fitting = manager_place_all(c->rq->api->manager, wish, &count, err);
	wish_destroy(wish);
	for (size_t i = 0; i < count; i++)
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

/* An empty body is {}, as for engines: a volume with a name of our choice. */
static bool prepare_create(struct volumes_change *c, struct error *err)
{
	auto_json_mut yyjson_mut_doc *doc = body_object(c->rq, "{}", err);
	const char *given = doc ? read_name(doc, err) : NULL, *name;
	auto_free char *written = NULL, *node = NULL;

	if (!given || !name_check("volume", given, err))
		return false;
	written = xstrdup(given);
	node = name_split(written, &name);
	if (!choose_engines(c, doc, node, err))
		return false;
	put_name(doc, name);
	fill_calls(c, doc);
	return true;
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
		.answer = answer_create,
	};

	volumes_change_start(rq, &kind);
}
