/*
 * http/client_deadline.c - how long a peer may be silent, and what is its silence and what ours.
 *
 * An answer that somebody waits for as a whole must also come to its end: a peer that drips is
 * never silent, and would hold whoever waits for ever.
 */
#include "base/clock.h"
#include "http/client_private.h"

enum {
	DEFAULT_HEAD_TIMEOUT_MS = 30 * 1000,
	DEFAULT_IDLE_TIMEOUT_MS = 60 * 1000,
	DEFAULT_BODY_TIMEOUT_MS = 60 * 1000,
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

static bool is_gathered(const struct call *c)
{
	return c->mode == CALL_TEXT || c->mode == CALL_JSON;
}

static int64_t body_budget_ms(const struct call *c)
{
	if (c->body_timeout_ms)
		return c->body_timeout_ms;
	return is_gathered(c) ? DEFAULT_BODY_TIMEOUT_MS : -1;
}

/* Of silence. */
static int64_t budget_ms(const struct call_state *s)
{
	return s->phase == CALL_BODY ? idle_budget_ms(s->call) : head_budget_ms(s->call);
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
	/* as long as it takes our bytes it lives; but not by dripping its head meanwhile */
	if (s->phase == CALL_HEAD && stream_output_len(s->stream) > 0 &&
		!http_parser_in_head(&s->parser))
		last = max_of(last, stream_last_active_ms(s->stream));
	return clock_mono_ms() - last;
}

/* Until the silence is too long, or INT64_MAX. */
static int64_t left_of_silence_ms(const struct call_state *s)
{
	int64_t budget = budget_ms(s);

	return budget > 0 ? budget - silent_ms(s) : INT64_MAX;
}

/* Until the whole body must be there, or INT64_MAX. */
static int64_t left_of_body_ms(const struct call_state *s)
{
	int64_t budget = body_budget_ms(s->call);

	if (s->phase != CALL_BODY || budget < 0)
		return INT64_MAX;
	return budget - (clock_mono_ms() - s->head_ms);
}

static void start_timer(struct call_state *s)
{
	int64_t left = min_of(left_of_silence_ms(s), left_of_body_ms(s));

	timer_stop(&s->timer);
	if (left < INT64_MAX)
		timer_start(&s->timer, left);
}

void call_start_clock(struct call_state *s)
{
	s->since_ms = s->head_ms = clock_mono_ms();
	start_timer(s);
}

static void fail_late(struct call_state *s, const char *what, int64_t budget)
{
	s->call->connection_failed = true;
	call_fail(s, ERROR_TIMEOUT, "%s: %s within %lld ms", endpoint_name(s->endpoint), what,
		(long long)budget);
}

void call_handle_timer(struct timer *t)
{
	struct call_state *s = container_of(t, struct call_state, timer);

	if (s->phase == CALL_QUEUED)
		call_fail(s, ERROR_UNAVAILABLE, "%s: too many requests are waiting",
			endpoint_name(s->endpoint));
	else if (left_of_body_ms(s) <= 0)
		fail_late(s, "no end of the answer", body_budget_ms(s->call));
	else if (left_of_silence_ms(s) > 0)
		start_timer(s);
	else if (s->phase == CALL_BODY)
		fail_late(s, "nothing more of an answer", budget_ms(s));
	else
		fail_late(s, "no answer", budget_ms(s));
}

void call_enter_queue(struct call_state *s)
{
	int64_t budget = head_budget_ms(s->call);

	s->phase = CALL_QUEUED;
	timer_start(&s->timer, budget > 0 ? budget : DEFAULT_HEAD_TIMEOUT_MS);
}
