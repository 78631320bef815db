/* api/build_wait.c - woken by every new tie until the build is known, or its time is up. */
#include "api/build_wait.h"

#include "base/clock.h"
#include "base/mem.h"
#include "manager/builds.h"

enum { BUILD_WAIT_MS = 5 * 1000 };

struct build_wait {
	struct request *rq;
	struct task task;
	struct build_waiter waiter;
	int64_t deadline_ms; /* monotonic */
	struct engine *(*find)(struct request *rq);
	void (*go_on)(struct request *rq, struct engine *e);
};

STEP(build_wait_look);

static struct request *build_wait_free(struct build_wait *w)
{
	struct request *rq = w->rq;

	task_finish(&w->task);
	builds_stop_waiting(&w->waiter);
	exchange_set_waiter(rq->x, NULL);
	rq->work = NULL;
	rq->cancel = NULL;
	free(w);
	return rq;
}

static void build_wait_cancel(struct request *rq)
{
	request_finish(build_wait_free(rq->work));
}

static enum task_turn build_wait_look(struct task *t)
{
	struct build_wait *w = container_of(t, struct build_wait, task);
	void (*go_on)(struct request * rq, struct engine * e) = w->go_on;
	int64_t left_ms = w->deadline_ms - clock_mono_ms();
	struct engine *e;

	if (w->rq->x->gone) {
		request_finish(build_wait_free(w));
		return TASK_WAIT; /* finished and freed */
	}
	e = w->find(w->rq);
	if (!e && left_ms > 0)
		return task_wait_ms(t, &build_wait_look_step, left_ms);
	go_on(build_wait_free(w), e);
	return TASK_WAIT;
}

void build_wait(struct request *rq, struct engine *(*find)(struct request *rq),
	void (*go_on)(struct request *rq, struct engine *e))
{
	struct build_wait *w = xnew(struct build_wait);

	w->rq = rq;
	w->find = find;
	w->go_on = go_on;
	w->deadline_ms = clock_mono_ms() + BUILD_WAIT_MS;
	rq->work = w;
	rq->cancel = build_wait_cancel;
	task_init(&w->task, rq->api->loop, &build_wait_look_step, NULL);
	exchange_set_waiter(rq->x, &w->task);
	builds_wait(rq->api->manager->builds, &w->waiter, &w->task);
	task_start(&w->task);
}
