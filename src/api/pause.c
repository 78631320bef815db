/* api/pause.c - woken by whoever does it, or by the clock. */
#include "api/pause.h"

#include "api/errand.h"
#include "base/clock.h"
#include "cluster/fresh.h"
#include "manager/builds.h"

enum { PAUSE_MS = 5 * 1000 };

struct pause {
	struct errand errand;
	struct engine *(*find)(struct request *rq); /* NULL: it is about images */
	void (*go_on)(struct request *rq);
	int64_t deadline_ms; /* monotonic */
	struct fresh_wait images;
	struct build_waiter builds;
};

STEP(pause_look);

static void pause_finish(struct errand *e)
{
	struct pause *p = container_of(e, struct pause, errand);

	if (p->find)
		builds_stop_waiting(&p->builds);
	else
		fresh_wait_finish(&p->images);
}

static bool is_over(const struct pause *p)
{
	struct request *rq = p->errand.rq;

	return p->find ? p->find(rq) != NULL : fresh_images(rq->api->cluster);
}

static enum task_turn pause_look(struct task *t)
{
	struct pause *p = container_of(t, struct pause, errand.task);
	void (*go_on)(struct request * rq) = p->go_on;
	int64_t left_ms = p->deadline_ms - clock_mono_ms();

	if (p->errand.rq->x->gone)
		return errand_end(&p->errand);
	if (left_ms > 0 && !is_over(p))
		return task_wait_ms(t, &pause_look_step, left_ms);
	go_on(errand_detach(&p->errand));
	return TASK_WAIT;
}

static void start(struct request *rq, struct engine *(*find)(struct request *rq),
	void (*go_on)(struct request *rq))
{
	struct pause *p = errand_create(rq, sizeof(*p), &pause_look_step, pause_finish);

	p->find = find;
	p->go_on = go_on;
	p->deadline_ms = clock_mono_ms() + PAUSE_MS;
	errand_watch_client(&p->errand);
	if (find)
		builds_wait(rq->api->manager->builds, &p->builds, &p->errand.task);
	else
		fresh_wait_start(&p->images, rq->api->cluster, &p->errand.task);
	errand_start(&p->errand);
}

void pause_for_images(struct request *rq, void (*go_on)(struct request *rq))
{
	if (fresh_images(rq->api->cluster))
		go_on(rq);
	else
		start(rq, NULL, go_on);
}

void pause_for_build(struct request *rq, struct engine *(*find)(struct request *rq),
	void (*go_on)(struct request *rq))
{
	start(rq, find, go_on);
}
