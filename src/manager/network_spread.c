/* manager/network_spread.c - one creation at a time for each engine and network. */
#include "manager/network_spread.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/find_network.h"

enum { SPREAD_TIMEOUT_MS = 60 * 1000 };

STEP(spread_begin);
STEP(spread_answered);
STEP(spread_refreshed);

/* --- what it asks of an engine --- */

/* The entry tells it in the words of the request. */
struct translate_need network_spread_need(const struct network *n)
{
	auto_json yyjson_doc *entry = json_parse(n->entry, strlen(n->entry), NULL);
	auto_json_mut yyjson_mut_doc *doc = yyjson_doc_mut_copy(entry, NULL);

	return translate_network_need(yyjson_mut_doc_get_root(doc), API_VERSION_MAX);
}

/* --- the body, from an instance that is there --- */

static void add_ipam(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct network *n)
{
	const char *text = labels_get(&n->labels, LABEL_NETWORK_IPAM);
	auto_json yyjson_doc *ipam = json_parse(text, strlen(text), NULL);

	if (yyjson_is_obj(yyjson_doc_get_root(ipam)))
		yyjson_mut_obj_add_val(
			doc, root, "IPAM", yyjson_val_mut_copy(doc, yyjson_doc_get_root(ipam)));
}

static void add_labels(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct network *n)
{
	yyjson_mut_val *labels = yyjson_mut_obj_add_obj(doc, root, "Labels");

	for (size_t i = 0; i < n->labels.count; i++) {
		const struct label *l = &n->labels.items[i];

		if (strcmp(l->key, LABEL_NETWORK_ID) != 0)
			yyjson_mut_obj_add_strcpy(doc, labels, l->key, l->value);
	}
	yyjson_mut_obj_add_strcpy(doc, labels, LABEL_NETWORK_ID, n->logical_id);
}

/* What the engine made of the request is the request again, but for the addresses that it chose. */
static char *write_body(const struct network *n)
{
	static const char *const kept[] = { "Driver", "Internal", "Attachable", "EnableIPv4",
		"EnableIPv6", "Options" };
	auto_json yyjson_doc *entry = json_parse(n->entry, strlen(n->entry), NULL);
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);

	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_str(doc, root, "Name", n->name);
	yyjson_mut_obj_add_bool(doc, root, "CheckDuplicate", true);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		yyjson_val *val = yyjson_obj_get(yyjson_doc_get_root(entry), kept[i]);

		if (val && !yyjson_is_null(val))
			yyjson_mut_obj_add_val(doc, root, kept[i], yyjson_val_mut_copy(doc, val));
	}
	add_ipam(doc, root, n);
	add_labels(doc, root, n);
	return json_doc_text(doc, NULL);
}

/* --- making it --- */

/* Somebody else's turn: what they wait for is there now, or they must make it themselves. */
static void stop_asking(struct network_spread *s)
{
	struct network_spread *other;

	if (!s->asking)
		return;
	s->asking = false;
	list_for_each (other, &s->manager->network_spreads, link) {
		if (other != s && other->engine == s->engine)
			task_wake(&other->task);
	}
}

static void spread_done(struct task *t)
{
	struct network_spread *s = container_of(t, struct network_spread, task);

	stop_asking(s);
	list_remove(&s->link);
	s->done = true;
	task_wake(s->waiter);
}

void network_spread_start(struct network_spread *s, struct manager *m, struct engine *e,
	const struct network *n, struct task *waiter)
{
	assert(!s->engine && n->spreads);
	s->manager = m;
	s->engine = engine_ref(e);
	s->logical_id = xstrdup(n->logical_id);
	s->body = write_body(n);
	s->need = network_spread_need(n);
	s->waiter = waiter;
	list_push_back(&m->network_spreads, &s->link);
	task_init(&s->task, m->loop, &spread_begin_step, spread_done);
	task_start(&s->task);
}

void network_spread_finish(struct network_spread *s)
{
	if (!s->engine)
		return;
	stop_asking(s);
	list_remove(&s->link);
	task_finish(&s->task);
	refresh_finish(&s->refresh);
	call_finish(&s->call);
	engine_unref(s->engine);
	error_clear(&s->err);
	free(s->logical_id);
	free(s->body);
	*s = (struct network_spread){ 0 };
}

static bool others_are_asking(const struct network_spread *s)
{
	const struct network_spread *other;

	list_for_each (other, &s->manager->network_spreads, link) {
		if (other->asking && other->engine == s->engine &&
			strcmp(other->logical_id, s->logical_id) == 0)
			return true;
	}
	return false;
}

static bool check_need(struct network_spread *s)
{
	const struct api_range *range = &s->engine->remote.range;

	return translate_need_is_met(&s->need, range) ||
	       translate_need_refuse(
		       &s->need, (struct api_version){ 0 }, s->engine->name, range, &s->err);
}

static enum task_turn spread_begin(struct task *t)
{
	struct network_spread *s = container_of(t, struct network_spread, task);

	if (network_on(s->engine, s->logical_id) || !check_need(s))
		return TASK_DONE;
	if (others_are_asking(s))
		return task_wait(t, &spread_begin_step); /* they wake us, and have deadlines */
	if (!manager_check_acting(s->manager, &s->err))
		return TASK_DONE;
	s->asking = true;
	remote_call_init(&s->call, &s->engine->remote, (struct api_version){ 0 }, "POST",
		"/networks/create");
	headers_set(&s->call.head.headers, "Content-Type", "application/json");
	s->call.body = xstrdup(s->body);
	s->call.body_len = strlen(s->body);
	s->call.mode = CALL_TEXT;
	s->call.head_timeout_ms = SPREAD_TIMEOUT_MS;
	remote_send(&s->call, &s->engine->remote, t);
	return task_wait_for(t, &s->call.done, &spread_answered_step);
}

/* A refusal may mean that it has come there in another way: the engine's list decides. */
static enum task_turn spread_answered(struct task *t)
{
	struct network_spread *s = container_of(t, struct network_spread, task);

	engine_report_call(s->engine, &s->call);
	if (!remote_check(&s->call, &s->engine->remote, &s->err) && s->err.status != 409)
		return TASK_DONE;
	refresh_networks(&s->refresh, s->engine, t);
	return task_wait_for(t, &s->refresh.done, &spread_refreshed_step);
}

static enum task_turn spread_refreshed(struct task *t)
{
	struct network_spread *s = container_of(t, struct network_spread, task);

	if (network_on(s->engine, s->logical_id))
		error_clear(&s->err);
	else if (!error_is_set(&s->err) && error_is_set(&s->refresh.err))
		error_copy(&s->err, &s->refresh.err);
	else if (!error_is_set(&s->err))
		error_set(&s->err, ERROR_UNAVAILABLE,
			"node %s made an instance of network %.12s and does not list it",
			s->engine->name, s->logical_id);
	return TASK_DONE;
}

/* --- what it costs --- */

static size_t count_attached(const struct engine *e, const char *network_id)
{
	size_t count = 0;

	for (size_t i = 0; i < e->containers_count; i++) {
		const struct container *c = e->containers[i];

		for (size_t k = 0; k < c->networks_count; k++)
			count += strcmp(c->networks[k].network_id, network_id) == 0;
	}
	return count;
}

void network_spread_warn(const struct engine *e, const struct network *n, struct strv *ret)
{
	auto_strv struct strv nodes = STRV_INIT;
	const struct engine *other;

	if (!e->cluster)
		return;
	cluster_each (other, e->cluster, CLUSTER_ALL) {
		const struct network *instance = network_on(other, n->logical_id);

		if (other != e && instance && count_attached(other, instance->id))
			strv_add(&nodes, other->name);
	}
	if (nodes.count == 0)
		return;
	auto_free char *joined = strv_join(&nodes, ", ");
	char *text = xasprintf("Network %s is a bridge of its own on every node: this container "
			       "on %s does not reach those on %s",
		n->name, e->name, joined);

	if (strv_contains(ret, text))
		free(text);
	else
		strv_take(ret, text);
}
