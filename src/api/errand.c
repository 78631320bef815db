/* api/errand.c - one frame for all requests that wait. */
#include "api/errand.h"

#include <assert.h>

#include "api/body.h"
#include "api/reply.h"
#include "base/mem.h"

STEP(errand_body);

void *errand_create(struct request *rq, size_t size, const struct task_step *first,
	void (*finish)(struct errand *e))
{
	struct errand *e = xcalloc(1, size);

	assert(size >= sizeof(*e) && !rq->errand);
	e->rq = rq;
	e->first = first;
	e->finish = finish;
	task_init(&e->task, rq->api->loop, first, NULL);
	rq->errand = e;
	return e;
}

void errand_start(struct errand *e)
{
	task_start(&e->task);
}

void errand_start_body(struct errand *e, size_t max)
{
	e->body_max = max;
	e->task.step = &errand_body_step;
	body_start(e->rq, &e->task);
}

void errand_watch_client(struct errand *e)
{
	exchange_set_waiter(e->rq->x, &e->task);
}

static enum task_turn errand_body(struct task *t)
{
	struct errand *e = container_of(t, struct errand, task);
	auto_error struct error err = ERROR_INIT;

	if (body_is_ready(e->rq, t, e->body_max, &err))
		return task_go(t, e->first);
	return error_is_set(&err) ? errand_fail(e, &err) : body_wait(t, &errand_body_step);
}

struct request *errand_detach(struct errand *e)
{
	struct request *rq = e->rq;

	assert(rq->errand == e);
	task_finish(&e->task);
	if (e->finish)
		e->finish(e);
	exchange_set_waiter(rq->x, NULL);
	rq->errand = NULL;
	free(e);
	return rq;
}

enum task_turn errand_fail(struct errand *e, const struct error *err)
{
	reply_error(errand_detach(e), err);
	return TASK_WAIT;
}

enum task_turn errand_end(struct errand *e)
{
	request_finish(errand_detach(e));
	return TASK_WAIT;
}
