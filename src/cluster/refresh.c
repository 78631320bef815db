/*
 * cluster/refresh.c - what all refreshes share.
 */
#include "cluster/refresh.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cluster/cluster.h"
#include "cluster/refresh_job.h"

struct refresh_log *refresh_log_create(void)
{
	struct refresh_log *log = xnew(struct refresh_log);

	list_init(&log->jobs);
	return log;
}

void refresh_log_destroy(struct refresh_log *log)
{
	if (!log)
		return;
	assert(list_empty(&log->jobs));
	free(log->removals);
	free(log);
}

void refresh_log_removal(struct refresh_log *log, const char *id)
{
	struct removal *r;

	if (list_empty(&log->jobs))
		return;
	array_reserve(log->removals, log->removals_count, log->removals_cap);
	r = &log->removals[log->removals_count++];
	snprintf(r->id, sizeof(r->id), "%s", id);
	r->order = ++log->order;
}

bool refresh_log_removed_since(const struct refresh_log *log, const char *id, uint64_t order)
{
	for (size_t i = 0; i < log->removals_count; i++) {
		if (log->removals[i].order > order && strcmp(log->removals[i].id, id) == 0)
			return true;
	}
	return false;
}

/* Removals from before every refresh that is under way matter to none. */
static void forget_removals(struct refresh_log *log)
{
	const struct refresh_state *oldest = list_first(&log->jobs, struct refresh_state, link);
	size_t kept = 0;

	for (size_t i = 0; i < log->removals_count; i++) {
		if (oldest && log->removals[i].order > oldest->order)
			log->removals[kept++] = log->removals[i];
	}
	log->removals_count = kept;
	if (kept)
		return;
	free(steal(log->removals));
	log->removals_cap = 0;
}

static void job_destroy(struct refresh_state *job)
{
	struct engine *e = job->engine;

	task_finish(&job->task);
	list_remove(&job->link);
	forget_removals(e->refresh_log);
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
	job->order = ++e->refresh_log->order;
	job->destroy = destroy;
	list_push_back(&e->refresh_log->jobs, &job->link);
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
	return c->seen <= job->order;
}

void refresh_finish(struct refresh *r)
{
	if (r->state)
		job_destroy(r->state);
	error_clear(&r->err);
	*r = (struct refresh){ 0 };
}
