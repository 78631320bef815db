/*
 * api/networks_prune.c - POST /networks/prune, decided here: an engine does not know that a
 * network which none of its own containers uses is used on another.  What an engine still
 * refuses (in use, after all) stays.
 */
#include "api/networks.h"

#include <string.h>

#include "api/ask.h"
#include "api/networks_endpoints.h"
#include "api/time_param.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/find_network.h"
#include "docker/listfilter.h"

enum { PRUNE_TIMEOUT_MS = 60 * 1000 };

struct networks_prune {
	struct ask ask; /* a call for each network */
	struct list_filters filters;
	int64_t until_ns;                   /* networks made later stay; 0: none do */
	struct network_endpoints endpoints; /* only while choosing */
	struct strv ids, shown;             /* of the same networks */
	struct strv deleted;                /* of shown */
	bool everywhere;                    /* one of them spans engines */
};

static void prune_finish(struct ask *a)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);

	list_filters_finish(&p->filters);
	strv_finish(&p->ids);
	strv_finish(&p->shown);
	strv_finish(&p->deleted);
}

/* --- choosing --- */

static bool read_filters(struct networks_prune *p, struct error *err)
{
	static const char *const accepted[] = { "label", "label!", "node", "until", NULL };
	const struct strv *until;

	if (!list_filters_parse(
		    &p->filters, query_get(&ask_request(&p->ask)->query, "filters"), err) ||
		!list_filters_check(&p->filters, accepted, err))
		return false;
	if (!list_filters_asks(&p->filters, "until"))
		return true;
	until = list_filters_get(&p->filters, "until");
	if (!until) /* engines fail at it, and delete nothing */
		return error_set(err, ERROR_INVALID, "no time in the until filter");
	if (until->count > 1)
		return error_set(err, ERROR_INVALID, "more than one until filter specified");
	return time_param_parse("until", until->items[0], &p->until_ns, err);
}

static bool labels_allow(const struct networks_prune *p, const struct network *n)
{
	const struct strv *with = list_filters_get(&p->filters, "label");
	const struct strv *without = list_filters_get(&p->filters, "label!");

	for (size_t i = 0; with && i < with->count; i++) {
		if (!labels_match(&n->labels, with->items[i]))
			return false;
	}
	for (size_t i = 0; without && i < without->count; i++) {
		if (labels_match(&n->labels, without->items[i]))
			return false;
	}
	return true;
}

/* The routing mesh of the engines' swarm is nobody's to prune; it says so in its document. */
static bool document_allows(const struct networks_prune *p, const struct network *n)
{
	auto_json yyjson_doc *doc = json_parse(n->entry, strlen(n->entry), NULL);
	yyjson_val *root = yyjson_doc_get_root(doc);
	int64_t created_ns;

	if (json_get_bool(root, "Ingress", false) || json_get_bool(root, "ConfigOnly", false))
		return false;
	if (!p->until_ns)
		return true;
	return time_parse_rfc3339(json_get_str(root, "Created", ""), &created_ns) &&
	       created_ns <= p->until_ns;
}

/* Removed through this engine? */
static bool is_candidate(
	const struct networks_prune *p, const struct engine *e, const struct network *n)
{
	if (network_is_predefined(n->name))
		return false;
	if (!network_is_local(n) && strv_contains(&p->ids, n->id)) /* through another engine */
		return false;
	if (strcmp(n->scope, "swarm") == 0 && !e->swarm_control)
		return false;
	return labels_allow(p, n) && !networks_endpoints_any(&p->endpoints, n, e) &&
	       document_allows(p, n);
}

static void add_network(struct networks_prune *p, struct engine *e, const struct network *n)
{
	auto_strbuf struct strbuf path = STRBUF_INIT, shown = STRBUF_INIT;

	strbuf_add_str(&path, "/networks/");
	uri_encode_path(&path, n->id);
	ask_add(&p->ask, e, path.buf, "");
	network_write_name(&shown, n, e);
	strv_add(&p->ids, n->id);
	strv_take(&p->shown, strbuf_steal(&shown));
	p->everywhere |= !network_is_local(n);
}

static void add_engine(struct networks_prune *p, struct engine *e)
{
	const struct strv *nodes = list_filters_get(&p->filters, "node");

	if (!engine_is_healthy(e) || (nodes && !strv_contains(nodes, e->name)))
		return;
	for (size_t i = 0; i < e->networks_count; i++) {
		if (is_candidate(p, e, &e->networks[i]))
			add_network(p, e, &e->networks[i]);
	}
}

static bool prune_prepare(struct ask *a, struct error *err)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);
	struct cluster *cluster = ask_request(a)->api->cluster;
	struct engine *e;

	if (!read_filters(p, err))
		return false;
	networks_endpoints_init(&p->endpoints, cluster);
	cluster_each (e, cluster, CLUSTER_ALL)
		add_engine(p, e);
	networks_endpoints_finish(&p->endpoints);
	return true;
}

/* --- after the engines' answers --- */

/* A network is told once, however many instances it had; an engine's refusal means that it is in
 * use after all. */
static void prune_settle(struct ask *a)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);

	a->status = 200; /* not what a removal has */
	for (size_t i = 0; i < a->fanout.count; i++) {
		struct fanout_item *item = &a->fanout.items[i];
		const char *shown = p->shown.items[i];

		if (fanout_item_succeeded(item) && !strv_contains(&p->deleted, shown))
			strv_add(&p->deleted, shown);
		if (!error_is_set(&item->err) || !fanout_item_answered(item))
			continue;
		log_info("engine %s: network %s is not pruned: %s", item->engine->name, shown,
			error_text(&item->err));
		error_clear(&item->err);
	}
}

static bool shows_a_change(const struct networks_prune *p, const struct engine *e)
{
	bool was_asked = false;

	for (size_t i = 0; i < p->ask.fanout.count; i++) {
		if (p->ask.fanout.items[i].engine != e)
			continue;
		if (!fanout_item_answered(&p->ask.fanout.items[i]))
			return false; /* it would keep the client waiting for its list */
		was_asked = true;
	}
	return was_asked || (p->everywhere && engine_is_healthy(e));
}

static void prune_refresh(struct ask *a)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);
	struct cluster *cluster = ask_request(a)->api->cluster;
	struct engine *e;

	refreshes_init(&a->refreshes, cluster->engines_count);
	cluster_each (e, cluster, CLUSTER_ALL) {
		if (shows_a_change(p, e))
			refresh_networks(refreshes_next(&a->refreshes), e, &a->errand.task);
	}
}

static char *prune_answer(struct ask *a, size_t *ret_len, struct error *err maybe_unused)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_val *deleted = yyjson_mut_obj_add_arr(doc, root, "NetworksDeleted");

	yyjson_mut_doc_set_root(doc, root);
	for (size_t i = 0; i < p->deleted.count; i++)
		yyjson_mut_arr_add_strcpy(doc, deleted, p->deleted.items[i]);
	return json_doc_text(doc, ret_len);
}

void networks_prune(struct request *rq)
{
	static const struct ask_kind kind = {
		.size = sizeof(struct networks_prune),
		.need = ASK_NONE_MUST,
		.method = "DELETE",
		.timeout_ms = PRUNE_TIMEOUT_MS,
		.prepare = prune_prepare,
		.settle = prune_settle,
		.refresh = prune_refresh,
		.answer = prune_answer,
		.finish = prune_finish,
	};

	ask_run(rq, &kind);
}
