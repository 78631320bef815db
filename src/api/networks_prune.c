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
#include "base/text_set.h"
#include "cluster/find_network.h"
#include "cluster/held_lists.h"
#include "docker/listfilter.h"

enum { PRUNE_TIMEOUT_MS = 60 * 1000, REMOVED_AT_ONCE = 64 };

struct networks_prune {
	struct ask ask; /* a call for each network */
	struct list_filters filters;
	int64_t until_ns; /* networks made later stay; 0: none do */
	/* While choosing: */
	struct held_lists held;
	size_t walked;          /* engines whose containers are in `endpoints` */
	size_t engine, network; /* the next to be looked at */
	struct network_endpoints endpoints;
	struct text_set spanning; /* ids of networks that are removed through an earlier engine */

	struct strv shown;   /* of the networks that are asked for, in their order */
	struct strv deleted; /* of shown */
	bool everywhere;     /* one of them spans engines */
};

static void end_choosing(struct networks_prune *p)
{
	held_lists_finish(&p->held);
	networks_endpoints_finish(&p->endpoints);
	text_set_finish(&p->spanning);
}

static void prune_finish(struct ask *a)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);

	end_choosing(p);
	list_filters_finish(&p->filters);
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

static bool is_candidate(
	const struct networks_prune *p, const struct engine *e, const struct network *n)
{
	if (network_is_predefined(n->name))
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
	strv_take(&p->shown, strbuf_steal(&shown));
	p->everywhere |= !network_is_local(n);
}

static void choose(struct networks_prune *p, struct engine *e, const struct network *n)
{
	if (!is_candidate(p, e, n))
		return;
	if (network_is_local(n) || text_set_add(&p->spanning, n->id))
		add_network(p, e, n);
}

static bool takes_engine(const struct networks_prune *p, const struct engine *e)
{
	const struct strv *nodes = list_filters_get(&p->filters, "node");

	return engine_is_healthy(e) && (!nodes || strv_contains(nodes, e->name));
}

static bool prune_prepare(struct ask *a, struct error *err)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);

	if (!read_filters(p, err))
		return false;
	a->fanout.at_once = REMOVED_AT_ONCE;
	held_lists_init(&p->held, ask_request(a)->api->cluster, OBJECT_NETWORKS);
	return true;
}

/* First all endpoints: a network may have some on any engine. */
static bool prune_choose(struct ask *a)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);
	const struct held_list *of;

	if (p->walked < p->held.count) {
		networks_endpoints_add(&p->endpoints, p->held.items[p->walked++].engine);
		return true;
	}
	if (p->engine == p->held.count) {
		end_choosing(p);
		return false;
	}
	of = &p->held.items[p->engine];
	if (p->network < of->count && takes_engine(p, of->engine)) {
		choose(p, of->engine, (const struct network *)of->things + p->network++);
		return true;
	}
	p->engine++;
	p->network = 0;
	return true;
}

/* --- after the engines' answers --- */

/* A network is told once, however many instances it had; an engine's refusal means that it is in
 * use after all. */
static void prune_settle(struct ask *a)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);
	struct text_set told = { 0 };

	a->status = 200; /* not what a removal has */
	for (size_t i = 0; i < a->fanout.count; i++) {
		struct fanout_item *item = &a->fanout.items[i];
		const char *shown = p->shown.items[i];

		if (fanout_item_succeeded(item) && text_set_add(&told, shown))
			strv_add(&p->deleted, shown);
		if (!error_is_set(&item->err) || !fanout_item_answered(item))
			continue;
		log_info("engine %s: network %s is not pruned: %s", item->engine->name, shown,
			error_text(&item->err));
		error_clear(&item->err);
	}
	text_set_finish(&told);
}

/* The items of one engine stand together; the first behind those that begin here. */
static size_t end_of_engine(const struct fanout *f, size_t begin, bool *ret_answered)
{
	size_t i = begin;

	*ret_answered = true;
	while (i < f->count && f->items[i].engine == f->items[begin].engine)
		*ret_answered &= fanout_item_answered(&f->items[i++]);
	return i;
}

/* Who did not answer would keep the client waiting for its list.  What spans engines went from all
 * of them, also from those that nobody asked. */
static void prune_refresh(struct ask *a)
{
	struct networks_prune *p = container_of(a, struct networks_prune, ask);
	struct cluster *cluster = ask_request(a)->api->cluster;
	struct fanout *f = &a->fanout;
	struct task *waiter = &a->errand.task;
	struct text_set asked = { 0 };
	struct engine *e;
	bool answered;

	refreshes_init(&a->refreshes, cluster->engines_count + f->count);
	for (size_t i = 0, end; i < f->count; i = end) {
		end = end_of_engine(f, i, &answered);
		text_set_add(&asked, f->items[i].engine->addr);
		if (answered)
			refresh_networks(refreshes_next(&a->refreshes), f->items[i].engine, waiter);
	}
	if (p->everywhere) {
		cluster_each (e, cluster, CLUSTER_HEALTHY) {
			if (text_set_add(&asked, e->addr))
				refresh_networks(refreshes_next(&a->refreshes), e, waiter);
		}
	}
	text_set_finish(&asked);
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
		.prepare_more = prune_choose,
		.settle = prune_settle,
		.refresh = prune_refresh,
		.answer = prune_answer,
		.finish = prune_finish,
	};

	ask_run(rq, &kind);
}
