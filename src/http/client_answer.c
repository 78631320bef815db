/*
 * http/client_answer.c - what a call gets back: interim heads, the head, the body, the end.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "http/client_private.h"

enum {
	DRAIN_STEP = 64 * 1024,
	MAX_INTERIM = 32, /* 1xx heads before the answer */
};
static const size_t default_max_body = 16 * 1024 * 1024;

/* --- the end --- */

static bool is_reusable(const struct call_state *s)
{
	return s->parser.keep_alive && s->parser.framing != HTTP_FRAMING_CLOSE && s->body_ended &&
	       stream_output_len(s->stream) == 0 && !stream_input_ended(s->stream) &&
	       evbuffer_get_length(stream_input(s->stream)) == 0 && !error_is_set(&s->broken);
}

/* Podman ends an answer that says nothing with a line break. */
static bool is_blank(struct evbuffer *in)
{
	static const char blanks[] = " \t\r\n";
	size_t len = evbuffer_get_length(in);
	const char *text = (const char *)evbuffer_pullup(in, -1);

	for (size_t i = 0; i < len; i++) {
		if (!memchr(blanks, text[i], sizeof(blanks) - 1))
			return false;
	}
	return true;
}

static bool wants_json(const struct call *c)
{
	return c->mode == CALL_JSON && c->answer.status < 300 && !is_blank(c->in);
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
	if (!c->keeps_text)
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

/* --- the head --- */

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
	endpoint_note_answer(s->endpoint, s->sent_us);
	s->phase = offers_stream(s) ? CALL_HELD : CALL_BODY;
	call_start_clock(s);
	task_wake(c->waiter);
}

static void fail_parse(struct call_state *s)
{
	struct error err = ERROR_INIT;

	error_move(&err, &s->parser.err);
	error_wrap(&err, "%s", endpoint_name(s->endpoint));
	call_fail_with(s, &err);
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

/* --- the body --- */

static size_t body_room(const struct call *c)
{
	size_t held = evbuffer_get_length(c->in);
	size_t max = c->max_body ? c->max_body : default_max_body;

	switch (c->mode) {
	case CALL_DRAIN: return DRAIN_STEP;
	case CALL_STREAM: return call_stream_mark(c) > held ? call_stream_mark(c) - held : 0;
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

/* --- the end of the connection --- */

static bool input_over(const struct call_state *s)
{
	return (stream_input_ended(s->stream) || error_is_set(&s->broken)) &&
	       evbuffer_get_length(stream_input(s->stream)) == 0;
}

/* The stream names its peer by address and port; here stands the name that was asked for. */
static const char *without_peer(const struct call_state *s, const char *text)
{
	const char *peer = stream_peer(s->stream);
	size_t len = strlen(peer);

	return strncmp(text, peer, len) == 0 && str_starts_with(text + len, ": ") ? text + len + 2
										  : text;
}

static void fail_broken(struct call_state *s)
{
	const struct error *broken = &s->broken;

	if (error_is_set(broken))
		call_fail(s, broken->code, "%s: %s", endpoint_name(s->endpoint),
			without_peer(s, error_text(broken)));
	else
		call_fail(s, ERROR_CLOSED, "%s: closed the connection before it answered",
			endpoint_name(s->endpoint));
}

static void input_ended(struct call_state *s)
{
	if (s->phase == CALL_HELD)
		return; /* whoever takes the stream sees it */
	if (call_may_retry(s))
		call_retry(s);
	else if (error_is_set(&s->broken) ||
		 (s->phase == CALL_HEAD && !http_parser_in_head(&s->parser)))
		fail_broken(s);
	else if (http_parser_end_input(&s->parser) == HTTP_PARSE_END)
		call_complete(s);
	else
		fail_parse(s);
}

void call_advance(struct call_state *s)
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
