/*
 * api/containers_inspect.c - GET /containers/{name}/json: the engine's own document, a Node
 * object added, published addresses made reachable.  All of it in the engine's text.
 */
#include "api/containers.h"

#include <inttypes.h>
#include <string.h>

#include "api/ask.h"
#include "api/asker.h"
#include "api/containers_lost.h"
#include "api/proxy.h"
#include "base/json_splice.h"
#include "base/mem.h"
#include "cluster/find_container.h"
#include "cluster/find_network.h"
#include "docker/translate.h"
#include "manager/decisions.h"

enum { INSPECT_TIMEOUT_MS = 60 * 1000 };

static void write_str(struct strbuf *to, const char *name, const char *value)
{
	strbuf_add_json_str(to, name, strlen(name));
	strbuf_add_char(to, ':');
	strbuf_add_json_str(to, value, strlen(value));
}

static void write_labels(struct strbuf *to, const struct labels *labels)
{
	strbuf_add_char(to, '{');
	for (size_t i = 0; i < labels->count; i++) {
		if (i)
			strbuf_add_char(to, ',');
		write_str(to, labels->items[i].key, labels->items[i].value);
	}
	strbuf_add_char(to, '}');
}

static void add_node(struct json_splice *s, const struct engine *e, const char *why)
{
	const struct {
		const char *name, *value;
	} texts[] = { { "ID", e->id }, { "IP", e->ip }, { "Addr", e->addr }, { "Name", e->name } };
	auto_strbuf struct strbuf node = STRBUF_INIT;

	strbuf_add_str(&node, "\"Node\":{");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		write_str(&node, texts[i].name, texts[i].value);
		strbuf_add_char(&node, ',');
	}
	strbuf_addf(&node,
		"\"Cpus\":%" PRId64 ",\"Memory\":%" PRId64 ",\"Labels\":", (int64_t)e->cpus,
		(int64_t)e->memory_bytes);
	write_labels(&node, &e->labels);
	if (why) {
		strbuf_add_str(&node, ",\"Placement\":");
		strbuf_add_str(&node, why);
	}
	strbuf_add_char(&node, '}');
	json_splice_put_last(s, &node);
}

/* Why it is there; NULL: nobody knows any more, or it was not placed by this manager. */
static const char *find_reason(const struct api *api, const struct engine *e, yyjson_val *root)
{
	const char *id = json_get_str(root, "Id", NULL);
	const struct container *c = id ? engine_find_container(e, id) : NULL;

	return c ? decisions_find(api->manager->decisions, c->swarm_id) : NULL;
}

static bool address_is_unspecified(const char *ip)
{
	return !*ip || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0;
}

/* A port published on "all addresses" is reachable at the engine, not at the manager.  Returns the
 * address as it is told. */
static const char *rewrite_binding(
	struct json_splice *s, yyjson_val *binding, const struct engine *e)
{
	yyjson_val *ip = yyjson_obj_get(binding, "HostIp");
	auto_strbuf struct strbuf member = STRBUF_INIT;

	if (yyjson_is_str(ip) && !address_is_unspecified(yyjson_get_str(ip)))
		return yyjson_get_str(ip);
	if (yyjson_is_str(ip)) {
		json_splice_set_str(s, ip, e->ip);
		return e->ip;
	}
	if (ip || yyjson_obj_size(binding) == 0)
		return NULL;
	write_str(&member, "HostIp", e->ip);
	json_splice_put_first(s, NULL, binding, &member);
	return e->ip;
}

/* Engines tell 0.0.0.0 and :: apart, next to each other.  With the engine's address in both places
 * they are one, as in the list. */
static void rewrite_bindings(struct json_splice *s, yyjson_val *bindings, const struct engine *e)
{
	const char *last_ip = NULL, *last_port = NULL;
	yyjson_val *binding, *before = NULL;
	size_t i, max;

	yyjson_arr_foreach(bindings, i, max, binding)
	{
		const char *ip = rewrite_binding(s, binding, e);
		const char *port = json_get_str(binding, "HostPort", NULL);
		bool again = ip && port && last_ip && last_port && strcmp(ip, last_ip) == 0 &&
			     strcmp(port, last_port) == 0;

		if (again)
			json_splice_remove(s, before, binding);
		before = binding;
		last_ip = ip;
		last_port = port;
	}
}

static void rewrite_ports(struct json_splice *s, yyjson_val *root, const struct engine *e)
{
	yyjson_val *ports = yyjson_obj_get(yyjson_obj_get(root, "NetworkSettings"), "Ports");
	yyjson_val *key, *bindings;
	size_t i, max;

	yyjson_obj_foreach(ports, i, max, key, bindings)
	{
		rewrite_bindings(s, bindings, e);
	}
}

static void put_label(struct json_splice *s, yyjson_val *labels, const char *name,
	const char *value, struct strbuf *missing)
{
	yyjson_val *there = yyjson_obj_get(labels, name);

	if (there) {
		json_splice_set_str(s, there, value);
		return;
	}
	if (missing->len)
		strbuf_add_char(missing, ',');
	write_str(missing, name, value);
}

/* As in the list: what is on its node's network has the node's address. */
static void tell_node(struct json_splice *s, yyjson_val *root, const struct engine *e)
{
	yyjson_val *host = yyjson_obj_get(root, "HostConfig");
	auto_strbuf struct strbuf missing = STRBUF_INIT;
	yyjson_val *key, *labels;
	size_t i, max;

	if (!yyjson_equals_str(yyjson_obj_get(host, "NetworkMode"), "host"))
		return;
	yyjson_obj_foreach(yyjson_obj_get(root, "Config"), i, max, key, labels)
	{
		if (!yyjson_equals_str(key, "Labels") || !yyjson_is_obj(labels))
			continue;
		put_label(s, labels, LABEL_NODE_NAME, e->name, &missing);
		put_label(s, labels, LABEL_NODE_ADDR, e->ip, &missing);
		if (missing.len)
			json_splice_put_first(s, key, labels, &missing);
		return;
	}
}

/* Of its networks, the ids that clients know. */
static void tell_networks(struct json_splice *s, yyjson_val *root, const struct engine *e)
{
	yyjson_val *settings = yyjson_obj_get(root, "NetworkSettings");
	yyjson_val *key, *endpoint;
	size_t i, max;

	yyjson_obj_foreach(yyjson_obj_get(settings, "Networks"), i, max, key, endpoint)
	{
		yyjson_val *id = yyjson_obj_get(endpoint, "NetworkID");
		const char *there = yyjson_get_str(id);
		const char *told = there ? network_told_id(e, there) : NULL;

		if (there && strcmp(there, told) != 0)
			json_splice_set_str(s, id, told);
	}
}

static bool prepare(struct ask *a, struct error *err)
{
	struct request *rq = ask_request(a);
	struct container *c = proxy_find_container(rq, request_name(rq), err);

	if (!c)
		return false;
	auto_free char *path = request_path_for(rq, c->id);

	asker_note_container(rq, c->id);
	ask_add(a, c->engine, path, NULL)->call.keeps_text = true;
	return true;
}

static bool edit(struct json_splice *s, const struct api *api, const struct engine *e,
	struct strbuf *ret, struct error *err)
{
	yyjson_val *root = yyjson_doc_get_root(s->doc);

	add_node(s, e, find_reason(api, e, root));
	tell_networks(s, root, e);
	if (e->ip[0]) {
		rewrite_ports(s, root, e);
		tell_node(s, root, e);
	}
	return json_splice_write(s, ret, err) || error_wrap(err, "node %s", e->name);
}

/* For a client of another version than is spoken with the engine. */
static char *translate(const struct strbuf *text, struct api_version client,
	struct api_version engine, size_t *ret_len, struct error *err)
{
	auto_json yyjson_doc *doc = json_parse(text->buf, text->len, err);

	if (!doc)
		return NULL;
	auto_json_mut yyjson_mut_doc *edited = yyjson_doc_mut_copy(doc, NULL);
	translate_answer(TRANSLATE_CONTAINER, edited, client, engine);
	return json_doc_text(edited, ret_len);
}

static char *rewrite(struct ask *a, size_t *ret_len, struct error *err)
{
	const struct fanout_item *item = &a->fanout.items[0];
	const struct engine *e = item->engine;
	struct api_version client = ask_request(a)->version;
	struct api_version spoken = remote_version(&e->remote, client);
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct json_splice s;

	if (!yyjson_is_obj(yyjson_doc_get_root(item->call.json))) {
		error_set(err, ERROR_PROTOCOL,
			"node %s answered an inspect with something else than an object", e->name);
		return NULL;
	}
	json_splice_init(&s, item->call.json, (const char *)evbuffer_pullup(item->call.in, -1),
		evbuffer_get_length(item->call.in));
	bool edited = edit(&s, ask_request(a)->api, e, &text, err);
	json_splice_finish(&s);
	if (!edited)
		return NULL;
	if (translate_answer_differs(TRANSLATE_CONTAINER, client, spoken))
		return translate(&text, client, spoken, ret_len, err);
	*ret_len = text.len;
	return strbuf_steal(&text);
}

void containers_inspect(struct request *rq)
{
	static const struct ask_kind kind = {
		.order = ASK_FIRST,
		.mode = CALL_JSON,
		.timeout_ms = INSPECT_TIMEOUT_MS,
		.prepare = prepare,
		.answer = rewrite,
	};

	const struct container *c =
		cluster_find_container(rq->api->cluster, request_name(rq), NULL);

	if (c && *c->id && c->entry && c->engine->state == ENGINE_UNHEALTHY)
		containers_lost_inspect(rq, c);
	else
		ask_run(rq, &kind);
}
