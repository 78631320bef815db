/*
 * http/endpoint.c - one peer: its idle connections and the line of calls.
 *
 * The most recently used idle connection is taken first, so that the others can die of age.  More
 * than max_idle die sooner: as many as were busy at once a moment ago may be needed again now, and
 * a new connection costs more than all else of a small request.  An idle connection is watched: the
 * peer's end, or any byte nobody asked for, closes it.  What is on its way to us cannot be seen,
 * though: the older a connection, the likelier is that the peer has just given it up.
 */
#include "base/clock.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "http/client_private.h"
#include <assert.h>

enum {
	SURPLUS_MAX = 256, /* idle connections at most, those above max_idle among them */
	SURPLUS_MS = 1000,
};

struct idle {
	struct list link; /* endpoint::idle, most recently used first */
	struct endpoint *endpoint;
	struct stream *stream; /* owned */
	int64_t since_ms;
};

struct endpoint {
	struct loop *loop;
	struct address address;
	struct tls_context *tls;                    /* counted */
	char *name, *host_header, *tls_server_name; /* owned */
	size_t max_idle, max_active;
	int64_t connect_timeout_ms, idle_timeout_ms, once_timeout_ms;
	struct list idle;            /* idle::link */
	struct timer expiry;         /* runs while there are any; may ring too early */
	struct list active, waiting; /* call_state::link */
	size_t idle_count, active_count;
	char *peer_ip;       /* owned; of the newest connection, may be NULL */
	char *closed_reason; /* owned; set by endpoint_close */
	bool closing;
	struct histogram times;
	int64_t latency_us;
	uint64_t failures;
};

/* Few bounds: there is one such histogram for each of a thousand engines. */
const struct histogram_scale endpoint_scale = { { 5 * 1000, 25 * 1000, 100 * 1000, 500 * 1000,
	2500 * 1000, 10 * 1000 * 1000, 60 * 1000 * 1000 } };

static void handle_expiry(struct timer *t);

static char *default_host_header(const struct address *a)
{
	return a->kind == ADDRESS_UNIX ? xstrdup("localhost") : address_format(a);
}

struct endpoint *endpoint_create(struct loop *loop, const struct endpoint_config *config)
{
	struct endpoint *e = xnew(struct endpoint);

	e->loop = loop;
	address_copy(&e->address, &config->address);
	e->tls = config->tls ? tls_context_ref(config->tls) : NULL;
	e->name = address_format(&e->address);
	e->host_header = config->host_header ? xstrdup(config->host_header)
					     : default_host_header(&e->address);
	e->tls_server_name = xstrdup_null(config->tls_server_name);
	e->max_idle = config->max_idle ? config->max_idle : 4;
	e->max_active = config->max_active ? config->max_active : 1024;
	e->connect_timeout_ms = config->connect_timeout_ms ? config->connect_timeout_ms : 10 * 1000;
	e->idle_timeout_ms = config->idle_timeout_ms ? config->idle_timeout_ms : 60 * 1000;
	/* shorter than what any server keeps a connection for (5 s are common) */
	e->once_timeout_ms = config->once_timeout_ms ? config->once_timeout_ms : 4 * 1000;
	list_init(&e->idle);
	timer_init(&e->expiry, loop, handle_expiry);
	list_init(&e->active);
	list_init(&e->waiting);
	return e;
}

/* --- idle connections --- */

/* The stream goes to the caller. */
static struct stream *idle_take(struct idle *i)
{
	struct stream *stream = i->stream;

	list_remove(&i->link);
	i->endpoint->idle_count--;
	free(i);
	return stream;
}

static void handle_idle_event(struct stream *s, void *arg)
{
	struct idle *i = arg;

	assert(i->stream == s);
	stream_destroy(idle_take(i), "idle connection ended");
}

static void handle_idle_broken(struct stream *s, void *arg, const struct error *err maybe_unused)
{
	handle_idle_event(s, arg);
}

static void handle_idle_drained(struct stream *s maybe_unused, void *arg maybe_unused)
{
}

static const struct stream_ops idle_ops = {
	.handle_input = handle_idle_event,
	.handle_end = handle_idle_event,
	.handle_drained = handle_idle_drained,
	.handle_broken = handle_idle_broken,
};

static struct idle *oldest_idle(struct endpoint *e)
{
	return container_of(e->idle.prev, struct idle, link);
}

static void close_oldest(struct endpoint *e, const char *reason)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) see list.h */
	stream_destroy(idle_take(oldest_idle(e)), reason);
}

static int64_t left_of_oldest_ms(struct endpoint *e)
{
	int64_t timeout = e->idle_timeout_ms;

	if (e->idle_count > e->max_idle)
		timeout = min_of(timeout, (int64_t)SURPLUS_MS);
	return timeout - (clock_mono_ms() - oldest_idle(e)->since_ms);
}

static void handle_expiry(struct timer *t)
{
	struct endpoint *e = container_of(t, struct endpoint, expiry);

	while (!list_empty(&e->idle) && left_of_oldest_ms(e) <= 0)
		close_oldest(e, "idle timeout");
	if (!list_empty(&e->idle))
		timer_start(&e->expiry, left_of_oldest_ms(e));
}

void endpoint_park(struct endpoint *e, struct stream *stream)
{
	struct idle *i = xnew(struct idle);

	i->endpoint = e;
	i->stream = stream;
	i->since_ms = clock_mono_ms();
	list_push_front(&e->idle, &i->link);
	stream_set_ops(stream, &idle_ops, i);
	if (++e->idle_count > SURPLUS_MAX)
		close_oldest(e, "too many idle");
	if (e->idle_count == e->max_idle + 1 || !timer_pending(&e->expiry))
		timer_start(&e->expiry, left_of_oldest_ms(e));
}

void endpoint_close_idle(struct endpoint *e)
{
	while (!list_empty(&e->idle))
		close_oldest(e, "all idle are closed");
}

/* --- calls --- */

static bool is_good_for(const struct idle *kept, const struct call *c)
{
	return call_is_repeatable(c) ||
	       clock_mono_ms() - kept->since_ms < kept->endpoint->once_timeout_ms;
}

void endpoint_connect(struct endpoint *e, struct call_state *s, bool fresh)
{
	struct idle *kept = list_first(&e->idle, struct idle, link);

	if (kept && !fresh && is_good_for(kept, s->call)) {
		call_attach(s, idle_take(kept), true);
		return;
	}
	s->phase = CALL_DIALING;
	metric_inc(METRIC_call_connects_total);
	dial_start(&s->dial, e->loop, &e->address, e->tls, e->tls_server_name,
		e->connect_timeout_ms, &s->driver);
}

static void endpoint_start(struct endpoint *e, struct call_state *s)
{
	e->active_count++;
	list_push_back(&e->active, &s->link);
	endpoint_connect(e, s, s->call->fresh_connection);
}

void endpoint_admit(struct endpoint *e, struct call_state *s)
{
	s->endpoint = e;
	if (e->closed_reason) {
		call_fail(s, ERROR_CLOSED, "%s", e->closed_reason);
		return;
	}
	if (s->call->skips_line || e->active_count < e->max_active) {
		endpoint_start(e, s);
		return;
	}
	list_push_back(&e->waiting, &s->link);
	metric_add(METRIC_calls_waiting, 1);
	call_enter_queue(s);
}

static void endpoint_start_next(struct endpoint *e)
{
	struct call_state *next = list_first(&e->waiting, struct call_state, link);

	if (!next || e->closing || e->active_count >= e->max_active)
		return;
	list_remove(&next->link);
	metric_add(METRIC_calls_waiting, -1);
	endpoint_start(e, next);
}

void endpoint_leave(struct call_state *s)
{
	struct endpoint *e = steal(s->endpoint);

	if (s->phase == CALL_QUEUED && !list_empty(&s->link))
		metric_add(METRIC_calls_waiting, -1);
	list_remove(&s->link);
	if (!e || s->phase == CALL_QUEUED)
		return;
	e->active_count--;
	endpoint_start_next(e);
}

static void fail_all(struct list *calls, const char *reason)
{
	while (!list_empty(calls))
		call_fail(list_first(calls, struct call_state, link), ERROR_CLOSED, "%s", reason);
}

void endpoint_close(struct endpoint *e, const char *reason)
{
	if (e->closing)
		return;
	e->closing = true;
	e->closed_reason = xstrdup(reason);
	fail_all(&e->waiting, reason);
	fail_all(&e->active, reason);
	endpoint_close_idle(e);
}

void endpoint_note_peer(struct endpoint *e, const struct stream *stream)
{
	free(e->peer_ip);
	e->peer_ip = xstrdup(stream_peer_ip(stream));
}

const char *endpoint_peer_ip(const struct endpoint *e)
{
	return e->peer_ip ? e->peer_ip : "";
}

void endpoint_destroy(struct endpoint *e, const char *reason)
{
	if (!e)
		return;
	endpoint_close(e, reason);
	timer_stop(&e->expiry);
	free(e->peer_ip);
	free(e->closed_reason);
	address_finish(&e->address);
	if (e->tls)
		tls_context_unref(e->tls);
	free(e->name);
	free(e->host_header);
	free(e->tls_server_name);
	free(e);
}

const struct address *endpoint_address(const struct endpoint *e)
{
	return &e->address;
}

struct loop *endpoint_loop(const struct endpoint *e)
{
	return e->loop;
}

bool endpoint_is_tls(const struct endpoint *e)
{
	return e->tls != NULL;
}

size_t endpoint_connections(const struct endpoint *e)
{
	return e->idle_count + e->active_count;
}

const char *endpoint_name(const struct endpoint *e)
{
	return e->name;
}

const char *endpoint_host_header(const struct endpoint *e)
{
	return e->host_header;
}

void endpoint_note_answer(struct endpoint *e, int64_t sent_us)
{
	int64_t took_us = clock_mono_us() - sent_us, above = took_us - e->latency_us;

	histogram_add(&e->times, &endpoint_scale, took_us);
	if (e->latency_us == 0)
		e->latency_us = took_us;
	else if (above < 0)
		e->latency_us += above / 4;
	else
		e->latency_us += min_of(above, e->latency_us / 2 + 1);
}

int64_t endpoint_latency_us(const struct endpoint *e)
{
	return e->latency_us;
}

void endpoint_note_failure(struct endpoint *e)
{
	e->failures++;
}

const struct histogram *endpoint_times(const struct endpoint *e)
{
	return &e->times;
}

uint64_t endpoint_failures(const struct endpoint *e)
{
	return e->failures;
}
