/*
 * api/networks_prune.c - POST /networks/prune, decided here: an engine does not know that a
 * network which none of its own containers uses is used on another.  What an engine still
 * refuses (in use, after all) stays.
 */
#include "api/networks.h"

#include <string.h>

#include "api/networks_endpoints.h"
#include "api/reply.h"
#include "api/time_param.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/find_network.h"
#include "docker/listfilter.h"
#include "manager/fanout.h"
#include "manager/refreshes.h"

enum { PRUNE_TIMEOUT_MS = 60 * 1000 };

struct networks_prune {
	struct request *rq;
	struct task task;
	struct list_filters filters;
	int64_t until_ns;                   /* networks made later stay; 0: none do */
	struct network_endpoints endpoints; /* only while choosing */
	struct fanout fanout;               /* one item per network */
	struct strv ids, shown;             /* of the same networks */
	bool everywhere;                    /* one of them spans engines */
	struct refreshes refreshes;
};

STEP(prune_answered);
STEP(prune_refreshed);

static struct request *prune_free(struct networks_prune *p)
{
	struct request *rq = p->rq;

	task_finish(&p->task);
	refreshes_finish(&p->refreshes);
	fanout_finish(&p->fanout);
	list_filters_finish(&p->filters);
	strv_finish(&p->ids);
	strv_finish(&p->shown);
	free(p);
	rq->cancel = NULL;
	return rq;
}

static void prune_cancel(struct request *rq)
{
	request_finish(prune_free(rq->work));
}

/* --- choosing --- */

static bool read_filters(struct networks_prune *p, struct error *err)
{
	static const char *const accepted[] = { "label", "label!", "node", "until", NULL };
	const struct strv *until;

	if (!list_filters_parse(&p->filters, query_get(&p->rq->query, "filters"), err) ||
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
	return labels_allow(p, n) && !network_endpoints_any(&p->endpoints, n, e) &&
	       document_allows(p, n);
}

static void add_network(struct networks_prune *p, struct engine *e, const struct network *n)
{
	auto_strbuf struct strbuf path = STRBUF_INIT, shown = STRBUF_INIT;
	struct fanout_item *item = fanout_add(&p->fanout, e);

	uri_encode_path(&path, n->id);
	remote_call_init(
		&item->call, &e->remote, p->rq->version, "DELETE", "/networks/%s", path.buf);
	item->call.mode = CALL_TEXT;
	item->call.head_timeout_ms = PRUNE_TIMEOUT_MS;
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

static void choose_networks(struct networks_prune *p)
{
	struct cluster *cluster = p->rq->api->cluster;
	struct engine *e;

	network_endpoints_init(&p->endpoints, cluster);
	cluster_each (e, cluster, CLUSTER_ALL)
		add_engine(p, e);
	network_endpoints_finish(&p->endpoints);
}

/* --- after the engines' answers --- */

static bool shows_a_change(const struct networks_prune *p, const struct engine *e)
{
	bool was_asked = false;

	for (size_t i = 0; i < p->fanout.count; i++) {
		if (p->fanout.items[i].engine != e)
			continue;
		if (!fanout_item_answered(&p->fanout.items[i]))
			return false; /* it would keep the client waiting for its list */
		was_asked = true;
	}
	return was_asked || (p->everywhere && engine_is_healthy(e));
}

static void start_refreshes(struct networks_prune *p)
{
	struct cluster *cluster = p->rq->api->cluster;
	struct engine *e;

	refreshes_init(&p->refreshes, cluster->engines_count);
	cluster_each (e, cluster, CLUSTER_ALL) {
		if (shows_a_change(p, e))
			refresh_networks(refreshes_next(&p->refreshes), e, &p->task);
	}
}

static enum task_turn prune_answered(struct task *task)
{
	struct networks_prune *p = container_of(task, struct networks_prune, task);

	if (!fanout_done(&p->fanout))
		return task_wait(task, &prune_answered_step); /* the calls have deadlines */
	start_refreshes(p);
	return task_go(task, &prune_refreshed_step);
}

/* Each once, however many instances it had. */
static void list_deleted(const struct networks_prune *p, struct strv *ret)
{
	for (size_t i = 0; i < p->fanout.count; i++) {
		const struct fanout_item *item = &p->fanout.items[i];
		const char *shown = p->shown.items[i];

		if (error_is_set(&item->err))
			log_info("engine %s: network %s is not pruned: %s", item->engine->name,
				shown, error_text(&item->err));
		else if (!strv_contains(ret, shown))
			strv_add(ret, shown);
	}
}

static enum task_turn prune_reply(struct networks_prune *p)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_val *deleted = yyjson_mut_obj_add_arr(doc, root, "NetworksDeleted");
	auto_strv struct strv names = STRV_INIT;
	size_t len;

	yyjson_mut_doc_set_root(doc, root);
	list_deleted(p, &names);
	for (size_t i = 0; i < names.count; i++)
		yyjson_mut_arr_add_strcpy(doc, deleted, names.items[i]);
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(prune_free(p), 200, text, len);
	return TASK_WAIT;
}

static enum task_turn prune_refreshed(struct task *task)
{
	struct networks_prune *p = container_of(task, struct networks_prune, task);

	if (!refreshes_done(&p->refreshes))
		return task_wait(task, &prune_refreshed_step); /* they have deadlines */
	return prune_reply(p);
}

void networks_prune(struct request *rq)
{
	struct networks_prune *p = xnew(struct networks_prune);
	auto_error struct error err = ERROR_INIT;

	p->rq = rq;
	rq->work = p;
	rq->cancel = prune_cancel;
	task_init(&p->task, rq->api->loop, &prune_answered_step, NULL);
	if (!read_filters(p, &err)) {
		reply_error(prune_free(p), &err);
		return;
	}
	choose_networks(p);
	fanout_send(&p->fanout, &p->task);
	task_start(&p->task); /* there may be nothing to prune */
}
