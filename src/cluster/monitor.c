/*
 * cluster/monitor.c - the task that keeps one engine's record true.
 *
 * Its work is the round: who is there (specs), follow its events (watch), read everything.  The
 * first round makes a pending engine a member; a round after a break closes the gap; one at a
 * random moment between the minimum and maximum interval catches what no event told.  Between
 * rounds it rests, and only there decides whether there is a reason for the next.
 *
 * Whether the daemon lives is the pulse's business.  So a round never counts on an answer: when the
 * engine's state changes under it, it is void, and what is under way is dropped.
 */
#include "cluster/monitor.h"

#include <malloc.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "cluster/engine_private.h"
#include "cluster/pulse.h"
#include "cluster/refresh.h"
#include "cluster/twin.h"
#include "cluster/watch.h"

enum {
	SPECS_AGE_MS = 5 * 60 * 1000,
	SOON_MS = 2 * 1000,               /* plus a quarter */
	RETRY_MS = 500,                   /* of a pending engine, doubling; plus a quarter */
	RETRY_MAX_MS = 8 * 1000,          /* ... up to this */
	REFUSED_RETRY_MAX_MS = 20 * 1000, /* ... when it answered, but may not be a member */
	REST_MAX_MS = 60 * 1000,
};

struct monitor {
	struct engine *engine; /* borrowed: it outlives us */
	struct engine_listener listener;
	struct task task;
	struct gate_pass pass;
	struct refresh refresh;
	struct pulse pulse;
	struct watch watch;

	enum engine_state began_as; /* the engine's state that the round counts on */
	size_t part;                /* of the round: index in parts[] */
	int64_t due_ms;             /* of the next round; monotonic */
	int64_t specs_ms;           /* when read; 0: never */
	int64_t reopen_ms;          /* not before may a broken stream be opened again; monotonic */
	uint32_t attempts;          /* failed rounds in a row while pending */
	char *warned;               /* owned; the failure that was last logged as a warning */
	bool wants_round, wants_specs;
	bool lost_watch; /* the stream broke since the last round */
};

STEP(monitor_rest);
STEP(monitor_connect);
STEP(monitor_specs);
STEP(monitor_enter);
STEP(monitor_follow);
STEP(monitor_load);
STEP(monitor_loaded);
STEP(monitor_complete);

static struct monitor *monitor_of(struct task *t)
{
	return container_of(t, struct monitor, task);
}

/* --- when --- */

static int64_t plus_quarter(int64_t ms)
{
	return ms + (int64_t)random_below((uint64_t)ms / 4 + 1);
}

static int64_t interval_ms(const struct monitor *m)
{
	const struct cluster_config *config = &m->engine->cluster->config;
	int64_t spread = config->refresh_max_ms - config->refresh_min_ms;

	return config->refresh_min_ms + (spread > 0 ? (int64_t)random_below((uint64_t)spread) : 0);
}

static int64_t retry_ms(const struct monitor *m, bool refused)
{
	int64_t pause = (int64_t)RETRY_MS << min_of(m->attempts - 1, 10u);
	int64_t max = refused ? REFUSED_RETRY_MAX_MS : RETRY_MAX_MS;

	return plus_quarter(min_of(pause, max));
}

/* The first break is most often a daemon that restarts; a stream that breaks again and again must
 * not make us read everything again and again. */
static int64_t reopen_pause_ms(const struct monitor *m)
{
	uint32_t breaks = m->watch.breaks;

	if (breaks <= 1)
		return 0;
	return plus_quarter(
		min_of((int64_t)RETRY_MS << min_of(breaks - 2, 10u), (int64_t)RETRY_MAX_MS));
}

static void rest_for(struct monitor *m, int64_t ms)
{
	m->due_ms = clock_mono_ms() + ms;
}

static bool has_reason(const struct monitor *m)
{
	int64_t now = clock_mono_ms();
	bool due = m->wants_round || m->wants_specs || now >= m->due_ms;

	switch (m->engine->state) {
	case ENGINE_PENDING: return due;
	/* A broken stream is opened again when the daemon has answered a ping. */
	case ENGINE_HEALTHY: return m->lost_watch ? m->pulse.alive && now >= m->reopen_ms : due;
	case ENGINE_UNHEALTHY: return m->pulse.alive;
	case ENGINE_DISCONNECTED: break;
	}
	return false;
}

static enum task_turn monitor_rest(struct task *t)
{
	struct monitor *m = monitor_of(t);
	int64_t left;

	twin_settle(m->engine);
	if (has_reason(m))
		return task_go(t, &monitor_connect_step);
	left = (m->lost_watch ? m->reopen_ms : m->due_ms) - clock_mono_ms();
	/* longer for what only a wake can end: the pulse of an unhealthy engine */
	return task_wait_ms(
		t, &monitor_rest_step, left > 0 ? min_of(left, (int64_t)REST_MAX_MS) : REST_MAX_MS);
}

/* --- the round --- */

static bool is_void(const struct monitor *m)
{
	enum engine_state now = m->engine->state;

	/* somebody else's call may have found out first that it is back */
	if (m->began_as == ENGINE_UNHEALTHY && now == ENGINE_HEALTHY)
		return false;
	return now != m->began_as;
}

static void leave_round(struct monitor *m)
{
	struct gate *loading = &m->engine->cluster->loading;
	bool was_loading = m->pass.gate == loading;

	gate_leave(&m->pass);
	refresh_finish(&m->refresh);
	/* The first loading of many engines leaves holes between the records: give their pages
	 * back when the last is through.  Reconciling is too small and too frequent for that, as is
	 * knocking at an engine that is not there. */
	if (was_loading && loading->inside == 0 && m->began_as == ENGINE_PENDING)
		malloc_trim(0);
}

static void forget_everything(struct monitor *m)
{
	pulse_stop(&m->pulse);
	watch_finish(&m->watch);
	engine_drop_containers(m->engine);
	engine_drop_objects(m->engine);
	m->specs_ms = 0;
	m->lost_watch = false;
}

static enum task_turn void_round(struct monitor *m)
{
	leave_round(m);
	if (m->engine->state == ENGINE_PENDING)
		forget_everything(m);
	return task_go(&m->task, &monitor_rest_step);
}

static bool is_refusal(const struct error *err)
{
	return err->code == ERROR_INVALID || err->code == ERROR_UNSUPPORTED ||
	       err->code == ERROR_CONFLICT;
}

/* A pending engine is tried again and again: its warning comes once, and again when what is wrong
 * with it has changed. */
static enum log_level level_of_failure(struct monitor *m, const struct error *why)
{
	if (m->engine->state != ENGINE_PENDING && !is_refusal(why))
		return LOG_DEBUG;
	if (m->warned && strcmp(m->warned, error_text(why)) == 0)
		return LOG_DEBUG;
	free(m->warned);
	m->warned = xstrdup(error_text(why));
	return LOG_WARN;
}

static void log_failed_round(struct monitor *m, const struct error *why)
{
	const struct engine *e = m->engine;
	bool pending = e->state == ENGINE_PENDING;

	log_fields(level_of_failure(m, why),
		pending ? "Failed to validate pending node" : "Update engine failed", "addr",
		e->addr, "error", error_text(why), "name", e->name, NULL);
}

static enum task_turn fail_round(struct monitor *m, const struct error *err)
{
	struct engine *e = m->engine;
	auto_error struct error why = ERROR_INIT;

	error_copy(&why, err); /* it may be in what leave_round frees */
	leave_round(m);
	m->attempts++;
	rest_for(m, retry_ms(m, is_refusal(&why)));
	/* the node table says what keeps it from being (or staying) a good member */
	if (e->state == ENGINE_PENDING || is_refusal(&why))
		engine_set_error(e, error_text(&why));
	log_failed_round(m, &why);
	if (e->state == ENGINE_PENDING)
		forget_everything(m);
	return task_go(&m->task, &monitor_rest_step);
}

static bool needs_specs(const struct monitor *m)
{
	return m->wants_specs || m->specs_ms == 0 || m->watch.state == WATCH_CLOSED ||
	       !engine_is_healthy(m->engine) || clock_mono_ms() - m->specs_ms > SPECS_AGE_MS;
}

static void begin_round(struct monitor *m)
{
	m->began_as = m->engine->state;
	m->wants_round = m->pulse.alive = m->lost_watch = false;
	if (m->began_as == ENGINE_PENDING && m->pulse.running)
		forget_everything(m); /* suspended since the last round */
}

static enum task_turn monitor_connect(struct task *t)
{
	struct monitor *m = monitor_of(t);

	if (!m->pass.gate) /* not waiting in line yet */
		begin_round(m);
	if (is_void(m))
		return void_round(m);
	if (!needs_specs(m))
		return task_go(t, &monitor_enter_step);
	if (!gate_enter(&m->engine->cluster->connecting, &m->pass, t))
		return task_wait(t, &monitor_connect_step); /* those inside have deadlines */
	m->wants_specs = false;
	refresh_specs(&m->refresh, m->engine, t);
	return task_wait(t, &monitor_specs_step); /* its calls have deadlines */
}

static enum task_turn monitor_specs(struct task *t)
{
	struct monitor *m = monitor_of(t);

	if (is_void(m))
		return void_round(m);
	if (!m->refresh.done)
		return task_wait(t, &monitor_specs_step); /* its calls have deadlines */
	gate_leave(&m->pass);
	if (error_is_set(&m->refresh.err))
		return fail_round(m, &m->refresh.err);
	m->specs_ms = clock_mono_ms();
	m->wants_round = false;         /* whatever changed until now is read by this one */
	m->began_as = m->engine->state; /* an unhealthy one is back by now */
	return task_go(t, &monitor_enter_step);
}

/* The stream comes before the lists, so that nothing happens between them. */
static enum task_turn monitor_enter(struct task *t)
{
	struct monitor *m = monitor_of(t);

	if (is_void(m))
		return void_round(m);
	if (!gate_enter(&m->engine->cluster->loading, &m->pass, t))
		return task_wait(t, &monitor_enter_step); /* those inside have deadlines */
	if (m->watch.state == WATCH_CLOSED)
		watch_open(&m->watch);
	return task_go(t, &monitor_follow_step);
}

static enum task_turn monitor_follow(struct task *t)
{
	struct monitor *m = monitor_of(t);

	if (is_void(m))
		return void_round(m);
	if (m->watch.state == WATCH_OPENING)
		return task_wait(t, &monitor_follow_step); /* its head has a deadline */
	if (m->watch.state == WATCH_CLOSED)
		return fail_round(m, &m->watch.err);
	m->part = 0;
	return task_go(t, &monitor_load_step);
}

static const struct {
	void (*start)(struct refresh *r, struct engine *e, struct task *waiter);
	bool required; /* older daemons lack the others */
} parts[] = {
	{ refresh_containers, true },
	{ refresh_images, true },
	{ refresh_networks, false },
	{ refresh_volumes, false },
};

static enum task_turn monitor_load(struct task *t)
{
	struct monitor *m = monitor_of(t);

	if (m->part == ARRAY_SIZE(parts))
		return task_go(t, &monitor_complete_step);
	parts[m->part].start(&m->refresh, m->engine, t);
	return task_wait(t, &monitor_loaded_step); /* its calls have deadlines */
}

static enum task_turn monitor_loaded(struct task *t)
{
	struct monitor *m = monitor_of(t);

	if (is_void(m))
		return void_round(m);
	if (!m->refresh.done)
		return task_wait(t, &monitor_loaded_step); /* its calls have deadlines */
	if (error_is_set(&m->refresh.err) && parts[m->part].required)
		return fail_round(m, &m->refresh.err);
	m->part++;
	return task_go(t, &monitor_load_step);
}

static enum task_turn monitor_complete(struct task *t)
{
	struct monitor *m = monitor_of(t);
	struct engine *e = m->engine;
	auto_error struct error err = ERROR_INIT;

	if (e->state == ENGINE_PENDING && !twin_may_register(e, &err))
		return fail_round(m, &err);
	leave_round(m);
	m->attempts = 0;
	free(steal(m->warned));
	rest_for(m, interval_ms(m));
	if (e->state == ENGINE_PENDING) {
		engine_register(e);
		m->wants_round = false;
		pulse_start(&m->pulse);
	}
	watch_wake(&m->watch); /* what has come meanwhile may go on */
	return task_go(t, &monitor_rest_step);
}

/* --- what is heard --- */

static struct monitor *hears(struct engine_listener *l)
{
	return container_of(l, struct monitor, listener);
}

static void handle_state(
	struct engine_listener *l, struct engine *e, enum engine_state before maybe_unused)
{
	struct monitor *m = hears(l);

	/* back from the dead, or to be validated again: read everything */
	m->wants_round = true;
	m->pulse.alive |= engine_is_healthy(e); /* somebody's call was answered */
	task_wake(&m->task);
}

static void handle_failure(struct engine_listener *l, struct engine *e maybe_unused)
{
	pulse_handle_failure(&hears(l)->pulse);
}

/* However often there is doubt, a round is no sooner than that after the one before. */
static void handle_doubt(struct engine_listener *l, struct engine *e)
{
	struct monitor *m = hears(l);

	if (engine_is_healthy(e)) /* else everything is read when it is back */
		m->due_ms = min_of(m->due_ms, clock_mono_ms() + plus_quarter(SOON_MS));
	task_wake(&m->task);
}

static void handle_break(struct watch *w)
{
	struct monitor *m = container_of(w, struct monitor, watch);

	if (!m->lost_watch) {
		m->lost_watch = true;
		m->reopen_ms = clock_mono_ms() + reopen_pause_ms(m);
	}
	m->pulse.alive = false; /* an answer from before proves nothing */
	pulse_hurry(&m->pulse);
	task_wake(&m->task);
}

static void handle_overflow(struct watch *w)
{
	struct monitor *m = container_of(w, struct monitor, watch);

	m->wants_round = true;
	task_wake(&m->task);
}

static void handle_reload(struct watch *w)
{
	struct monitor *m = container_of(w, struct monitor, watch);

	m->wants_specs = true;
	task_wake(&m->task);
}

static const struct watch_ops watch_ops = { handle_break, handle_overflow, handle_reload };

/* --- life --- */

struct monitor *monitor_create(struct engine *e)
{
	struct monitor *m = xnew(struct monitor);

	m->engine = e;
	task_init(&m->task, endpoint_loop(e->remote.endpoint), &monitor_rest_step, NULL);
	pulse_init(&m->pulse, e, &m->task);
	watch_init(&m->watch, e, &m->task, &watch_ops);
	m->listener.handle_state = handle_state;
	m->listener.handle_failure = handle_failure;
	m->listener.handle_doubt = handle_doubt;
	engine_listen(e, &m->listener);
	task_start(&m->task);
	return m;
}

void monitor_destroy(struct monitor *m)
{
	if (!m)
		return;
	engine_unlisten(&m->listener);
	task_finish(&m->task);
	leave_round(m);
	pulse_stop(&m->pulse);
	watch_finish(&m->watch);
	free(m->warned);
	free(m);
}
