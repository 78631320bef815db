#include "api/volumes_change.h"

#include "api/reply.h"
#include "base/mem.h"
#include "cluster/refresh.h"

enum { BODY_MAX = 4 * 1024 * 1024 };

static enum task_turn change_gather(struct task *task);
static enum task_turn change_answered(struct task *task);
static enum task_turn change_refreshed(struct task *task);

TASK_STEP(step_gather, change_gather);
TASK_STEP(step_answered, change_answered);
TASK_STEP(step_refreshed, change_refreshed);

struct request *volumes_change_free(struct volumes_change *c)
{
	struct request *rq = c->rq;

	task_finish(&c->task);
	for (size_t i = 0; c->refreshes && i < c->fanout.count; i++)
		refresh_finish(&c->refreshes[i]);
	free(c->refreshes);
	fanout_finish(&c->fanout);
	strv_finish(&c->unasked);
	free(c);
	rq->cancel = NULL;
	return rq;
}

static void change_cancel(struct request *rq)
{
	request_finish(volumes_change_free(rq->work));
}

static enum task_turn change_fail(struct volumes_change *c, const struct error *err)
{
	reply_error(volumes_change_free(c), err);
	return TASK_WAIT;
}

void volumes_change_start(struct request *rq,
	bool (*prepare)(struct volumes_change *c, struct error *err),
	void (*answer)(struct volumes_change *c))
{
	struct volumes_change *c = xnew(struct volumes_change);

	c->rq = rq;
	c->prepare = prepare;
	c->answer = answer;
	rq->work = c;
	rq->cancel = change_cancel;
	task_init(&c->task, rq->api->loop, &step_gather, NULL);
	exchange_set_waiter(rq->x, &c->task);
	exchange_continue(rq->x);
	task_start(&c->task);
}

static enum task_turn change_gather(struct task *task)
{
	struct volumes_change *c = container_of(task, struct volumes_change, task);
	auto_error struct error err = ERROR_INIT;

	if (!exchange_body_ready(c->rq->x, BODY_MAX, &err)) {
		if (error_is_set(&err))
			return change_fail(c, &err);
		return task_wait(task, &step_gather); /* the server ends a body that is too slow */
	}
	if (!c->prepare(c, &err))
		return change_fail(c, &err);
	fanout_send(&c->fanout, task);
	return task_go(task, &step_answered);
}

static enum task_turn change_answered(struct task *task)
{
	struct volumes_change *c = container_of(task, struct volumes_change, task);

	if (!fanout_done(&c->fanout))
		return task_wait(task, &step_answered); /* the calls have deadlines */
	c->refreshes = xcalloc(c->fanout.count + 1, sizeof(*c->refreshes));
	for (size_t i = 0; i < c->fanout.count; i++)
		refresh_volumes(&c->refreshes[i], c->fanout.items[i].engine, task);
	return task_go(task, &step_refreshed);
}

static enum task_turn change_refreshed(struct task *task)
{
	struct volumes_change *c = container_of(task, struct volumes_change, task);
	auto_error struct error err = ERROR_INIT;

	for (size_t i = 0; i < c->fanout.count; i++) {
		if (!c->refreshes[i].done)
			return task_wait(task, &step_refreshed); /* refreshes have deadlines */
	}
	if (!fanout_check(&c->fanout, &c->unasked, &err))
		return change_fail(c, &err);
	c->answer(c);
	return TASK_WAIT;
}
