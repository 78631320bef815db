/* api/typed.c - the body is read, edited, sent, and the answer edited in turn. */
#include "api/typed.h"

#include "api/body.h"
#include "api/reply.h"
#include "base/mem.h"

enum {
	TYPED_BODY_MAX = 16 * 1024 * 1024,
	TYPED_HEAD_TIMEOUT_MS = 60 * 1000,
};

STEP(typed_gather);
STEP(typed_answered);
STEP(typed_refreshed);

static struct request *typed_free(struct typed *t)
{
	struct request *rq = t->rq;

	task_finish(&t->task);
	refresh_finish(&t->refresh);
	call_finish(&t->call);
	engine_unref(t->engine);
	free(t);
	rq->cancel = NULL;
	return rq;
}

static void typed_cancel(struct request *rq)
{
	request_finish(typed_free(rq->work));
}

struct typed *typed_create(struct request *rq, struct engine *e, const char *path)
{
	struct typed *t = xnew(struct typed);

	t->rq = rq;
	t->engine = engine_ref(e);
	rq->work = t;
	rq->cancel = typed_cancel;
	remote_call_init(&t->call, &e->remote, rq->version, rq->x->head.method, "%s%s%s", path,
		*rq->raw_query ? "?" : "", rq->raw_query);
	if (*request_trace(rq))
		headers_set(&t->call.head.headers, "traceparent", request_trace(rq));
	t->call.mode = CALL_TEXT;
	t->call.head_timeout_ms = TYPED_HEAD_TIMEOUT_MS;
	task_init(&t->task, rq->api->loop, &typed_gather_step, NULL);
	return t;
}

void typed_start(struct typed *t)
{
	body_start(t->rq, &t->task);
}

static enum task_turn typed_fail(struct typed *t, const struct error *err)
{
	reply_error(typed_free(t), err);
	return TASK_WAIT;
}

static void take_body(struct typed *t)
{
	struct evbuffer *body = t->rq->x->body;

	t->call.body_len = evbuffer_get_length(body);
	if (!t->call.body_len)
		return;
	t->call.body = xmalloc(t->call.body_len);
	evbuffer_remove(body, t->call.body, t->call.body_len);
	headers_set(&t->call.head.headers, "Content-Type", "application/json");
}

static enum task_turn typed_gather(struct task *task)
{
	struct typed *t = container_of(task, struct typed, task);
	auto_error struct error err = ERROR_INIT;

	if (!body_is_ready(t->rq, task, TYPED_BODY_MAX, &err))
		return error_is_set(&err) ? typed_fail(t, &err)
					  : body_wait(task, &typed_gather_step);
	take_body(t);
	if (t->edit && !t->edit(t, &err))
		return typed_fail(t, &err);
	remote_send(&t->call, &t->engine->remote, task);
	return task_wait_for(task, &t->call.done, &typed_answered_step);
}

static enum task_turn typed_reply(struct typed *t)
{
	size_t len = evbuffer_get_length(t->call.in);
	int status = t->call.answer.status;
	auto_error struct error err = ERROR_INIT;

	if (!remote_check(&t->call, &t->engine->remote, &err))
		return typed_fail(t, &err);
	auto_free char *body = xmalloc(len + 1);

	evbuffer_remove(t->call.in, body, len);
	if (t->rewrite) {
		char *rewritten = t->rewrite(t, body, len, &len, &err);

		if (!rewritten)
			return typed_fail(t, &err);
		free(body);
		body = rewritten;
	}
	reply_json(typed_free(t), status, body, len);
	return TASK_WAIT;
}

static enum task_turn typed_answered(struct task *task)
{
	struct typed *t = container_of(task, struct typed, task);

	engine_report_call(t->engine, &t->call);
	if (!t->refresh_after || t->call.answer.status >= 300)
		return typed_reply(t);
	refresh_container(&t->refresh, t->engine, t->container_id, task);
	return task_wait_for(task, &t->refresh.done, &typed_refreshed_step);
}

static enum task_turn typed_refreshed(struct task *task)
{
	struct typed *t = container_of(task, struct typed, task);

	return typed_reply(t);
}
