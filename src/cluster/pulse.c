/*
 * cluster/pulse.c - is the daemon still there?
 *
 * With the default of three failures the worst case, a daemon that freezes just after it was heard,
 * is flagged after PERIOD_MS + PERIOD_SPREAD_MS + TOGETHER_MS + 3 * BUDGET_MS + 2 *
 * RETRY_SILENT_MS, i.e. 7.9 s. One that ended refuses connections: 2 * (RETRY_MS + RETRY_MS / 3)
 * after the break, i.e. 0.8 s.
 */
#include "cluster/pulse.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/util.h"

enum {
	ANSWER_MAX_BYTES = 64 * 1024,
	PERIOD_MS = 2000, /* of silence until a ping */
	PERIOD_SPREAD_MS = 300,
	TOGETHER_MS = 100,     /* pings that fall due within this go out in one turn of the loop */
	BUDGET_MS = 1700,      /* for connection and answer together */
	RETRY_MS = 300,        /* after a refusal, plus a third at random */
	RETRY_SILENT_MS = 200, /* after silence, which was a wait itself */
	RETRY_DEAD_MS = 500,   /* of an unhealthy engine, ever longer, plus a quarter at random */
	RETRY_MAX_MS = 8 * 1000,
};

STEP(pulse_rest);
STEP(pulse_answered);

static int64_t spread(int64_t ms)
{
	return (int64_t)random_below((uint64_t)ms + 1);
}

static int64_t after_refusal_ms(void)
{
	return RETRY_MS + spread(RETRY_MS / 3);
}

void pulse_init(struct pulse *p, struct engine *e, struct task *monitor)
{
	*p = (struct pulse){ .engine = e, .monitor = monitor };
}

void pulse_start(struct pulse *p)
{
	if (p->running)
		return;
	p->running = true;
	p->next_ms = clock_mono_ms() + PERIOD_MS + spread(PERIOD_SPREAD_MS);
	task_init(&p->task, endpoint_loop(p->engine->remote.endpoint), &pulse_rest_step, NULL);
	task_start(&p->task);
}

void pulse_stop(struct pulse *p)
{
	if (!p->running)
		return;
	task_finish(&p->task);
	call_finish(&p->call);
	p->running = p->urgent = p->alive = false;
	p->pings_lost = 0;
}

void pulse_hurry(struct pulse *p)
{
	if (!p->running)
		return;
	p->urgent = true;
	task_wake(&p->task);
}

void pulse_handle_failure(struct pulse *p)
{
	if (!p->running)
		return;
	p->next_ms = min_of(p->next_ms, clock_mono_ms() + after_refusal_ms());
	task_wake(&p->task);
}

static int64_t next_slot_ms(int64_t due_ms)
{
	return (due_ms + TOGETHER_MS - 1) / TOGETHER_MS * TOGETHER_MS;
}

static int64_t left_ms(const struct pulse *p)
{
	int64_t due = p->next_ms;

	if (p->urgent)
		return 0;
	if (p->engine->failures == 0 && engine_is_healthy(p->engine))
		due = next_slot_ms(max_of(due, p->engine->heard_ms + PERIOD_MS));
	return due - clock_mono_ms();
}

static enum task_turn pulse_send(struct pulse *p)
{
	p->urgent = false;
	p->deadline_ms = clock_mono_ms() + BUDGET_MS;
	call_init(&p->call, "GET", "/_ping");
	p->call.mode = CALL_TEXT;
	p->call.max_body = ANSWER_MAX_BYTES;
	p->call.skips_line = true;
	remote_send(&p->call, &p->engine->remote, &p->task);
	return task_wait_ms(&p->task, &pulse_answered_step, BUDGET_MS);
}

static enum task_turn pulse_rest(struct task *t)
{
	struct pulse *p = container_of(t, struct pulse, task);
	int64_t left = left_ms(p);

	if (left > 0)
		return task_wait_ms(t, &pulse_rest_step, left);
	return pulse_send(p);
}

static int64_t gap_after_loss(const struct pulse *p, bool silent)
{
	int64_t gap;

	if (engine_is_healthy(p->engine))
		return silent ? RETRY_SILENT_MS : after_refusal_ms();
	gap = min_of((int64_t)RETRY_DEAD_MS << min_of(p->pings_lost, 10u), (int64_t)RETRY_MAX_MS);
	return gap + spread(gap / 4);
}

static void answered(struct pulse *p)
{
	p->pings_lost = 0;
	p->alive = true;
	if (p->engine->state != ENGINE_UNHEALTHY)
		engine_report_success(p->engine);
	p->next_ms = clock_mono_ms() + PERIOD_MS + spread(PERIOD_SPREAD_MS);
	task_wake(p->monitor);
}

static bool check_answer(const struct pulse *p, struct error *err)
{
	const struct remote *r = &p->engine->remote;

	if (!p->call.done) {
		struct call silent = { .connection_failed = true };

		error_set(&silent.err, ERROR_TIMEOUT, "no answer");
		remote_check(&silent, r, err);
		error_clear(&silent.err);
		return false;
	}
	if (!remote_check(&p->call, r, err))
		return false;
	return true;
}

static void lost(struct pulse *p, struct error *err)
{
	bool silent = err->code == ERROR_TIMEOUT;

	/* "Ping" answered with an error is no life to rely on. */
	if (err->code == ERROR_ENGINE)
		err->code = ERROR_PROTOCOL;
	p->pings_lost++;
	engine_report_failure(p->engine, err);
	p->next_ms = clock_mono_ms() + gap_after_loss(p, silent);
}

static enum task_turn pulse_answered(struct task *t)
{
	struct pulse *p = container_of(t, struct pulse, task);
	auto_error struct error err = ERROR_INIT;
	int64_t left = p->deadline_ms - clock_mono_ms();

	if (!p->call.done && left > 0)
		return task_wait_ms(t, &pulse_answered_step, left);
	if (check_answer(p, &err))
		answered(p);
	else
		lost(p, &err);
	call_finish(&p->call);
	return task_go(t, &pulse_rest_step);
}
