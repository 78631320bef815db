/* POST /containers/prune: every healthy node prunes with the client's filters; the answers are
 * added up. */
#include "api/containers.h"

#include "api/reply.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/lookup.h"
#include "docker/listfilter.h"
#include "manager/fanout.h"

enum { PRUNE_TIMEOUT_MS = 10 * 60 * 1000 };

struct prune {
	struct request *rq;
	struct task task;
	struct fanout fanout;
};

static enum task_turn prune_answered(struct task *task);
TASK_STEP(step_answered, prune_answered);

static struct request *prune_free(struct prune *p)
{
	struct request *rq = p->rq;

	task_finish(&p->task);
	fanout_finish(&p->fanout);
	free(p);
	rq->cancel = NULL;
	return rq;
}

static void prune_cancel(struct request *rq)
{
	request_finish(prune_free(rq->work));
}

/* What is deleted disappears from our own state before the client hears of it. */
static void merge_deleted(
	struct prune *p, yyjson_val *answer, yyjson_mut_doc *doc, yyjson_mut_val *deleted)
{
	yyjson_val *ids = json_get_arr(answer, "ContainersDeleted"), *id;
	size_t i, max;

	yyjson_arr_foreach(ids, i, max, id)
	{
		const char *text = yyjson_get_str(id);
		struct container *c =
			text ? cluster_find_container_by_id(p->rq->api->cluster, text) : NULL;

		if (text)
			yyjson_mut_arr_add_strcpy(doc, deleted, text);
		if (c)
			engine_remove_container(c->engine, c);
	}
}

static enum task_turn prune_answered(struct task *task)
{
	struct prune *p = container_of(task, struct prune, task);
	auto_error struct error err = ERROR_INIT;
	size_t succeeded = 0;
	int64_t reclaimed = 0;

	if (!fanout_done(&p->fanout))
		return task_wait(task, &step_answered);
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_val *deleted = yyjson_mut_arr(doc);

	yyjson_mut_doc_set_root(doc, root);
	for (size_t i = 0; i < p->fanout.count; i++) {
		struct fanout_item *item = &p->fanout.items[i];
		yyjson_val *answer = yyjson_doc_get_root(item->call.json);

		if (error_is_set(&item->err)) {
			log_warn("engine %s: prune failed: %s", item->engine->name,
				error_text(&item->err));
			error_copy(&err, &item->err);
			error_wrap(&err, "node %s", item->engine->name);
			continue;
		}
		succeeded++;
		merge_deleted(p, answer, doc, deleted);
		reclaimed += json_get_int(answer, "SpaceReclaimed", 0);
	}
	if (!succeeded && error_is_set(&err)) {
		reply_error(prune_free(p), &err);
		return TASK_WAIT;
	}
	yyjson_mut_obj_add_val(doc, root, "ContainersDeleted", deleted);
	yyjson_mut_obj_add_sint(doc, root, "SpaceReclaimed", reclaimed);
	size_t len;
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(prune_free(p), 200, text, len);
	return TASK_WAIT;
}

/* "node" is a filter of the cluster; the engines do not know it. */
static bool choose_engines(struct prune *p, struct list_filters *filters, struct error *err)
{
	struct cluster *cluster = p->rq->api->cluster;
	const struct strv *nodes = list_filters_get(filters, "node");

	for (size_t i = 0; i < cluster->engines_count; i++) {
		struct engine *e = cluster->engines[i];

		if (engine_is_healthy(e) && (!nodes || list_filter_matches(nodes, e->name)))
			fanout_add(&p->fanout, e);
	}
	list_filters_remove(filters, "node");
	if (p->fanout.count == 0)
		return error_set(
			err, ERROR_UNAVAILABLE, "No healthy node available in the cluster");
	return true;
}

static bool start_prune(struct prune *p, struct error *err)
{
	auto_list_filters struct list_filters filters = { 0 };
	auto_strbuf struct strbuf encoded = STRBUF_INIT;

	if (!list_filters_parse(&filters, query_get(&p->rq->query, "filters"), err) ||
		!choose_engines(p, &filters, err))
		return false;
	auto_free char *text = list_filters_format(&filters);

	uri_encode_query(&encoded, text);
	for (size_t i = 0; i < p->fanout.count; i++) {
		struct fanout_item *item = &p->fanout.items[i];

		remote_call_init(&item->call, &item->engine->remote, p->rq->version, "POST",
			"/containers/prune?filters=%s", encoded.buf);
		item->call.mode = CALL_JSON;
		item->call.head_timeout_ms = PRUNE_TIMEOUT_MS;
	}
	fanout_send(&p->fanout, &p->task);
	return true;
}

void containers_prune(struct request *rq)
{
	struct prune *p = xnew(struct prune);
	auto_error struct error err = ERROR_INIT;

	p->rq = rq;
	rq->work = p;
	rq->cancel = prune_cancel;
	task_init(&p->task, rq->api->loop, &step_answered, NULL);
	if (!start_prune(p, &err))
		reply_error(prune_free(p), &err);
}
