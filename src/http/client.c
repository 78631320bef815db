/*
 * http/client.c - one request and its answer.
 *
 * Everything that happens ends in call_advance (bytes, the end of them, room for them) or in the
 * timer; both may finish the call, and then only wake its waiter.
 */
#include "http/client.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "http/client_private.h"

enum {
	DEFAULT_HEAD_TIMEOUT_MS = 30 * 1000,
	DEFAULT_IDLE_TIMEOUT_MS = 60 * 1000,
	DEFAULT_STREAM_MARK = 128 * 1024,
	DRAIN_STEP = 64 * 1024,
	MAX_INTERIM = 32, /* 1xx heads before the answer */
	ERROR_TEXT_MAX = 4096,
};
static const size_t default_max_body = 64 * 1024 * 1024;

static void call_advance(struct call_state *s);

/*
 * The end.
 */

/* Nothing more happens in this call; what can be kept of the connection has been taken already. */
static void call_over(struct call_state *s)
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

static void fail_with(struct call_state *s, struct error *err)
{
	if (s->phase == CALL_OVER)
		return;
	metric_inc(METRIC_call_failures_total);
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
	fail_with(s, &err);
}

static bool is_reusable(const struct call_state *s)
{
	return s->parser.keep_alive && s->parser.framing != HTTP_FRAMING_CLOSE && s->body_ended &&
	       stream_output_len(s->stream) == 0 && !stream_input_ended(s->stream) &&
	       evbuffer_get_length(stream_input(s->stream)) == 0 && !error_is_set(&s->broken);
}

static bool wants_json(const struct call *c)
{
	return c->mode == CALL_JSON && c->answer.status < 300 && evbuffer_get_length(c->in) > 0;
}

static void parse_json(struct call *c)
{
	size_t len = evbuffer_get_length(c->in);

	c->json = json_parse((const char *)evbuffer_pullup(c->in, -1), len, &c->err);
	if (!c->json) {
		error_wrap(&c->err, "invalid answer");
		c->err.code = ERROR_PROTOCOL;
		return;
	}
	evbuffer_drain(c->in, len);
}

static void call_complete(struct call_state *s)
{
	struct call *c = s->call;

	c->trailers = s->parser.trailers;
	s->parser.trailers = (struct headers){ 0 };
	if (wants_json(c))
		parse_json(c);
	if (is_reusable(s))
		endpoint_park(s->endpoint, steal(s->stream));
	call_over(s);
}

/*
 * Deadlines.
 */

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

static void start_clock(struct call_state *s)
{
	s->since_ms = clock_mono_ms();
	timer_stop(&s->timer);
	if (budget_ms(s) > 0)
		timer_start(&s->timer, budget_ms(s));
}

static size_t stream_mark(const struct call *c)
{
	return c->stream_mark ? c->stream_mark : DEFAULT_STREAM_MARK;
}

/* It is not the peer that keeps us waiting: the owner has not taken what came, or not written what
 * is to be sent. */
static bool waits_for_owner(const struct call_state *s)
{
	if (s->phase == CALL_BODY)
		return s->call->mode == CALL_STREAM &&
		       evbuffer_get_length(s->call->in) >= stream_mark(s->call);
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

static void handle_timer(struct timer *t)
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

/*
 * Sending.
 */

static bool has_body(const struct call *c)
{
	return c->stream_body || c->body_len > 0;
}

static bool method_means_body(const char *method)
{
	return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
	       strcmp(method, "PATCH") == 0;
}

static void add_framing(struct call *c)
{
	struct headers *h = &c->head.headers;
	int64_t length = c->stream_body ? c->stream_length : (int64_t)c->body_len;

	headers_remove(h, "Content-Length");
	headers_remove(h, "Transfer-Encoding");
	if (c->stream_body && length < 0)
		headers_set(h, "Transfer-Encoding", "chunked");
	else if (has_body(c) || method_means_body(c->head.method))
		headers_setf(h, "Content-Length", "%lld", (long long)length);
}

/* Host comes first, as readers of traces expect it. */
static void add_host(struct request_head *head, const char *host)
{
	struct headers fields = { 0 };

	headers_remove(&head->headers, "Host");
	headers_add(&fields, "Host", host);
	headers_copy(&fields, &head->headers);
	headers_finish(&head->headers);
	head->headers = fields;
}

static void write_head_and_body(struct call_state *s)
{
	struct call *c = s->call;
	auto_evbuffer struct evbuffer *bytes = evbuffer_new();

	request_head_write(&c->head, bytes);
	if (!c->stream_body && c->body_len > 0)
		evbuffer_add_reference(bytes, c->body, c->body_len, NULL, NULL);
	if (c->body_len > 0) /* the stream may outlive the call */
		evbuffer_pullup(bytes, -1);
	evbuffer_add_buffer(bytes, s->pending);
	stream_write_buffer(s->stream, bytes);
}

static void handle_input(struct stream *stream maybe_unused, void *arg)
{
	call_advance(arg);
}

static void handle_drained(struct stream *stream maybe_unused, void *arg)
{
	struct call_state *s = arg;

	s->since_ms = clock_mono_ms();
	task_wake(s->call->waiter);
}

static void handle_broken(struct stream *stream maybe_unused, void *arg, const struct error *err)
{
	struct call_state *s = arg;

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
	write_head_and_body(s);
	start_clock(s);
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
		s->call->connection_failed = true;
		fail_with(s, &s->dial.err);
	}
	return TASK_WAIT;
}

TASK_STEP(call_step_connected, call_connected);

/* The kept connection was dead already when we wrote.  Nothing was answered, and without a body
 * nothing of the request is lost. */
static bool may_retry(const struct call_state *s)
{
	return s->phase == CALL_HEAD && s->reused && !s->retried && !has_body(s->call) &&
	       s->interim == 0 && !http_parser_in_head(&s->parser);
}

static void retry(struct call_state *s)
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

/*
 * The answer.
 */

static bool asked_upgrade(const struct call *c)
{
	return headers_get(&c->head.headers, "Upgrade") != NULL;
}

static bool offers_stream(const struct call_state *s)
{
	const struct call *c = s->call;

	if (c->answer.status == 101)
		return true;
	return c->hijack && c->answer.status == 200 && s->parser.framing == HTTP_FRAMING_CLOSE;
}

/* Skips 1xx; false when the call has failed. */
static bool skip_interim(struct call_state *s)
{
	if (++s->interim > MAX_INTERIM) {
		call_fail(s, ERROR_PROTOCOL, "%s: endless interim answers",
			endpoint_name(s->endpoint));
		return false;
	}
	http_parser_reset(&s->parser);
	return true;
}

static void accept_head(struct call_state *s)
{
	struct call *c = s->call;

	c->answer = s->parser.response;
	s->parser.response = (struct response_head){ 0 };
	c->length = s->parser.length;
	c->head_done = true;
	s->phase = offers_stream(s) ? CALL_HELD : CALL_BODY;
	start_clock(s);
	task_wake(c->waiter);
}

static void fail_parse(struct call_state *s)
{
	struct error err = ERROR_INIT;

	error_move(&err, &s->parser.err);
	error_wrap(&err, "%s", endpoint_name(s->endpoint));
	fail_with(s, &err);
}

/* True when there may be more to do. */
static bool advance_head(struct call_state *s)
{
	enum http_parse r = http_parser_run(&s->parser, stream_input(s->stream), NULL, 0);
	int status = s->parser.response.status;

	if (r == HTTP_PARSE_FAILED) {
		fail_parse(s);
		return false;
	}
	if (r == HTTP_PARSE_MORE)
		return false;
	if (status < 200 && status != 101)
		return skip_interim(s);
	if (status == 101 && !asked_upgrade(s->call)) {
		call_fail(s, ERROR_PROTOCOL, "%s: answered 101 without being asked",
			endpoint_name(s->endpoint));
		return false;
	}
	accept_head(s);
	return s->phase == CALL_BODY;
}

static size_t body_room(const struct call *c)
{
	size_t held = evbuffer_get_length(c->in);
	size_t max = c->max_body ? c->max_body : default_max_body;

	switch (c->mode) {
	case CALL_DRAIN: return DRAIN_STEP;
	case CALL_STREAM: return stream_mark(c) > held ? stream_mark(c) - held : 0;
	case CALL_TEXT:
	case CALL_JSON: break;
	}
	return max + 1 - held; /* one more shows that it is too large */
}

static bool body_too_large(const struct call *c)
{
	size_t max = c->max_body ? c->max_body : default_max_body;

	return (c->mode == CALL_TEXT || c->mode == CALL_JSON) && evbuffer_get_length(c->in) > max;
}

static void body_progressed(struct call_state *s, size_t before)
{
	struct call *c = s->call;
	size_t now = evbuffer_get_length(c->in);

	if (now == before)
		return;
	s->since_ms = clock_mono_ms();
	if (c->mode == CALL_DRAIN)
		evbuffer_drain(c->in, now);
	else if (c->mode == CALL_STREAM)
		task_wake(c->waiter);
}

static bool advance_body(struct call_state *s)
{
	struct call *c = s->call;
	size_t held = evbuffer_get_length(c->in);
	size_t left = evbuffer_get_length(stream_input(s->stream));
	enum http_parse r =
		http_parser_run(&s->parser, stream_input(s->stream), c->in, body_room(c));

	body_progressed(s, held);
	if (r == HTTP_PARSE_FAILED)
		fail_parse(s);
	else if (body_too_large(c))
		call_fail(
			s, ERROR_TOO_LARGE, "%s: answer is too large", endpoint_name(s->endpoint));
	else if (r == HTTP_PARSE_END)
		call_complete(s);
	else
		return evbuffer_get_length(stream_input(s->stream)) < left;
	return false;
}

static bool input_over(const struct call_state *s)
{
	return (stream_input_ended(s->stream) || error_is_set(&s->broken)) &&
	       evbuffer_get_length(stream_input(s->stream)) == 0;
}

static void fail_broken(struct call_state *s)
{
	struct error err = ERROR_INIT;

	if (error_is_set(&s->broken))
		error_copy(&err, &s->broken);
	else
		error_set(&err, ERROR_CLOSED, "closed the connection before it answered");
	error_wrap(&err, "%s", endpoint_name(s->endpoint));
	fail_with(s, &err);
}

static void input_ended(struct call_state *s)
{
	if (s->phase == CALL_HELD)
		return; /* whoever takes the stream sees it */
	if (may_retry(s))
		retry(s);
	else if (error_is_set(&s->broken) ||
		 (s->phase == CALL_HEAD && !http_parser_in_head(&s->parser)))
		fail_broken(s);
	else if (http_parser_end_input(&s->parser) == HTTP_PARSE_END)
		call_complete(s);
	else
		fail_parse(s);
}

static void call_advance(struct call_state *s)
{
	bool more = true;

	while (more) {
		more = false;
		if (s->phase == CALL_HEAD)
			more = advance_head(s);
		else if (s->phase == CALL_BODY)
			more = advance_body(s);
	}
	if ((s->phase == CALL_HEAD || s->phase == CALL_BODY) && input_over(s))
		input_ended(s);
}

/*
 * The owner's side.
 */

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
	c->waiter = waiter;
	c->in = evbuffer_new();
	c->length = -1;
	s->call = c;
	s->pending = evbuffer_new();
	s->body_ended = !c->stream_body;
	s->body_left = c->stream_length;
	list_init(&s->link);
	timer_init(&s->timer, endpoint_loop(e), handle_timer);
	deferred_init(&s->resume, handle_resume);
	task_init(&s->driver, endpoint_loop(e), &call_step_connected, NULL);
	task_start(&s->driver);
	add_host(&c->head, endpoint_host_header(e));
	add_framing(c);
	endpoint_admit(e, s);
}

void call_set_waiter(struct call *c, struct task *waiter)
{
	c->waiter = waiter;
}

static bool takes_body(const struct call_state *s)
{
	return s && s->phase != CALL_OVER && !s->body_ended && !error_is_set(&s->broken);
}

static void send_bytes(struct call_state *s, struct evbuffer *bytes)
{
	if (s->stream)
		stream_write_buffer(s->stream, bytes);
	else
		evbuffer_add_buffer(s->pending, bytes);
	s->since_ms = clock_mono_ms();
}

static void send_chunk(struct call_state *s, struct evbuffer *from)
{
	auto_evbuffer struct evbuffer *chunk = evbuffer_new();

	evbuffer_add_printf(chunk, "%zx\r\n", evbuffer_get_length(from));
	evbuffer_add_buffer(chunk, from);
	evbuffer_add(chunk, "\r\n", 2);
	send_bytes(s, chunk);
}

static void send_part(struct call_state *s, struct evbuffer *from)
{
	auto_evbuffer struct evbuffer *part = evbuffer_new();
	size_t len = evbuffer_get_length(from);

	if ((uint64_t)len > (uint64_t)s->body_left)
		len = (size_t)s->body_left; /* more would be read as the next request */
	evbuffer_remove_buffer(from, part, len);
	s->body_left -= (int64_t)len;
	send_bytes(s, part);
}

void call_write_buffer(struct call *c, struct evbuffer *from)
{
	struct call_state *s = c->state;

	if (takes_body(s) && evbuffer_get_length(from) > 0) {
		if (c->stream_length < 0)
			send_chunk(s, from);
		else
			send_part(s, from);
	}
	evbuffer_drain(from, evbuffer_get_length(from));
}

bool call_is_full(const struct call *c)
{
	const struct call_state *s = c->state;

	if (!s || s->phase == CALL_OVER)
		return false;
	return !s->stream || stream_is_full(s->stream);
}

void call_add_trailer(struct call *c, const char *name, const char *value)
{
	if (takes_body(c->state) && c->stream_length < 0)
		headers_add(&c->state->trailers, name, value);
}

static void send_last_chunk(struct call_state *s)
{
	auto_evbuffer struct evbuffer *bytes = evbuffer_new();

	evbuffer_add(bytes, "0\r\n", 3);
	headers_write(&s->trailers, bytes);
	send_bytes(s, bytes);
}

void call_end_body(struct call *c)
{
	struct call_state *s = c->state;

	if (!takes_body(s))
		return;
	if (c->stream_length < 0) {
		send_last_chunk(s);
	} else if (s->body_left > 0) {
		call_fail(s, ERROR_CANCELLED, "the request's body ended early");
		return;
	}
	s->body_ended = true;
	s->since_ms = clock_mono_ms();
}

void call_resume(struct call *c)
{
	struct call_state *s = c->state;

	if (!s || s->phase == CALL_OVER)
		return;
	if (s->phase == CALL_HELD && c->answer.status != 101) {
		s->phase = CALL_BODY;
		start_clock(s);
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

/*
 * What the peer says went wrong.
 */

static char *json_message(const char *text, size_t len)
{
	auto_json yyjson_doc *doc = json_parse(text, len, NULL);
	const char *message = doc ? json_get_str(yyjson_doc_get_root(doc), "message", NULL) : NULL;

	return message && *message ? xstrdup(message) : NULL;
}

static char *trimmed(const char *text, size_t len)
{
	while (len > 0 && isspace((unsigned char)*text))
		text++, len--;
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	return len > 0 ? xstrndup(text, min_of(len, (size_t)ERROR_TEXT_MAX)) : NULL;
}

static const char *phrase(const struct response_head *answer)
{
	return answer->reason && *answer->reason ? answer->reason : http_reason(answer->status);
}

char *call_error_text(const struct call *c)
{
	size_t len = c->in ? evbuffer_get_length(c->in) : 0;
	const char *body = len > 0 ? (const char *)evbuffer_pullup(c->in, -1) : "";
	char *text = json_message(body, len);

	if (!text)
		text = trimmed(body, len);
	return text ? text : xstrdup(phrase(&c->answer));
}
