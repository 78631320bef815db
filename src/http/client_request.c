/*
 * http/client_request.c - what a call sends: its head, and the body at once or in pieces.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/chunk.h"
#include "http/client_private.h"

bool call_has_body(const struct call *c)
{
	return c->stream_body || c->body_len > 0;
}

bool call_is_repeatable(const struct call *c)
{
	static const char *const idempotent[] = { "GET", "HEAD", "OPTIONS", "PUT", "DELETE" };

	for (size_t i = 0; i < ARRAY_SIZE(idempotent); i++)
		if (strcmp(c->head.method, idempotent[i]) == 0)
			return !call_has_body(c);
	return false;
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
	else if (call_has_body(c) || method_means_body(c->head.method))
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

void call_write_request(struct call_state *s)
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

void call_prepare_head(struct call_state *s, const char *host)
{
	add_host(&s->call->head, host);
	add_framing(s->call);
}

/* --- a body that follows in pieces --- */

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

	chunk_write(chunk, from);
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

	chunk_write_last(bytes, &s->trailers);
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
