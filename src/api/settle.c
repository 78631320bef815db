/*
 * api/settle.c - a request that waits before it begins.
 */
#include "api/settle.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "cluster/fresh.h"

enum { SETTLE_MS = 5 * 1000 };

struct settle {
	struct request *rq;
	struct task task;
	struct fresh_wait wait;
	int64_t deadline_ms; /* monotonic */
	void (*go_on)(struct request *rq);
};

STEP(settle_look);

static struct request *settle_detach(struct settle *s)
{
	struct request *rq = s->rq;

	task_finish(&s->task);
	fresh_wait_finish(&s->wait);
	exchange_set_waiter(rq->x, NULL);
	rq->work = NULL;
	rq->cancel = NULL;
	free(s);
	return rq;
}

static void settle_cancel(struct request *rq)
{
	request_finish(settle_detach(rq->work));
}

static enum task_turn settle_look(struct task *t)
{
	struct settle *s = container_of(t, struct settle, task);
	void (*go_on)(struct request * rq) = s->go_on;
	int64_t left_ms = s->deadline_ms - clock_mono_ms();

	if (s->rq->x->gone) {
		request_finish(settle_detach(s));
		return TASK_WAIT;
	}
	if (left_ms > 0 && !fresh_images(s->rq->api->cluster))
		return task_wait_ms(t, &settle_look_step, left_ms);
	go_on(settle_detach(s));
	return TASK_WAIT;
}

void settle_images(struct request *rq, void (*go_on)(struct request *rq))
{
	struct settle *s;

	if (fresh_images(rq->api->cluster)) {
		go_on(rq);
		return;
	}
	s = xnew(struct settle);
	s->rq = rq;
	s->go_on = go_on;
	s->deadline_ms = clock_mono_ms() + SETTLE_MS;
	rq->work = s;
	rq->cancel = settle_cancel;
	task_init(&s->task, rq->api->loop, &settle_look_step, NULL);
	exchange_set_waiter(rq->x, &s->task);
	fresh_wait_start(&s->wait, rq->api->cluster, &s->task);
	task_start(&s->task);
}
