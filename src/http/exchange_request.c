/*
 * http/exchange_request.c - the request of an exchange: from its head to the handler, its body, its
 * end.
 *
 * A client that ends its sending side while it waits for an answer has in most cases gone away
 * (Ctrl-C of `docker wait`), which must cancel what is done for it.  But a simple client may end
 * its side right after the request.  So an exchange becomes `gone` a moment after the end: enough
 * for an answer from memory.  Where an upgrade was asked for, the end belongs to the stream, as
 * long as we are not about to end ourselves.
 *
 * A client that leaves in the middle of an upload that nobody takes (a frozen engine) may leave
 * more than we would read for it.  It is gone when for a moment none of that was taken.  Its end
 * may even be behind what its own host could not send us any more, so when we are about to end
 * ourselves, an upload that stands still holds us up for a few seconds only.
 */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "http/server_private.h"

enum {
	BODY_MARK = 64 * 1024,
	HALF_CLOSED_GRACE_MS = 250,
	HUNG_UP_LOOK_MS = 1000,
	STALLED_LOOK_MS = 3000,
};

static void body_changed(struct evbuffer *body, const struct evbuffer_cb_info *info, void *arg)
{
	struct exchange *x = arg;

	assert(x->body == body);
	if (info->n_deleted > 0 && x->connection->exchange == x)
		connection_defer_advance(x->connection);
}

static struct exchange *exchange_create(struct http_connection *c)
{
	struct exchange *x = xnew(struct exchange);

	x->body = evbuffer_new();
	evbuffer_add_cb(x->body, body_changed, x);
	x->connection = c;
	x->id = ++c->server->last_id;
	headers_finish(&c->trailers);
	list_remove(&c->waiting);
	c->exchange = x;
	c->held++;
	c->server->busy++;
	c->wants_continue = false;
	c->closing = false;
	c->body_mark = BODY_MARK;
	c->charged = 0;
	return x;
}

static void answer_refusal(
	const struct http_server_config *config, struct exchange *x, int status, const char *text)
{
	if (config->refuse) {
		config->refuse(x, status, text, config->arg);
		return;
	}
	auto_free char *line = xasprintf("%s\n", text);
	exchange_reply(x, status, "text/plain; charset=utf-8", line, strlen(line));
}

void exchange_request_refuse(struct http_connection *c, int status, const char *text)
{
	struct exchange *x = exchange_create(c);

	timer_stop(&c->timer);
	c->state = CONNECTION_EXCHANGE;
	c->closing = true;
	x->body_complete = true;
	request_head_init(&x->head, "GET", "/");
	if (status == 503)
		headers_set(&x->answer, "Retry-After", "1");
	answer_refusal(&c->server->config, x, status, text);
	exchange_finish(x);
}

void exchange_request_abandon(struct http_connection *c, int status, const char *text)
{
	struct exchange *x = c->exchange;

	if (!x || x->answer_started) {
		connection_close(c, text);
		return;
	}
	x->gone = true;
	task_wake(x->waiter);
	c->exchange = NULL;
	exchange_request_refuse(c, status, text);
}

static void exchange_broke(struct http_connection *c, struct exchange *x)
{
	error_copy(&x->body_err, &c->parser.err);
	if (c->server && c->parser.err.code == ERROR_PROTOCOL)
		exchange_request_abandon(c, c->parser.refusal, c->parser.err.text);
	else
		connection_close(c, "broken request body");
}

static void body_progressed(struct http_connection *c, size_t before)
{
	if (evbuffer_get_length(c->exchange->body) > before) {
		c->wants_continue = false; /* it did not wait for us */
		connection_wake(c);
	}
}

/* What came before the end is little, and tells whether the request is a whole one. */
static size_t body_room(const struct http_connection *c, size_t held)
{
	if (stream_input_ended(c->stream))
		return evbuffer_get_length(stream_input(c->stream)) + 1;
	return c->body_mark - min_of(held, c->body_mark);
}

/* False when the body is malformed. */
static bool read_body(struct http_connection *c)
{
	struct exchange *x = c->exchange;
	size_t held = evbuffer_get_length(x->body);
	size_t room = body_room(c, held);

	if (x->body_complete || room == 0)
		return true;
	enum http_parse r = http_parser_run(&c->parser, stream_input(c->stream), x->body, room);
	if (r == HTTP_PARSE_FAILED)
		return false;
	if (x->ignores_body)
		evbuffer_drain(x->body, evbuffer_get_length(x->body));
	else
		body_progressed(c, held);
	if (r == HTTP_PARSE_END) {
		x->body_complete = true;
		x->trailers = c->parser.trailers;
		c->parser.trailers = (struct headers){ 0 };
		connection_wake(c);
	}
	return true;
}

static bool end_belongs_to_stream(const struct http_connection *c)
{
	return c->parser.asks_upgrade && !c->exchange->answer_started && !connection_drains(c);
}

static void input_ended_in_exchange(struct http_connection *c)
{
	struct exchange *x = c->exchange;

	if (x->answer_ended)
		return; /* pipelined requests are still to be answered */
	if (!x->body_complete) {
		http_parser_end_input(&c->parser);
		exchange_broke(c, x);
		return;
	}
	if (end_belongs_to_stream(c))
		return;
	if (!timer_pending(&c->timer))
		timer_start(&c->timer, HALF_CLOSED_GRACE_MS);
}

void exchange_request_hung_up(struct http_connection *c)
{
	if (!c->exchange || end_belongs_to_stream(c) || timer_pending(&c->timer))
		return;
	c->bytes_at_look = stream_bytes_in(c->stream);
	timer_start(&c->timer, stream_hung_up(c->stream) ? HUNG_UP_LOOK_MS : STALLED_LOOK_MS);
}

static bool is_upload_at_the_end(const struct http_connection *c)
{
	return connection_drains(c) && !c->exchange->body_complete;
}

void exchange_request_advance(struct http_connection *c)
{
	if (!c->exchange)
		return;
	if (!read_body(c)) {
		exchange_broke(c, c->exchange);
		return;
	}
	if (stream_input_ended(c->stream))
		input_ended_in_exchange(c);
	else if (stream_hung_up(c->stream) || is_upload_at_the_end(c))
		exchange_request_hung_up(c);
}

void exchange_request_no_upgrade(struct http_connection *c)
{
	if (c->parser.asks_upgrade)
		connection_defer_advance(c);
}

/* "http://host/path" as sent to proxies (RFC 9112 3.2.2) becomes "/path". */
static void make_origin_form(struct request_head *head)
{
	char *at = strstr(head->target, "://");

	if (head->target[0] == '/' || strcmp(head->target, "*") == 0 || !at)
		return;
	at += 3 + strcspn(at + 3, "/?");
	char *path = *at == '/' ? xstrdup(at) : xasprintf("/%s", at);
	free(head->target);
	head->target = path;
}

static int64_t announced_length(const struct http_parser *p)
{
	switch (p->framing) {
	case HTTP_FRAMING_CHUNKED: return -1;
	case HTTP_FRAMING_LENGTH: return p->length;
	default: return 0;
	}
}

static bool understands_expectation(struct http_connection *c, const struct exchange *x)
{
	const char *expect = headers_get(&x->head.headers, "Expect");

	if (!expect)
		return true;
	if (strcasecmp(expect, "100-continue") != 0)
		return false;
	c->wants_continue = x->head.minor >= 1 && x->body_length != 0;
	return true;
}

static struct exchange *exchange_from_head(struct http_connection *c)
{
	struct exchange *x = exchange_create(c);

	x->head = c->parser.request;
	c->parser.request = (struct request_head){ 0 };
	make_origin_form(&x->head);
	x->body_length = announced_length(&c->parser);
	return x;
}

/* Takes back an exchange that no handler has seen. */
static void refuse_instead(struct http_connection *c, int status, const char *text)
{
	struct exchange *x = c->exchange;

	c->exchange = NULL;
	c->state = CONNECTION_EXCHANGE;
	exchange_request_refuse(c, status, text);
	exchange_finish(x);
}

void exchange_request_begin(struct http_connection *c)
{
	struct exchange *x = exchange_from_head(c);

	timer_stop(&c->timer);
	c->state = CONNECTION_EXCHANGE;
	if (!understands_expectation(c, x)) {
		refuse_instead(c, 417, "unsupported Expect");
		return;
	}
	if (!read_body(c)) {
		refuse_instead(c, c->parser.refusal, c->parser.err.text);
		return;
	}
	if (stream_input_ended(c->stream))
		connection_defer_advance(c);
	c->server->config.handle(x, c->server->config.arg);
}

/* Whoever has the exchange still takes what the client left, or sends. */
static bool is_being_read(const struct http_connection *c)
{
	return !stream_input_ended(c->stream) && stream_bytes_in(c->stream) > c->bytes_at_look;
}

/* The upload that was looked at has come to its end, and its client waits for the answer. */
static bool has_all_of_a_client(const struct http_connection *c)
{
	return c->exchange->body_complete && !stream_input_ended(c->stream) &&
	       !stream_hung_up(c->stream);
}

void exchange_request_grace_over(struct http_connection *c)
{
	if (c->exchange && has_all_of_a_client(c))
		return;
	if (c->exchange && is_being_read(c))
		exchange_request_hung_up(c);
	else if (!c->exchange || !c->exchange->answer_ended)
		connection_close(c, "client went away");
}
