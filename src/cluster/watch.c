/*
 * cluster/watch.c - the event stream of an engine.
 */
#include "cluster/watch.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "cluster/cluster.h"
#include "cluster/engine_private.h"
#include "cluster/event_key.h"
#include "cluster/execs.h"
#include "cluster/find_container.h"
#include "cluster/fresh.h"
#include "cluster/image_came.h"
#include "cluster/refresh_log.h"

enum {
	LINE_MAX_BYTES = 1024 * 1024,
	LINES_PER_TURN = 500,
	HEAD_TIMEOUT_MS = 15 * 1000,
	REFUSAL_MS = 1000,     /* for the rest of an answer that is no stream */
	STEADY_MS = 30 * 1000, /* a stream that lived so long broke by chance */
	REPLAY_MS = 5 * 1000,
	SEEN_MIN = 16,
};

/* Within it, times may be out of order. */
static const int64_t resume_slack_ns = 2 * NS_PER_S;

STEP(watch_pump);

static void drop_queue(struct watch *w)
{
	refresh_finish(&w->refresh);
	w->refreshing = false;
	watch_queue_clear(&w->queue);
}

/* --- what was seen before a break --- */

/* By the engine's own clock. */
static int64_t engine_now_ns(const struct engine *e)
{
	return clock_wall_ns() - e->clock_shift_ns;
}

static void end_replay(struct watch *w)
{
	free(steal(w->expected));
	w->expected_count = 0;
}

static void begin_replay(struct watch *w)
{
	end_replay(w);
	if (!w->seen_count)
		return;
	w->expected = xcalloc(w->seen_count, sizeof(*w->expected));
	memcpy(w->expected, w->seen, w->seen_count * sizeof(*w->expected));
	w->expected_count = w->seen_count;
}

/* Each is brought again once: another one that says the same is another one. */
static bool was_seen(struct watch *w, uint64_t key)
{
	if (w->expected_count && clock_mono_ms() - w->opened_ms > REPLAY_MS)
		end_replay(w);
	for (size_t i = 0; i < w->expected_count; i++) {
		if (w->expected[i] == key) {
			w->expected[i] = w->expected[--w->expected_count];
			return true;
		}
	}
	return false;
}

static void note_seen(struct watch *w, const struct docker_event *e, uint64_t key)
{
	if (w->seen_count == w->seen_cap && w->seen_cap < WATCH_SEEN_MAX) {
		w->seen_cap = w->seen_cap ? w->seen_cap * 2 : SEEN_MIN;
		w->seen = xreallocarray(w->seen, w->seen_cap, sizeof(*w->seen));
	}
	w->seen[w->seen_at] = key;
	w->seen_at = (w->seen_at + 1) % WATCH_SEEN_MAX;
	w->seen_count = min_of(w->seen_count + 1, (size_t)WATCH_SEEN_MAX);
	w->last_ns = max_of(w->last_ns, min_of(e->time_ns, engine_now_ns(w->engine)));
}

/* --- effects --- */

static void remove_container(struct engine *e, const struct docker_event *event)
{
	struct container *c = engine_find_container(e, event->actor_id);

	if (c)
		engine_remove_container(e, c);
}

static void remember_exec(struct engine *e, const struct docker_event *event)
{
	const struct container *c = engine_find_container(e, event->actor_id);
	const char *exec_id = event_attribute(event, "execID");

	if (c && exec_id)
		cluster_remember_exec(e->cluster, c, exec_id);
}

static void end_exec(struct engine *e, const struct docker_event *event)
{
	const char *exec_id = event_attribute(event, "execID");

	if (exec_id)
		cluster_end_exec(e->cluster, exec_id);
}

/* What needs no call; true when it is done with that. */
static bool apply_at_once(struct watch *w, const struct queued_event *q)
{
	struct engine *e = w->engine;

	switch (q->effect) {
	case EFFECT_NONE: return true;
	case EFFECT_CONTAINER_GONE: remove_container(e, &q->event); return true;
	case EFFECT_EXEC: remember_exec(e, &q->event); return true;
	case EFFECT_EXEC_ENDED: end_exec(e, &q->event); return true;
	case EFFECT_SPECS: w->ops->handle_reload(w); return true;
	case EFFECT_CONTAINER: return *watch_queue_subject(&q->event) == '\0';
	case EFFECT_IMAGES:
	case EFFECT_NETWORKS:
	case EFFECT_VOLUMES: break;
	}
	return false;
}

static void publish(struct watch *w, struct queued_event *q)
{
	struct docker_event e = q->event;

	q->event = (struct docker_event){ 0 };
	watch_queue_drop(&w->queue, q);
	bus_publish(w->engine->cluster->bus, &e, w->engine);
	event_finish(&e);
}

/* --- the queue --- */

/* All that waits is told, before what it says is seen: to lose it would be worse. */
static void empty_queue(struct watch *w)
{
	struct queued_event *q;

	refresh_finish(&w->refresh);
	w->refreshing = false;
	if (!engine_is_validated(w->engine))
		watch_queue_clear(&w->queue);
	while ((q = watch_queue_first(&w->queue))) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) see list.h */
		(void)apply_at_once(w, q);
		publish(w, q);
	}
}

static void queue_event(struct watch *w, struct docker_event *e)
{
	struct queued_event *q;
	uint64_t order;

	if (watch_queue_is_full(&w->queue, e)) {
		auto_free char *count = xasprintf("%zu", w->queue.count);

		engine_warn(w->engine, "Too many events at once, reading everything instead",
			"count", count);
		empty_queue(w);
		w->ops->handle_overflow(w);
	}
	q = watch_queue_add(&w->queue, e);
	q->order = w->engine->refresh_log->order;
	q->came_ms = clock_mono_ms();
	if (q->effect == EFFECT_CONTAINER &&
		touch_is_told(
			&w->engine->touches, watch_queue_subject(&q->event), &q->event, &order))
		watch_queue_came_at(&w->queue, q, order);
	if (q->effect == EFFECT_IMAGES) {
		image_came_event(w->engine, &q->event);
		fresh_note(w->engine);
	}
}

/* --- the stream --- */

static void close_stream(struct watch *w)
{
	call_finish(&w->call);
	end_replay(w);
	w->state = WATCH_CLOSED;
	task_wake(w->monitor);
}

static void broken(struct watch *w, struct error *err)
{
	bool was_open = w->state == WATCH_OPEN;
	bool was_steady = clock_mono_ms() - w->opened_ms >= STEADY_MS;

	error_move(&w->err, err);
	close_stream(w);
	if (!was_open)
		return;
	w->breaks = was_steady ? 1 : w->breaks + 1;
	engine_warn(
		w->engine, "error monitoring events, will restart", "error", error_text(&w->err));
	w->ops->handle_break(w);
}

static void take_line(struct watch *w, const char *line, size_t len)
{
	auto_error struct error err = ERROR_INIT;
	struct docker_event e;
	uint64_t key;
	bool ignore;

	/* A break would only bring it again: `since` would be before it. */
	if (!event_parse(&e, line, len, &ignore, &err)) {
		engine_warn(w->engine, "Skipping an event", "error", error_text(&err));
		return;
	}
	metric_inc(METRIC_events_total);
	key = event_key_of(&e, w->engine->id);
	if (was_seen(w, key) || ignore) {
		event_finish(&e);
		return;
	}
	note_seen(w, &e, key);
	queue_event(w, &e);
}

static bool is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!strchr(" \t\r\x1e", line[i]))
			return false;
	}
	return true;
}

/* False when the stream cannot be followed any more.  *ret_more: there are further lines. */
static bool take_lines(struct watch *w, bool *ret_more, struct error *err)
{
	struct evbuffer *in = w->call.in;
	int left = LINES_PER_TURN;
	size_t len;
	char *line;

	while (left > 0 && (line = lines_take(&w->lines, in, &len))) {
		if (!is_blank(line, len))
			take_line(w, line, len);
		free(line);
		left--;
	}
	*ret_more = left == 0;
	if (*ret_more || evbuffer_get_length(in) <= LINE_MAX_BYTES)
		return true;
	w->last_ns = 0; /* do not ask for it again */
	return error_set(err, ERROR_TOO_LARGE, "an event of more than %d bytes", LINE_MAX_BYTES);
}

static void opened(struct watch *w)
{
	w->state = WATCH_OPEN;
	w->opened_ms = clock_mono_ms();
	error_clear(&w->err);
	task_wake(w->monitor);
}

/* The stream has no deadline, and so an answer that only says why there is none needs its own. */
static int64_t left_of_refusal_ms(struct watch *w)
{
	int64_t now = clock_mono_ms();

	if (!w->refused_ms)
		w->refused_ms = now;
	return w->refused_ms + REFUSAL_MS - now;
}

static bool is_refused(const struct watch *w)
{
	return w->state == WATCH_OPENING && w->call.head_done;
}

static void failed_to_open(struct watch *w, struct error *err)
{
	remote_check(&w->call, &w->engine->remote, err);
	if (!error_is_set(err))
		error_set(err, ERROR_PROTOCOL, "the event stream ended before it began");
	engine_report_call(w->engine, &w->call);
	broken(w, err);
}

static void ended(struct watch *w, struct error *err)
{
	if (error_is_set(&w->call.err))
		error_copy(err, &w->call.err);
	else
		error_set(err, ERROR_CLOSED, "the event stream ended");
	broken(w, err);
}

/* True when it has to go on after the others had their turn. */
static bool read_stream(struct watch *w)
{
	bool more = false;
	auto_error struct error err = ERROR_INIT;

	if (w->state == WATCH_OPENING && w->call.head_done && w->call.answer.status == 200)
		opened(w);
	if ((w->state == WATCH_OPENING && w->call.done) ||
		(is_refused(w) && left_of_refusal_ms(w) <= 0)) {
		failed_to_open(w, &err);
		return false;
	}
	if (w->state != WATCH_OPEN)
		return false;
	if (evbuffer_get_length(w->call.in) > 0)
		engine_note_heard(w->engine);
	if (!take_lines(w, &more, &err))
		broken(w, &err);
	else if (!more && w->call.done)
		ended(w, &err);
	else if (!more)
		call_resume(&w->call);
	return more;
}

/* --- working off --- */

static void start_refresh(struct watch *w, struct queued_event *q)
{
	watch_queue_cover(&w->queue, q);
	w->refreshing = true;
	switch (q->effect) {
	case EFFECT_IMAGES: refresh_images(&w->refresh, w->engine, &w->task); return;
	case EFFECT_NETWORKS: refresh_networks(&w->refresh, w->engine, &w->task); return;
	case EFFECT_VOLUMES: refresh_volumes(&w->refresh, w->engine, &w->task); return;
	default:
		refresh_container(&w->refresh, w->engine, watch_queue_subject(&q->event), &w->task);
		return;
	}
}

/* False while the refresh is under way. */
static bool end_refresh(struct watch *w)
{
	if (!w->refreshing)
		return true;
	if (!w->refresh.done)
		return false;
	w->refreshing = false;
	if (error_is_set(&w->refresh.err))
		log_fields(LOG_DEBUG, "Refresh after an event failed", "addr", w->engine->addr,
			"error", error_text(&w->refresh.err), NULL);
	refresh_finish(&w->refresh);
	return true;
}

/* Behind a broken stream nobody answers; what was announced waits for the next one. */
static bool may_work(const struct watch *w)
{
	return w->state == WATCH_OPEN && engine_is_validated(w->engine);
}

/* A reading of somebody else's, begun after it came, has told what it would. */
static bool was_read_since(const struct watch *w, const struct queued_event *q)
{
	const struct container *c;

	if (q->effect != EFFECT_CONTAINER)
		return false;
	c = engine_find_container(w->engine, watch_queue_subject(&q->event));
	return c && c->read > q->order;
}

/* How long it may still wait for who reads the container anyway; 0: for nobody. */
static int64_t patience_ms(const struct watch *w, const struct queued_event *q)
{
	int64_t left = q->came_ms + TOUCH_PATIENCE_MS - clock_mono_ms();
	const char *id = watch_queue_subject(&q->event);
	bool is_known = engine_find_container(w->engine, id);

	if (q->effect != EFFECT_CONTAINER || left <= 0)
		return 0;
	return touch_is_under_way(&w->engine->touches, id, is_known, &q->event) ? left : 0;
}

/* How long the event at the head waits; 0: no longer than for a refresh, or for another event. */
static int64_t work_off(struct watch *w)
{
	struct queued_event *q;

	if (!end_refresh(w))
		return 0;
	while (may_work(w) && (q = watch_queue_first(&w->queue))) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) see list.h */
		if (!q->covered && !was_read_since(w, q) && !apply_at_once(w, q)) {
			int64_t left = patience_ms(w, q);

			if (left == 0)
				start_refresh(w, q);
			return left;
		}
		publish(w, q);
	}
	return 0;
}

static enum task_turn watch_pump(struct task *t)
{
	struct watch *w = container_of(t, struct watch, task);

	bool more = read_stream(w);
	int64_t patience = work_off(w);

	if (more)
		return task_wait_ms(t, &watch_pump_step, 0);
	if (patience)
		return task_wait_ms(t, &watch_pump_step, patience);
	if (is_refused(w))
		return task_wait_ms(t, &watch_pump_step, left_of_refusal_ms(w));
	/* The head and the refreshes have deadlines; over a silent stream watches the pulse. */
	return task_wait(t, &watch_pump_step);
}

/* --- life --- */

void watch_init(
	struct watch *w, struct engine *e, struct task *monitor, const struct watch_ops *ops)
{
	*w = (struct watch){ .engine = e, .monitor = monitor, .ops = ops };
	watch_queue_init(&w->queue);
	task_init(&w->task, endpoint_loop(e->remote.endpoint), &watch_pump_step, NULL);
}

void watch_finish(struct watch *w)
{
	w->engine->touches.waiter = NULL;
	task_finish(&w->task);
	call_finish(&w->call);
	drop_queue(w);
	end_replay(w);
	free(w->seen);
	error_clear(&w->err);
	watch_init(w, w->engine, w->monitor, w->ops);
}

void watch_open(struct watch *w)
{
	const struct remote *r = &w->engine->remote;
	int64_t now_ns = max_of(engine_now_ns(w->engine), INT64_C(1)), since_ns;
	auto_free char *since = NULL;

	w->last_ns = min_of(w->last_ns, now_ns);
	if (w->last_ns) {
		since_ns = max_of(w->last_ns - resume_slack_ns, w->followed_ns);
		since = xasprintf("?since=%lld.%09lld", (long long)(since_ns / NS_PER_S),
			(long long)(since_ns % NS_PER_S));
	} else {
		w->last_ns = w->followed_ns = now_ns;
	}
	begin_replay(w);
	remote_call_init(
		&w->call, r, (struct api_version){ 0 }, "GET", "/events%s", since ? since : "");
	w->call.mode = CALL_STREAM;
	w->call.fresh_connection = w->call.skips_line = true;
	w->call.head_timeout_ms = HEAD_TIMEOUT_MS;
	w->call.idle_timeout_ms = -1;
	w->call.stream_mark = 2 * LINE_MAX_BYTES;
	w->lines = (struct lines){ 0 };
	w->state = WATCH_OPENING;
	w->engine->touches.waiter = &w->task;
	w->refused_ms = 0;
	remote_send(&w->call, r, &w->task);
}

void watch_wake(struct watch *w)
{
	task_wake(&w->task);
}
