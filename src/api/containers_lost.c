/*
 * api/containers_lost.c - what is known of a container without its engine: the entry of the list,
 * the record, and what it was asked to be, where that is kept.
 */
#include "api/containers_lost.h"

#include <string.h>

#include "api/node_document.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/engine.h"
#include "manager/waiting.h"

static yyjson_doc *entry_of(const struct container *c)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	container_write_entry(&text, c, &(struct container_listing){ .node_name = "" });
	return json_parse(text.buf, text.len, NULL);
}

/* --- parts --- */

static void add_bool(yyjson_mut_doc *doc, yyjson_mut_val *to, const char *key,
	const struct container *c, int state)
{
	yyjson_mut_obj_add_bool(doc, to, key, c->state == state);
}

/* As the list says it: the last that was known. */
static void add_state(
	yyjson_mut_doc *doc, yyjson_mut_val *root, const struct container *c, const char *why)
{
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, root, "State");

	yyjson_mut_obj_add_str(doc, to, "Status", container_state_text(c));
	yyjson_mut_obj_add_bool(doc, to, "Running", container_is_running(c));
	add_bool(doc, to, "Paused", c, CONTAINER_PAUSED);
	add_bool(doc, to, "Restarting", c, CONTAINER_RESTARTING);
	yyjson_mut_obj_add_bool(doc, to, "OOMKilled", false);
	add_bool(doc, to, "Dead", c, CONTAINER_DEAD);
	yyjson_mut_obj_add_int(doc, to, "Pid", 0);
	yyjson_mut_obj_add_int(doc, to, "ExitCode", c->exit_code);
	yyjson_mut_obj_add_strcpy(doc, to, "Error", why);
	node_add_time(doc, to, "StartedAt", c->started_ns);
	node_add_time(doc, to, "FinishedAt", c->finished_ns);
}

static yyjson_mut_val *labels_object(yyjson_mut_doc *doc, const struct labels *labels)
{
	yyjson_mut_val *to = yyjson_mut_obj(doc);

	for (size_t i = 0; i < labels->count; i++)
		yyjson_mut_obj_add_strcpy(doc, to, labels->items[i].key, labels->items[i].value);
	return to;
}

static void add_node(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct engine *e)
{
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, root, "Node");

	yyjson_mut_obj_add_strcpy(doc, to, "ID", e->id);
	yyjson_mut_obj_add_strcpy(doc, to, "IP", e->ip);
	yyjson_mut_obj_add_strcpy(doc, to, "Addr", e->addr);
	yyjson_mut_obj_add_strcpy(doc, to, "Name", e->name);
	yyjson_mut_obj_add_sint(doc, to, "Cpus", e->cpus);
	yyjson_mut_obj_add_sint(doc, to, "Memory", e->memory_bytes);
	yyjson_mut_obj_add_val(doc, to, "Labels", labels_object(doc, &e->labels));
}

/* What it was asked to be is the body of a create: its configuration, with two members that are
 * elsewhere in an inspect. */
static void add_configs(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct container *c)
{
	const char *text = c->blueprint ? c->blueprint : "{}";
	auto_json yyjson_doc *asked = json_parse(text, strlen(text), NULL);
	yyjson_mut_val *config = yyjson_val_mut_copy(doc, yyjson_doc_get_root(asked));
	yyjson_mut_val *host = yyjson_mut_obj_remove_key(config, "HostConfig");

	(void)yyjson_mut_obj_remove_key(config, "NetworkingConfig");
	if (!host)
		host = yyjson_mut_obj(doc);
	if (!yyjson_mut_obj_get(host, "NetworkMode"))
		yyjson_mut_obj_add_strcpy(doc, host, "NetworkMode", c->network_mode);
	if (!yyjson_mut_obj_get(config, "Image"))
		yyjson_mut_obj_add_strcpy(doc, config, "Image", c->image);
	yyjson_mut_obj_put(config, yyjson_mut_str(doc, "Labels"), labels_object(doc, &c->labels));
	yyjson_mut_obj_add_val(doc, root, "HostConfig", host);
	yyjson_mut_obj_add_val(doc, root, "Config", config);
}

static void add_from_entry(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct container *c)
{
	auto_json yyjson_doc *entry = entry_of(c);
	yyjson_val *from = yyjson_doc_get_root(entry);
	yyjson_val *networks = json_get_obj(json_get_obj(from, "NetworkSettings"), "Networks");
	yyjson_mut_val *settings = yyjson_mut_obj_add_obj(doc, root, "NetworkSettings");

	yyjson_mut_obj_add_obj(doc, settings, "Ports");
	yyjson_mut_obj_add_val(doc, settings, "Networks",
		networks ? yyjson_val_mut_copy(doc, networks) : yyjson_mut_obj(doc));
	yyjson_mut_obj_add_val(doc, root, "Mounts",
		json_get_arr(from, "Mounts")
			? yyjson_val_mut_copy(doc, json_get_arr(from, "Mounts"))
			: yyjson_mut_arr(doc));
}

/* --- together --- */

void containers_lost_inspect(struct request *rq, const struct container *c)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	auto_free char *why = waiting_reason(rq->api->manager, c);
	auto_free char *name = xasprintf("/%s", container_name(c));
	size_t len;

	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_str(doc, root, "Id", c->id);
	node_add_time(doc, root, "Created", c->created_ns);
	yyjson_mut_obj_add_str(doc, root, "Path", "");
	yyjson_mut_obj_add_arr(doc, root, "Args");
	add_state(doc, root, c, why ? why : "");
	yyjson_mut_obj_add_strcpy(doc, root, "Image", c->image_id);
	yyjson_mut_obj_add_str(doc, root, "Name", name);
	yyjson_mut_obj_add_int(doc, root, "RestartCount", 0);
	add_configs(doc, root, c);
	add_from_entry(doc, root, c);
	add_node(doc, root, c->engine);
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(rq, 200, text, len);
}
