/* api/volumes_change.c - a fan-out, and what became of it, into records and the answer. */
#include "api/volumes_change.h"

#include "api/body.h"
#include "api/reply.h"
#include "base/mem.h"

enum { BODY_MAX = 4 * 1024 * 1024 };

STEP(change_gather);
STEP(change_answered);
STEP(change_refreshed);

struct request *volumes_change_free(struct volumes_change *c)
{
	struct request *rq = c->rq;

	task_finish(&c->task);
	refreshes_finish(&c->refreshes);
	fanout_finish(&c->fanout);
	strv_finish(&c->unasked);
	strv_finish(&c->lacking);
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

void volumes_change_start(struct request *rq, const struct volumes_change_kind *kind)
{
	struct volumes_change *c = xnew(struct volumes_change);

	c->rq = rq;
	c->kind = kind;
	rq->work = c;
	rq->cancel = change_cancel;
	task_init(&c->task, rq->api->loop, &change_gather_step, NULL);
	body_start(rq, &c->task);
}

static enum task_turn change_gather(struct task *task)
{
	struct volumes_change *c = container_of(task, struct volumes_change, task);
	auto_error struct error err = ERROR_INIT;

	if (!body_is_ready(c->rq, task, BODY_MAX, &err))
		return error_is_set(&err) ? change_fail(c, &err)
					  : body_wait(task, &change_gather_step);
	if (!c->kind->prepare(c, &err))
		return change_fail(c, &err);
	fanout_send(&c->fanout, task);
	return task_go(task, &change_answered_step);
}

static enum task_turn change_answered(struct task *task)
{
	struct volumes_change *c = container_of(task, struct volumes_change, task);

	if (!fanout_done(&c->fanout))
		return task_wait(task, &change_answered_step); /* the calls have deadlines */
	if (c->kind->settle)
		c->kind->settle(c);
	refreshes_after(&c->refreshes, &c->fanout, refresh_volumes, task);
	return task_go(task, &change_refreshed_step);
}

static enum task_turn change_refreshed(struct task *task)
{
	struct volumes_change *c = container_of(task, struct volumes_change, task);
	auto_error struct error err = ERROR_INIT;

	if (!refreshes_done(&c->refreshes))
		return task_wait(task, &change_refreshed_step); /* they have deadlines */
	if (!fanout_check(&c->fanout, &c->unasked, &err))
		return change_fail(c, &err);
	c->kind->answer(c);
	return TASK_WAIT;
}
