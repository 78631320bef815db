/*
 * api/containers_inspect.c - GET /containers/{name}/json: the engine's own document, a Node
 * object added, published addresses made reachable.
 */
#include "api/containers.h"

#include <string.h>

#include "api/ask.h"
#include "api/proxy.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/find_network.h"
#include "docker/translate.h"
#include "manager/decisions.h"

enum { INSPECT_TIMEOUT_MS = 60 * 1000 };

static yyjson_mut_val *labels_object(yyjson_mut_doc *doc, const struct labels *labels)
{
	yyjson_mut_val *obj = yyjson_mut_obj(doc);

	for (size_t i = 0; i < labels->count; i++)
		yyjson_mut_obj_add_strcpy(doc, obj, labels->items[i].key, labels->items[i].value);
	return obj;
}

static void add_node(
	yyjson_mut_doc *doc, yyjson_mut_val *root, const struct engine *e, const char *why)
{
	yyjson_mut_val *node = yyjson_mut_obj_add_obj(doc, root, "Node");

	yyjson_mut_obj_add_str(doc, node, "ID", e->id);
	yyjson_mut_obj_add_str(doc, node, "IP", e->ip);
	yyjson_mut_obj_add_str(doc, node, "Addr", e->addr);
	yyjson_mut_obj_add_str(doc, node, "Name", e->name);
	yyjson_mut_obj_add_sint(doc, node, "Cpus", e->cpus);
	yyjson_mut_obj_add_sint(doc, node, "Memory", e->memory_bytes);
	yyjson_mut_obj_add_val(doc, node, "Labels", labels_object(doc, &e->labels));
	if (why)
		yyjson_mut_obj_add_val(doc, node, "Placement", yyjson_mut_rawcpy(doc, why));
}

/* Why it is there; NULL: nobody knows any more, or it was not placed by this manager. */
static const char *find_reason(const struct api *api, const struct engine *e, yyjson_mut_val *root)
{
	const char *id = yyjson_mut_get_str(yyjson_mut_obj_get(root, "Id"));
	const struct container *c = id ? engine_find_container(e, id) : NULL;

	return c ? decisions_find(api->manager->decisions, c->swarm_id) : NULL;
}

static bool address_is_unspecified(const char *ip)
{
	return !*ip || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0;
}

/* A port published on "all addresses" is reachable at the engine, not at the manager. */
static void rewrite_binding(yyjson_mut_doc *doc, yyjson_mut_val *binding, const struct engine *e)
{
	yyjson_mut_val *ip = yyjson_mut_obj_get(binding, "HostIp");

	if (ip && yyjson_mut_is_str(ip) && address_is_unspecified(yyjson_mut_get_str(ip)))
		yyjson_mut_set_str(ip, e->ip);
	else if (!ip && yyjson_mut_is_obj(binding))
		yyjson_mut_obj_add_str(doc, binding, "HostIp", e->ip);
}

static bool same_text(yyjson_mut_val *a, yyjson_mut_val *b, const char *member)
{
	const char *x = yyjson_mut_get_str(yyjson_mut_obj_get(a, member));
	const char *y = yyjson_mut_get_str(yyjson_mut_obj_get(b, member));

	return x && y && strcmp(x, y) == 0;
}

/* Engines tell 0.0.0.0 and :: apart, next to each other.  With the engine's address in both places
 * they are one, as in the list. */
static void rewrite_bindings(yyjson_mut_doc *doc, yyjson_mut_val *bindings, const struct engine *e)
{
	yyjson_mut_val *binding, *previous = NULL;
	yyjson_mut_arr_iter iter;

	yyjson_mut_arr_iter_init(bindings, &iter);
	while ((binding = yyjson_mut_arr_iter_next(&iter))) {
		rewrite_binding(doc, binding, e);
		if (same_text(binding, previous, "HostIp") &&
			same_text(binding, previous, "HostPort"))
			yyjson_mut_arr_iter_remove(&iter);
		else
			previous = binding;
	}
}

static void rewrite_ports(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct engine *e)
{
	yyjson_mut_val *settings = yyjson_mut_obj_get(root, "NetworkSettings");
	yyjson_mut_val *ports = yyjson_mut_obj_get(settings, "Ports");
	yyjson_mut_val *key, *bindings;
	size_t i, max;

	yyjson_mut_obj_foreach(ports, i, max, key, bindings)
	{
		rewrite_bindings(doc, bindings, e);
	}
}

/* As in the list: what is on its node's network has the node's address. */
static void tell_node(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct engine *e)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(root, "HostConfig");
	yyjson_mut_val *config = yyjson_mut_obj_get(root, "Config");
	yyjson_mut_val *labels = yyjson_mut_obj_get(config, "Labels");

	if (!yyjson_mut_equals_str(yyjson_mut_obj_get(host, "NetworkMode"), "host") ||
		!yyjson_mut_is_obj(labels))
		return;
	yyjson_mut_obj_put(
		labels, yyjson_mut_str(doc, LABEL_NODE_NAME), yyjson_mut_strcpy(doc, e->name));
	yyjson_mut_obj_put(
		labels, yyjson_mut_str(doc, LABEL_NODE_ADDR), yyjson_mut_strcpy(doc, e->ip));
}

/* Of its networks, the ids that clients know. */
static void tell_networks(yyjson_mut_val *root, const struct engine *e)
{
	yyjson_mut_val *settings = yyjson_mut_obj_get(root, "NetworkSettings");
	yyjson_mut_val *networks = yyjson_mut_obj_get(settings, "Networks");
	yyjson_mut_val *key, *endpoint;
	size_t i, max;

	yyjson_mut_obj_foreach(networks, i, max, key, endpoint)
	{
		yyjson_mut_val *id = yyjson_mut_obj_get(endpoint, "NetworkID");

		if (yyjson_mut_is_str(id))
			yyjson_mut_set_str(id, network_told_id(e, yyjson_mut_get_str(id)));
	}
}

static bool prepare(struct ask *a, struct error *err)
{
	struct request *rq = ask_request(a);
	struct container *c = proxy_find_container(rq, request_name(rq), err);

	if (!c)
		return false;
	auto_free char *path = request_path_for(rq, c->id);

	ask_add(a, c->engine, path, NULL);
	return true;
}

static char *rewrite(struct ask *a, size_t *ret_len, struct error *err)
{
	const struct fanout_item *item = &a->fanout.items[0];
	const struct engine *e = item->engine;
	struct api_version client = ask_request(a)->version;
	auto_json_mut yyjson_mut_doc *edited = yyjson_doc_mut_copy(item->call.json, NULL);
	yyjson_mut_val *root = yyjson_mut_doc_get_root(edited);

	if (!yyjson_mut_is_obj(root)) {
		error_set(err, ERROR_PROTOCOL,
			"node %s answered an inspect with something else than an object", e->name);
		return NULL;
	}
	translate_answer(TRANSLATE_CONTAINER, edited, client, remote_version(&e->remote, client));
	add_node(edited, root, e, find_reason(ask_request(a)->api, e, root));
	tell_networks(root, e);
	if (e->ip[0]) {
		rewrite_ports(edited, root, e);
		tell_node(edited, root, e);
	}
	return json_doc_text(edited, ret_len);
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

	ask_run(rq, &kind);
}
