/* api/gather.c - a fan-out whose answers a function of the caller makes one. */
#include "api/gather.h"

#include "api/reply.h"
#include "base/log.h"
#include "base/mem.h"

enum { GATHER_TIMEOUT_MS = 60 * 1000 };

STEP(gather_answered);

static struct request *gather_free(struct gather *g)
{
	struct request *rq = g->rq;

	task_finish(&g->task);
	fanout_finish(&g->fanout);
	free(g);
	rq->cancel = NULL;
	return rq;
}

static void gather_cancel(struct request *rq)
{
	request_finish(gather_free(rq->work));
}

struct gather *gather_create(
	struct request *rq, char *(*merge)(struct gather *g, size_t *ret_len, struct error *err))
{
	struct gather *g = xnew(struct gather);

	g->rq = rq;
	g->merge = merge;
	g->timeout_ms = GATHER_TIMEOUT_MS;
	rq->work = g;
	rq->cancel = gather_cancel;
	task_init(&g->task, rq->api->loop, &gather_answered_step, NULL);
	return g;
}

void gather_add_healthy(struct gather *g)
{
	size_t count;
	struct engine **engines = cluster_sorted_engines(g->rq->api->cluster, &count);

	for (size_t i = 0; i < count; i++) {
		if (engine_is_healthy(engines[i]))
			fanout_add(&g->fanout, engines[i]);
	}
	free(engines);
}

/* Logs every failure; true with the last one when nobody succeeded. */
static bool all_failed(const struct gather *g, struct error *err)
{
	size_t failed = 0;

	for (size_t i = 0; i < g->fanout.count; i++) {
		const struct fanout_item *item = &g->fanout.items[i];

		if (!error_is_set(&item->err) || (g->may_lack && item->call.answer.status == 404))
			continue;
		failed++;
		log_warn("engine %s: %s failed: %s", item->engine->name, g->rq->path,
			error_text(&item->err));
		error_copy(err, &item->err);
		error_wrap(err, "node %s", item->engine->name);
	}
	return failed > 0 && failed == g->fanout.count;
}

static void gather_write(struct gather *g)
{
	auto_evbuffer struct evbuffer *body = evbuffer_new();

	g->write(g, body);
	reply_json_buffer(gather_free(g), 200, body);
}

/* All that can be had is there. */
static void gather_reply(struct gather *g)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *text = NULL;
	size_t len = 0;

	if (!all_failed(g, &err) || g->may_fail) {
		error_clear(&err);
		if (g->write) {
			gather_write(g);
			return;
		}
		text = g->merge(g, &len, &err);
	}
	if (text)
		reply_json(gather_free(g), 200, text, len);
	else
		reply_error(gather_free(g), &err);
}

static char *query_for(const struct gather *g, const struct engine *e)
{
	return g->query_for ? g->query_for(g, e) : xstrdup(g->rq->raw_query);
}

void gather_start_each(struct gather *g, char *(*path_for)(const struct engine *e, const void *arg),
	const void *arg)
{
	struct request *rq = g->rq;

	if (g->fanout.count == 0 && g->may_fail) {
		gather_reply(g);
		return;
	}
	if (g->fanout.count == 0) {
		reply_errorf(gather_free(g), 500, "No healthy node available in the cluster");
		return;
	}
	for (size_t i = 0; i < g->fanout.count; i++) {
		struct fanout_item *item = &g->fanout.items[i];
		auto_free char *path = path_for(item->engine, arg);
		auto_free char *query = query_for(g, item->engine);

		remote_call_init(&item->call, &item->engine->remote, rq->version,
			rq->x->head.method, "%s%s%s", path, *query ? "?" : "", query);
		item->call.mode = CALL_JSON;
		item->call.head_timeout_ms = g->timeout_ms;
		item->call.body_timeout_ms = g->timeout_ms;
	}
	fanout_send(&g->fanout, &g->task);
}

static char *same_path(const struct engine *e maybe_unused, const void *path)
{
	return xstrdup(path);
}

void gather_start(struct gather *g, const char *path)
{
	gather_start_each(g, same_path, path);
}

static enum task_turn gather_answered(struct task *task)
{
	struct gather *g = container_of(task, struct gather, task);

	bool done = fanout_done(&g->fanout);
	exchange_charge(g->rq->x, fanout_bytes(&g->fanout));
	if (!done)
		return task_wait(task, &gather_answered_step); /* the calls have deadlines */
	gather_reply(g);
	return TASK_WAIT;
}
