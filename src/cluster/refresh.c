/*
 * cluster/refresh.c - what all refreshes share.
 */
#include "cluster/refresh.h"

#include <stdarg.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cluster/cluster.h"
#include "cluster/refresh_private.h"

static void job_destroy(struct refresh_state *job)
{
	struct engine *e = job->engine;

	task_finish(&job->task);
	refresh_log_leave(e->refresh_log, &job->place);
	job->destroy(job);
	engine_unref(e);
}

static void job_done(struct task *t)
{
	struct refresh_state *job = container_of(t, struct refresh_state, task);

	job->refresh->done = true;
	job->refresh->state = NULL;
	task_wake(job->waiter);
	job_destroy(job);
}

void refresh_begin(struct refresh *r, struct refresh_state *job, struct engine *e,
	struct task *waiter, const struct task_step *first,
	void (*destroy)(struct refresh_state *job))
{
	struct loop *loop = endpoint_loop(e->remote.endpoint);

	refresh_finish(r);
	r->state = job;
	job->refresh = r;
	job->engine = engine_ref(e);
	job->waiter = waiter;
	job->destroy = destroy;
	refresh_log_enter(e->refresh_log, &job->place);
	task_init(&job->task, loop, first, job_done);
	task_start(&job->task);
}

enum task_turn refresh_fail(struct refresh_state *job, struct error *err)
{
	error_move(&job->refresh->err, err);
	return TASK_DONE;
}

void refresh_ask(struct refresh_state *job, struct call *call, const char *fmt, ...)
{
	const struct remote *remote = &job->engine->remote;
	auto_strbuf struct strbuf path = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&path, fmt, ap);
	va_end(ap);
	call_finish(call);
	remote_call_init(call, remote, (struct api_version){ 0 }, "GET", "%s", path.buf);
	call->mode = CALL_JSON;
	call->skips_line = true;
	remote_send(call, remote, &job->task);
}

bool refresh_check(struct refresh_state *job, const struct call *call, struct error *err)
{
	const struct engine *e = job->engine;

	if (e->state == ENGINE_DISCONNECTED)
		return error_set(err, ERROR_CLOSED, "Engine no longer exists");
	if (!remote_check(call, &e->remote, err))
		return false;
	if (!call->json)
		return error_set(err, ERROR_PROTOCOL, "%s: an answer without content", e->addr);
	return true;
}

bool refresh_answer(struct refresh_state *job, const struct call *call, struct error *err)
{
	engine_report_call(job->engine, call);
	return refresh_check(job, call, err);
}

bool refresh_is_newest(const struct refresh_state *job, const struct container *c)
{
	return c->seen <= job->place.order;
}

void refresh_finish(struct refresh *r)
{
	if (r->state)
		job_destroy(r->state);
	error_clear(&r->err);
	*r = (struct refresh){ 0 };
}
