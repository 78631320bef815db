/*
 * http/client_deadline.c - how long a peer may be silent, and what is its silence and what ours.
 */
#include "base/clock.h"
#include "http/client_private.h"

enum {
	DEFAULT_HEAD_TIMEOUT_MS = 30 * 1000,
	DEFAULT_IDLE_TIMEOUT_MS = 60 * 1000,
	DEFAULT_STREAM_MARK = 128 * 1024,
};

static int64_t head_budget_ms(const struct call *c)
{
	return c->head_timeout_ms ? c->head_timeout_ms : DEFAULT_HEAD_TIMEOUT_MS;
}

static int64_t idle_budget_ms(const struct call *c)
{
	return c->idle_timeout_ms ? c->idle_timeout_ms : DEFAULT_IDLE_TIMEOUT_MS;
}

static int64_t budget_ms(const struct call_state *s)
{
	return s->phase == CALL_BODY ? idle_budget_ms(s->call) : head_budget_ms(s->call);
}

void call_start_clock(struct call_state *s)
{
	s->since_ms = clock_mono_ms();
	timer_stop(&s->timer);
	if (budget_ms(s) > 0)
		timer_start(&s->timer, budget_ms(s));
}

size_t call_stream_mark(const struct call *c)
{
	return c->stream_mark ? c->stream_mark : DEFAULT_STREAM_MARK;
}

/* It is not the peer that keeps us waiting: the owner has not taken what came, or not written what
 * is to be sent. */
static bool waits_for_owner(const struct call_state *s)
{
	if (s->phase == CALL_BODY)
		return s->call->mode == CALL_STREAM &&
		       evbuffer_get_length(s->call->in) >= call_stream_mark(s->call);
	return s->phase == CALL_HELD || (!s->body_ended && stream_output_len(s->stream) == 0);
}

static int64_t silent_ms(const struct call_state *s)
{
	int64_t last = s->since_ms;

	if (waits_for_owner(s))
		return 0;
	/* as long as it takes our bytes it lives */
	if (s->phase == CALL_HEAD && stream_output_len(s->stream) > 0)
		last = max_of(last, stream_last_active_ms(s->stream));
	return clock_mono_ms() - last;
}

static void fail_silent(struct call_state *s)
{
	s->call->connection_failed = true;
	call_fail(s, ERROR_TIMEOUT,
		s->phase == CALL_BODY ? "%s: silent for %lld ms in the middle of an answer"
				      : "%s: no answer within %lld ms",
		endpoint_name(s->endpoint), (long long)budget_ms(s));
}

void call_handle_timer(struct timer *t)
{
	struct call_state *s = container_of(t, struct call_state, timer);

	if (s->phase == CALL_QUEUED) {
		call_fail(s, ERROR_UNAVAILABLE, "%s: too many requests are waiting",
			endpoint_name(s->endpoint));
		return;
	}
	int64_t silent = silent_ms(s);
	if (silent >= budget_ms(s))
		fail_silent(s);
	else
		timer_start(&s->timer, budget_ms(s) - silent);
}

void call_enter_queue(struct call_state *s)
{
	int64_t budget = head_budget_ms(s->call);

	s->phase = CALL_QUEUED;
	timer_start(&s->timer, budget > 0 ? budget : DEFAULT_HEAD_TIMEOUT_MS);
}
