/*
 * http/exchange.c - writing the answer of the exchange under way.
 *
 * Every function is silent when the client is gone: the owner learns it from `gone`, and need not
 * look before each call.
 */
#include "http/exchange.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/chunk.h"
#include "http/server_private.h"

const char *exchange_peer(const struct exchange *x)
{
	return x->connection->peer;
}

const char *exchange_peer_ip(const struct exchange *x)
{
	return x->connection->peer_ip;
}

const char *exchange_peer_identity(const struct exchange *x)
{
	return x->connection->identity;
}

bool exchange_peer_may_serve(const struct exchange *x)
{
	return x->connection->peer_may_serve;
}

bool exchange_over_tls(const struct exchange *x)
{
	return x->connection->tls;
}

bool exchange_asks_upgrade(const struct exchange *x)
{
	return headers_get(&x->head.headers, "Upgrade") != NULL;
}

void exchange_set_waiter(struct exchange *x, struct task *waiter)
{
	x->waiter = waiter;
}

static bool can_write(const struct exchange *x)
{
	return !x->gone && !x->answer_ended && connection_serves(x->connection, x);
}

/* --- the request's body --- */

void exchange_continue(struct exchange *x)
{
	struct http_connection *c = x->connection;
	static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (!can_write(x) || x->answer_started || !c->wants_continue)
		return;
	c->wants_continue = false;
	stream_write(c->stream, line, sizeof(line) - 1);
}

void exchange_want_body(struct exchange *x)
{
	x->wants_body = true;
}

static void ignore_body(struct exchange *x)
{
	x->ignores_body = true;
	evbuffer_drain(x->body, evbuffer_get_length(x->body));
}

static bool body_too_large(struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "http: request body too large");
}

bool exchange_body_ready(struct exchange *x, size_t max, struct error *err)
{
	size_t held = evbuffer_get_length(x->body);

	exchange_want_body(x);
	if (error_is_set(&x->body_err)) {
		error_copy(err, &x->body_err);
		return false;
	}
	if (held > max || (x->body_length > 0 && (uint64_t)x->body_length > max))
		return body_too_large(err);
	if (x->body_complete)
		return true;
	if (x->gone)
		return error_set(err, ERROR_CLOSED, "the client went away");
	exchange_continue(x);
	if (x->connection->body_mark <= max) {
		x->connection->body_mark = max + 1; /* one more shows that it is too large */
		connection_defer_advance(x->connection);
	}
	return false;
}

/* --- the head of the answer --- */

/* Written once a second. */
static void add_date(struct headers *h)
{
	static char text[64];
	static time_t written;
	time_t now = (time_t)(clock_wall_ns() / NS_PER_S);
	struct tm tm;

	if (headers_get(h, "Date"))
		return;
	if (now != written && gmtime_r(&now, &tm)) {
		(void)strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		written = now;
	}
	headers_add(h, "Date", text);
}

static bool has_no_body(const struct exchange *x, int status)
{
	return strcmp(x->head.method, "HEAD") == 0 || status < 200 || status == 204 ||
	       status == 304;
}

static enum http_framing choose_framing(const struct exchange *x, int status, int64_t length)
{
	if (has_no_body(x, status))
		return HTTP_FRAMING_NONE;
	if (length >= 0)
		return HTTP_FRAMING_LENGTH;
	return x->head.minor >= 1 ? HTTP_FRAMING_CHUNKED : HTTP_FRAMING_CLOSE;
}

static void add_framing(
	struct headers *h, const struct http_connection *c, int status, int64_t length)
{
	headers_remove(h, "Content-Length");
	headers_remove(h, "Transfer-Encoding");
	if (c->framing == HTTP_FRAMING_CHUNKED)
		headers_add(h, "Transfer-Encoding", "chunked");
	else if (length >= 0 && status >= 200 && status != 204)
		headers_setf(h, "Content-Length", "%lld", (long long)length);
}

static void add_connection(struct headers *h, struct http_connection *c, const struct exchange *x)
{
	if (!c->parser.keep_alive || c->framing == HTTP_FRAMING_CLOSE || connection_drains(c) ||
		(c->wants_continue && !x->body_complete))
		c->closing = true;
	headers_remove(h, "Connection");
	if (c->closing)
		headers_add(h, "Connection", "close");
	else if (x->head.minor == 0)
		headers_add(h, "Connection", "keep-alive");
}

static void write_head(struct exchange *x, int status, const char *reason)
{
	struct response_head head = {
		.status = status,
		.reason = xstrdup_null(reason),
		.minor = 1,
		.headers = x->answer,
	};
	auto_evbuffer struct evbuffer *bytes = evbuffer_new();

	x->answer = (struct headers){ 0 };
	response_head_write(&head, bytes);
	response_head_finish(&head);
	stream_write_buffer(x->connection->stream, bytes);
}

void exchange_start_reason(struct exchange *x, int status, const char *reason, int64_t length)
{
	struct http_connection *c = x->connection;

	assert(!x->answer_started);
	x->answer_started = true;
	x->status = status;
	if (!can_write(x))
		return;
	if (!x->wants_body)
		ignore_body(x);
	c->framing = choose_framing(x, status, length);
	c->answer_left = max_of(length, INT64_C(0));
	if (status != 101) {
		add_date(&x->answer);
		add_framing(&x->answer, c, status, length);
		add_connection(&x->answer, c, x);
		exchange_request_no_upgrade(c);
	}
	write_head(x, status, reason);
}

void exchange_start(struct exchange *x, int status, int64_t length)
{
	exchange_start_reason(x, status, NULL, length);
}

/* --- the body of the answer --- */

/* More than was announced would be read as the next answer. */
static void clip_to_length(struct http_connection *c, struct evbuffer *from)
{
	size_t len = evbuffer_get_length(from);

	if ((uint64_t)len > (uint64_t)c->answer_left) {
		auto_evbuffer struct evbuffer *kept = evbuffer_new();
		evbuffer_remove_buffer(from, kept, (size_t)c->answer_left);
		evbuffer_drain(from, evbuffer_get_length(from));
		evbuffer_add_buffer(from, kept);
		c->closing = true;
	}
	c->answer_left -= (int64_t)evbuffer_get_length(from);
}

static void write_chunk(struct http_connection *c, struct evbuffer *from)
{
	auto_evbuffer struct evbuffer *chunk = evbuffer_new();

	chunk_write(chunk, from);
	stream_write_buffer(c->stream, chunk);
}

static void write_body(struct http_connection *c, struct evbuffer *from)
{
	switch (c->framing) {
	case HTTP_FRAMING_NONE: break;
	case HTTP_FRAMING_CHUNKED: write_chunk(c, from); break;
	case HTTP_FRAMING_LENGTH:
		clip_to_length(c, from);
		stream_write_buffer(c->stream, from);
		break;
	case HTTP_FRAMING_CLOSE: stream_write_buffer(c->stream, from); break;
	}
}

void exchange_write_buffer(struct exchange *x, struct evbuffer *from)
{
	if (can_write(x) && x->answer_started && evbuffer_get_length(from) > 0)
		write_body(x->connection, from);
	budget_count(x->connection);
	evbuffer_drain(from, evbuffer_get_length(from)); /* what was swallowed */
}

void exchange_write(struct exchange *x, const void *data, size_t len)
{
	if (!can_write(x) || len == 0)
		return;
	auto_evbuffer struct evbuffer *bytes = evbuffer_new();
	evbuffer_add(bytes, data, len);
	exchange_write_buffer(x, bytes);
}

void exchange_charge(struct exchange *x, size_t bytes)
{
	if (x->gone || !connection_serves(x->connection, x))
		return;
	x->connection->charged = bytes;
	budget_count(x->connection);
}

bool exchange_is_full(const struct exchange *x)
{
	return can_write(x) && stream_is_full(x->connection->stream);
}

bool exchange_is_sent(const struct exchange *x)
{
	return !can_write(x) || stream_output_len(x->connection->stream) == 0;
}

void exchange_add_trailer(struct exchange *x, const char *name, const char *value)
{
	if (can_write(x) && x->connection->framing == HTTP_FRAMING_CHUNKED)
		headers_add(&x->connection->trailers, name, value);
}

static void write_last_chunk(struct http_connection *c)
{
	auto_evbuffer struct evbuffer *bytes = evbuffer_new();

	chunk_write_last(bytes, &c->trailers);
	stream_write_buffer(c->stream, bytes);
}

void exchange_end(struct exchange *x)
{
	struct http_connection *c = x->connection;

	if (!can_write(x) || !x->answer_started)
		return;
	if (c->framing == HTTP_FRAMING_LENGTH && c->answer_left > 0)
		return; /* too little: finishing breaks it off */
	if (c->framing == HTTP_FRAMING_CHUNKED)
		write_last_chunk(c);
	x->answer_ended = true;
}

void exchange_reply(
	struct exchange *x, int status, const char *content_type, const void *data, size_t len)
{
	if (content_type)
		headers_set(&x->answer, "Content-Type", content_type);
	exchange_start(x, status, (int64_t)len);
	exchange_write(x, data, len);
	exchange_end(x);
}

/* --- giving the connection up --- */

void exchange_write_raw(struct exchange *x, struct evbuffer *from)
{
	if (can_write(x))
		stream_write_buffer(x->connection->stream, from);
	evbuffer_drain(from, evbuffer_get_length(from));
}

struct stream *exchange_take_stream(struct exchange *x)
{
	struct http_connection *c = x->connection;

	if (x->gone || !connection_serves(c, x))
		return NULL;
	x->answer_started = x->answer_ended = true;
	timer_stop(&c->timer);
	c->state = CONNECTION_TAKEN;
	return steal(c->stream);
}

void exchange_finish(struct exchange *x)
{
	if (!x)
		return;
	connection_finish_exchange(x->connection, x);
	request_head_finish(&x->head);
	headers_finish(&x->answer);
	headers_finish(&x->trailers);
	error_clear(&x->body_err);
	evbuffer_free(x->body);
	free(x);
}
