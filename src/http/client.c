/*
 * http/client.c - the life of a call: sent, connected, over.
 *
 * What goes out is in client_request.c, what comes back in client_answer.c, and how long either may
 * take in client_deadline.c.  Everything that happens ends in call_advance (bytes, the end of them)
 * or in the timer; both may finish the call, and then only wake its waiter.
 */
#include "http/client.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/strbuf.h"
#include "http/client_private.h"

/* --- the end --- */

/* Nothing more happens in this call; what can be kept of the connection has been taken already. */
void call_over(struct call_state *s)
{
	timer_stop(&s->timer);
	deferred_cancel(&s->resume);
	task_finish(&s->driver);
	dial_finish(&s->dial);
	stream_destroy(steal(s->stream), "call over");
	endpoint_leave(s);
	s->phase = CALL_OVER;
	s->call->done = true;
	task_wake(s->call->waiter);
}

void call_fail_with(struct call_state *s, struct error *err)
{
	if (s->phase == CALL_OVER)
		return;
	metric_inc(METRIC_call_failures_total);
	if (s->endpoint)
		endpoint_note_failure(s->endpoint);
	error_move(&s->call->err, err);
	call_over(s);
}

void call_fail(struct call_state *s, enum error_code code, const char *fmt, ...)
{
	struct error err = ERROR_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	error_set(&err, code, "%s", text.buf);
	call_fail_with(s, &err);
}

/* --- the connection --- */

static void handle_input(struct stream *stream, void *arg)
{
	struct call_state *s = arg;

	assert(s->stream == stream);
	call_advance(s);
}

static void handle_drained(struct stream *stream, void *arg)
{
	struct call_state *s = arg;

	assert(s->stream == stream);
	s->since_ms = clock_mono_ms();
	task_wake(s->call->waiter);
}

static void handle_broken(struct stream *stream, void *arg, const struct error *err)
{
	struct call_state *s = arg;

	assert(s->stream == stream);
	error_copy(&s->broken, err);
	call_advance(s);
}

static const struct stream_ops call_ops = {
	.handle_input = handle_input,
	.handle_end = handle_input,
	.handle_drained = handle_drained,
	.handle_broken = handle_broken,
};

void call_attach(struct call_state *s, struct stream *stream, bool reused)
{
	s->stream = stream;
	s->reused = reused;
	s->phase = CALL_HEAD;
	http_parser_init_response(&s->parser, strcmp(s->call->head.method, "HEAD") == 0);
	stream_set_ops(stream, &call_ops, s);
	call_write_request(s);
	call_start_clock(s);
	task_wake(s->call->waiter); /* there is room for body now */
}

static enum task_turn call_connected(struct task *t)
{
	struct call_state *s = container_of(t, struct call_state, driver);

	if (s->phase != CALL_DIALING || !s->dial.finished)
		return TASK_WAIT; /* the dial has a deadline of its own */
	if (s->dial.stream) {
		endpoint_note_peer(s->endpoint, s->dial.stream);
		call_attach(s, steal(s->dial.stream), false);
	} else {
		/* our own lack of descriptors says nothing about the peer */
		s->call->connection_failed = s->dial.err.code != ERROR_UNAVAILABLE;
		call_fail_with(s, &s->dial.err);
	}
	return TASK_WAIT;
}

STEP(call_connected);

/* The kept connection was dead already when we wrote; or the peer died of our request, which
 * cannot be told from it. */
bool call_may_retry(const struct call_state *s)
{
	return s->phase == CALL_HEAD && s->reused && !s->retried && call_is_repeatable(s->call) &&
	       s->interim == 0 && !http_parser_in_head(&s->parser);
}

void call_retry(struct call_state *s)
{
	s->retried = true;
	timer_stop(&s->timer);
	stream_destroy(steal(s->stream), "kept connection was dead");
	http_parser_finish(&s->parser);
	error_clear(&s->broken);
	dial_finish(&s->dial);
	s->dial = (struct dial){ 0 };
	endpoint_connect(s->endpoint, s, true);
}

/* --- the owner's side --- */

void call_init(struct call *c, const char *method, const char *target)
{
	*c = (struct call){ .stream_length = -1, .length = -1 };
	request_head_init(&c->head, method, target);
}

static void handle_resume(struct deferred *d)
{
	call_advance(container_of(d, struct call_state, resume));
}

void call_send(struct call *c, struct endpoint *e, struct task *waiter)
{
	struct call_state *s = xnew(struct call_state);

	metric_inc(METRIC_calls_total);
	c->state = s;
	s->sent_us = clock_mono_us();
	c->waiter = waiter;
	c->in = evbuffer_new();
	c->length = -1;
	s->call = c;
	s->pending = evbuffer_new();
	s->body_ended = !c->stream_body;
	s->body_left = c->stream_length;
	list_init(&s->link);
	timer_init(&s->timer, endpoint_loop(e), call_handle_timer);
	deferred_init(&s->resume, handle_resume);
	task_init(&s->driver, endpoint_loop(e), &call_connected_step, NULL);
	task_start(&s->driver);
	call_prepare_head(s, endpoint_host_header(e));
	endpoint_admit(e, s);
}

void call_resume(struct call *c)
{
	struct call_state *s = c->state;

	if (!s || s->phase == CALL_OVER)
		return;
	s->since_ms = clock_mono_ms(); /* as long as we had no room the peer could do nothing */
	if (s->phase == CALL_HELD && c->answer.status != 101) {
		s->phase = CALL_BODY;
		call_start_clock(s);
	}
	loop_defer(endpoint_loop(s->endpoint), &s->resume);
}

bool call_offers_stream(const struct call *c)
{
	return c->state && c->state->phase == CALL_HELD;
}

struct stream *call_take_stream(struct call *c)
{
	if (!call_offers_stream(c))
		return NULL;
	struct stream *stream = steal(c->state->stream);
	call_over(c->state);
	return stream;
}

static void call_state_destroy(struct call_state *s)
{
	if (!s)
		return;
	s->call->waiter = NULL;
	if (s->phase != CALL_OVER)
		call_over(s);
	http_parser_finish(&s->parser);
	headers_finish(&s->trailers);
	error_clear(&s->broken);
	evbuffer_free(s->pending);
	free(s);
}

void call_finish(struct call *c)
{
	call_state_destroy(c->state);
	request_head_finish(&c->head);
	response_head_finish(&c->answer);
	headers_finish(&c->trailers);
	free(c->body);
	if (c->in)
		evbuffer_free(c->in);
	yyjson_doc_free(c->json);
	error_clear(&c->err);
	*c = (struct call){ 0 };
}
