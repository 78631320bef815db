/*
 * api/tasks.c - every container is a task, the first and only one of a service of its name: so
 * clients print "web.1", and find no such service when they ask, which they bear.
 */
#include "api/tasks.h"

#include <string.h>

#include "api/node_document.h"
#include "api/nodes.h"
#include "api/object_list.h"
#include "api/reply.h"
#include "api/swarm_mode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/cluster.h"

/* --- states --- */

static const struct {
	const char *state, *desired;
} words[] = {
	[CONTAINER_PENDING] = { "preparing", "ready" },
	[CONTAINER_CREATED] = { "ready", "ready" },
	[CONTAINER_RUNNING] = { "running", "running" },
	[CONTAINER_PAUSED] = { "running", "running" },
	[CONTAINER_RESTARTING] = { "starting", "running" },
	[CONTAINER_REMOVING] = { "remove", "remove" },
	[CONTAINER_EXITED] = { "complete", "shutdown" },
	[CONTAINER_DEAD] = { "failed", "shutdown" },
};

static bool has_failed(const struct container *c)
{
	return c->state == CONTAINER_EXITED && c->exit_code != 0;
}

static const char *state_of(const struct container *c)
{
	return has_failed(c) ? "failed" : words[c->state].state;
}

static int64_t changed_at_ns(const struct container *c)
{
	int64_t last = container_is_running(c) ? c->started_ns : c->finished_ns;

	return last ? last : c->created_ns;
}

/* --- a task --- */

/* The record knows what they block; what they lead to is in the entry alone. */
static void add_ports(yyjson_mut_doc *doc, yyjson_mut_val *status, const struct container *c)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, status, "PortStatus");
	yyjson_mut_val *ports = yyjson_mut_obj_add_arr(doc, to, "Ports"), *port;
	size_t i, max;
	yyjson_val *shown;

	if (!c->ports_count || !container_is_running(c))
		return;
	container_write_entry(&text, c, &(struct container_listing){ .node_name = "" });
	auto_json yyjson_doc *entry = json_parse(text.buf, text.len, NULL);

	yyjson_arr_foreach(json_get_arr(yyjson_doc_get_root(entry), "Ports"), i, max, shown)
	{
		if (!json_get_int(shown, "PublicPort", 0))
			continue;
		port = yyjson_mut_arr_add_obj(doc, ports);
		yyjson_mut_obj_add_strcpy(doc, port, "Protocol", json_get_str(shown, "Type", ""));
		yyjson_mut_obj_add_sint(
			doc, port, "TargetPort", json_get_int(shown, "PrivatePort", 0));
		yyjson_mut_obj_add_sint(
			doc, port, "PublishedPort", json_get_int(shown, "PublicPort", 0));
		yyjson_mut_obj_add_str(doc, port, "PublishMode", "host");
	}
}

static void add_status(yyjson_mut_doc *doc, yyjson_mut_val *task, const struct container *c)
{
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, task, "Status"), *part;
	auto_free char *why =
		has_failed(c) ? xasprintf("task: non-zero exit (%d)", c->exit_code) : NULL;

	node_add_time(doc, to, "Timestamp", changed_at_ns(c));
	yyjson_mut_obj_add_str(doc, to, "State", state_of(c));
	yyjson_mut_obj_add_str(doc, to, "Message", container_state_text(c));
	if (why)
		yyjson_mut_obj_add_strcpy(doc, to, "Err", why);
	part = yyjson_mut_obj_add_obj(doc, to, "ContainerStatus");
	yyjson_mut_obj_add_strcpy(doc, part, "ContainerID", c->id);
	yyjson_mut_obj_add_int(doc, part, "ExitCode", c->exit_code);
	add_ports(doc, to, c);
}

static void add_task(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct container *c)
{
	yyjson_mut_val *task = yyjson_mut_arr_add_obj(doc, list), *part;

	yyjson_mut_obj_add_strcpy(doc, task, "ID", c->id);
	part = yyjson_mut_obj_add_obj(doc, task, "Version");
	yyjson_mut_obj_add_uint(doc, part, "Index", 0);
	node_add_time(doc, task, "CreatedAt", c->created_ns);
	node_add_time(doc, task, "UpdatedAt", changed_at_ns(c));
	part = yyjson_mut_obj_add_obj(doc, task, "Spec");
	part = yyjson_mut_obj_add_obj(doc, part, "ContainerSpec");
	yyjson_mut_obj_add_strcpy(doc, part, "Image", c->image);
	yyjson_mut_obj_add_strcpy(doc, task, "ServiceID", container_name(c));
	yyjson_mut_obj_add_uint(doc, task, "Slot", 1);
	yyjson_mut_obj_add_strcpy(doc, task, "NodeID", engine_node_id(c->engine));
	add_status(doc, task, c);
	yyjson_mut_obj_add_str(doc, task, "DesiredState", words[c->state].desired);
}

/* --- which --- */

static bool is_desired(const struct list_filters *f, const struct container *c)
{
	const struct strv *values = list_filters_get(f, "desired-state");

	return !values || strv_contains(values, words[c->state].desired);
}

static void add_tasks_of(yyjson_mut_doc *doc, const struct list_filters *f, const struct engine *e)
{
	for (size_t i = 0; i < e->containers_count; i++) {
		const struct container *c = e->containers[i];
		auto_free char *name = xasprintf("%s.1", container_name(c));

		if (*c->id && list_filters_begin(f, "id", c->id) &&
			list_filters_begin(f, "name", name) && is_desired(f, c) &&
			object_list_has_labels(f, "label", &c->labels))
			add_task(doc, yyjson_mut_doc_get_root(doc), c);
	}
}

/* A service that is asked for is not there. */
static bool write_tasks(
	struct request *rq, const struct list_filters *f, yyjson_mut_doc *doc, struct error *err)
{
	const struct strv *nodes = list_filters_get(f, "node");

	yyjson_mut_doc_set_root(doc, yyjson_mut_arr(doc));
	for (size_t i = 0; i < nodes->count; i++) {
		const struct engine *e = nodes_find(rq->api->cluster, nodes->items[i], err);

		if (!e)
			return false;
		if (!list_filters_asks(f, "service"))
			add_tasks_of(doc, f, e);
	}
	return true;
}

void tasks_list(struct request *rq)
{
	static const char *const accepted[] = { "desired-state", "id", "label", "name", "node",
		"service", NULL };
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	auto_list_filters struct list_filters f = { 0 };
	auto_error struct error err = ERROR_INIT;
	size_t len;

	if (!list_filters_parse(&f, query_get(&rq->query, "filters"), &err) ||
		!list_filters_check(&f, accepted, &err)) {
		reply_error(rq, &err);
		return;
	}
	if (!list_filters_get(&f, "node")) {
		swarm_mode_absent(rq);
		return;
	}
	if (!write_tasks(rq, &f, doc, &err)) {
		reply_error(rq, &err);
		return;
	}
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(rq, 200, text, len);
}
