/* api/prune.c - the filters fitted to each engine, their answers added up. */
#include "api/prune.h"

#include "api/reply.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "manager/fanout.h"
#include "manager/refreshes.h"

enum { PRUNE_TIMEOUT_MS = 10 * 60 * 1000 };

struct prune {
	struct request *rq;
	struct task task;
	const struct prune_kind *kind;
	struct fanout fanout;
	struct refreshes refreshes; /* of the engines that answered */
};

STEP(prune_answered);
STEP(prune_refreshed);

static struct request *prune_free(struct prune *p)
{
	struct request *rq = p->rq;

	task_finish(&p->task);
	refreshes_finish(&p->refreshes);
	fanout_finish(&p->fanout);
	free(p);
	rq->cancel = NULL;
	return rq;
}

static void prune_cancel(struct request *rq)
{
	request_finish(prune_free(rq->work));
}

/* --- asking --- */

/* The client's query, with the filters as this engine shall see them. */
static void format_query(const struct prune *p, const struct engine *e,
	const struct list_filters *filters, struct strbuf *to)
{
	auto_query struct query query = QUERY_INIT;
	auto_free char *text = list_filters_format(filters);

	query_copy(&query, &p->rq->query);
	query_set(&query, "filters", text);
	if (p->kind->edit_query)
		p->kind->edit_query(e, &query);
	query_format(&query, to);
}

static void ask_engine(struct prune *p, struct engine *e, const struct list_filters *filters)
{
	auto_strbuf struct strbuf query = STRBUF_INIT;
	struct fanout_item *item = fanout_add(&p->fanout, e);

	format_query(p, e, filters, &query);
	remote_call_init(
		&item->call, &e->remote, p->rq->version, "POST", "%s?%s", p->kind->path, query.buf);
	item->call.mode = CALL_JSON;
	item->call.head_timeout_ms = PRUNE_TIMEOUT_MS;
}

/* The filters are parsed anew for every engine, because `prepare` may change them. */
static bool consider_engine(struct prune *p, struct engine *e, struct error *err)
{
	auto_list_filters struct list_filters filters = { 0 };
	const struct strv *nodes;
	bool flag;

	if (!list_filters_parse(&filters, query_get(&p->rq->query, "filters"), err) ||
		(p->kind->filters && !list_filters_check(&filters, p->kind->filters, err)) ||
		(p->kind->flag && !list_filters_flag(&filters, p->kind->flag, false, &flag, err)))
		return false;
	nodes = list_filters_get(&filters, "node");
	if (nodes && !strv_contains(nodes, e->name))
		return true;
	list_filters_remove(&filters, "node"); /* engines do not know it */
	if (!p->kind->prepare || p->kind->prepare(p->rq, e, &filters))
		ask_engine(p, e, &filters);
	return true;
}

static bool ask_engines(struct prune *p, struct error *err)
{
	struct cluster *cluster = p->rq->api->cluster;
	size_t healthy = 0;

	for (size_t i = 0; i < cluster->engines_count; i++) {
		if (!engine_is_healthy(cluster->engines[i]))
			continue;
		healthy++;
		if (!consider_engine(p, cluster->engines[i], err))
			return false;
	}
	if (healthy == 0)
		return error_set(
			err, ERROR_UNAVAILABLE, "No healthy node available in the cluster");
	fanout_send(&p->fanout, &p->task);
	return true;
}

/* --- adding up --- */

static bool item_failed(const struct prune *p, const struct fanout_item *item)
{
	return error_is_set(&item->err) && !(p->kind->may_lack && item->call.answer.status == 404);
}

/* A copy of one deleted thing: a name, or an object (images), which passes whole. */
static void add_deleted(const struct prune *p, struct engine *e, yyjson_val *deleted,
	yyjson_mut_doc *doc, yyjson_mut_val *list)
{
	auto_strbuf struct strbuf shown = STRBUF_INIT;

	if (!p->kind->deleted || !yyjson_is_str(deleted)) {
		yyjson_mut_arr_append(list, yyjson_val_mut_copy(doc, deleted));
		return;
	}
	p->kind->deleted(e, yyjson_get_str(deleted), &shown);
	yyjson_mut_arr_add_strncpy(doc, list, shown.buf, shown.len);
}

static void add_answer(const struct prune *p, struct fanout_item *item, yyjson_mut_doc *doc,
	yyjson_mut_val *list, int64_t *reclaimed)
{
	yyjson_val *answer = yyjson_doc_get_root(item->call.json), *deleted;
	size_t i, max;

	yyjson_arr_foreach(json_get_arr(answer, p->kind->deleted_key), i, max, deleted)
		add_deleted(p, item->engine, deleted, doc, list);
	if (__builtin_add_overflow(
		    *reclaimed, json_get_int(answer, "SpaceReclaimed", 0), reclaimed))
		*reclaimed = INT64_MAX;
}

static enum task_turn prune_reply(struct prune *p)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc), *list = yyjson_mut_arr(doc);
	const struct prune_kind *kind = p->kind;
	int64_t reclaimed = 0;
	size_t len;

	yyjson_mut_doc_set_root(doc, root);
	for (size_t i = 0; i < p->fanout.count; i++)
		add_answer(p, &p->fanout.items[i], doc, list, &reclaimed);
	yyjson_mut_obj_add_val(doc, root, kind->deleted_key, list);
	yyjson_mut_obj_add_sint(doc, root, "SpaceReclaimed", reclaimed);
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(prune_free(p), 200, text, len);
	return TASK_WAIT;
}

/* Logs every failure; true with the last one when nobody succeeded. */
static bool all_failed(const struct prune *p, struct error *err)
{
	size_t failed = 0;

	for (size_t i = 0; i < p->fanout.count; i++) {
		const struct fanout_item *item = &p->fanout.items[i];

		if (!item_failed(p, item))
			continue;
		failed++;
		log_warn("engine %s: %s failed: %s", item->engine->name, p->kind->path,
			error_text(&item->err));
		error_copy(err, &item->err);
		error_wrap(err, "node %s", item->engine->name);
	}
	return failed > 0 && failed == p->fanout.count;
}

static enum task_turn prune_answered(struct task *task)
{
	struct prune *p = container_of(task, struct prune, task);
	auto_error struct error err = ERROR_INIT;

	if (!fanout_done(&p->fanout))
		return task_wait(task, &prune_answered_step);
	if (all_failed(p, &err)) {
		reply_error(prune_free(p), &err);
		return TASK_WAIT;
	}
	if (!p->kind->refresh)
		return prune_reply(p);
	refreshes_after(&p->refreshes, &p->fanout, p->kind->refresh, task);
	return task_go(task, &prune_refreshed_step);
}

static enum task_turn prune_refreshed(struct task *task)
{
	struct prune *p = container_of(task, struct prune, task);

	if (!refreshes_done(&p->refreshes))
		return task_wait(task, &prune_refreshed_step); /* refreshes have deadlines */
	return prune_reply(p);
}

void prune_start(struct request *rq, const struct prune_kind *kind)
{
	struct prune *p = xnew(struct prune);
	auto_error struct error err = ERROR_INIT;

	p->rq = rq;
	p->kind = kind;
	rq->work = p;
	rq->cancel = prune_cancel;
	task_init(&p->task, rq->api->loop, &prune_answered_step, NULL);
	if (!ask_engines(p, &err)) {
		reply_error(prune_free(p), &err);
		return;
	}
	task_start(&p->task); /* the filter may have left nobody to ask */
}
