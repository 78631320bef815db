/*
 * http/connection.c - connections of clients: their states, and when to close.
 *
 * Reading never stops at will: the input's own mark does that.  So the end of a client is seen even
 * while nobody takes the body.
 */
#include "http/server_private.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"

enum {
	DISCARD_MAX = 256 * 1024, /* of a body that nobody wanted, to save the connection */
	LINGER_TICK_MS = 500,
	LINGER_TICKS = 4,              /* after all was sent */
	LINGER_SILENCE_MS = 30 * 1000, /* while the client does not read */
};

static void connection_advance(struct http_connection *c);

bool connection_drains(const struct http_connection *c)
{
	return !c->server || c->server->draining;
}

void connection_defer_advance(struct http_connection *c)
{
	loop_defer(c->loop, &c->advance);
}

void connection_wake(struct http_connection *c)
{
	if (c->exchange)
		task_wake(c->exchange->waiter);
}

static void connection_free(void *object)
{
	struct http_connection *c = object;

	http_parser_finish(&c->parser);
	headers_finish(&c->trailers);
	free(c->peer);
	free(c->peer_ip);
	free(c->identity);
	free(c);
}

static void leave_server(struct http_connection *c)
{
	list_remove(&c->link);
	list_remove(&c->waiting);
	if (c->server) {
		budget_leave(c);
		c->server->count--;
		c->server->busy -= c->held; /* finished one day, but nobody waits for it */
		metric_add(METRIC_http_connections, -1);
	}
	c->server = NULL;
}

void connection_close(struct http_connection *c, const char *reason)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) see list.h */
	if (c->state == CONNECTION_CLOSED)
		return;
	c->state = CONNECTION_CLOSED;
	timer_stop(&c->timer);
	deferred_cancel(&c->advance);
	stream_destroy(steal(c->stream), reason);
	leave_server(c);
	if (c->exchange) {
		c->exchange->gone = true;
		connection_wake(c);
		c->exchange = NULL;
	}
	if (c->held == 0)
		loop_release_later(c->loop, c, connection_free);
}

static void connection_linger(struct http_connection *c)
{
	c->state = CONNECTION_LINGER;
	list_remove(&c->waiting);
	c->linger_ticks = 0;
	stream_end_output(c->stream);
	timer_start(&c->timer, LINGER_TICK_MS);
	connection_defer_advance(c);
}

static bool linger_over(const struct http_connection *c)
{
	if (!stream_output_ended(c->stream))
		return clock_mono_ms() - stream_last_active_ms(c->stream) > LINGER_SILENCE_MS;
	return stream_input_ended(c->stream) || c->linger_ticks >= LINGER_TICKS;
}

/* Closing with unread input would send a reset that may destroy our last answer on its way. */
static void advance_linger(struct http_connection *c)
{
	struct evbuffer *input = stream_input(c->stream);

	evbuffer_drain(input, evbuffer_get_length(input));
	if (linger_over(c))
		connection_close(c, "lingered");
}

static void linger_tick(struct http_connection *c)
{
	if (stream_output_ended(c->stream))
		c->linger_ticks++;
	if (linger_over(c))
		connection_close(c, "linger timeout");
	else
		timer_start(&c->timer, LINGER_TICK_MS);
}

/* --- between exchanges --- */

void connection_wait_for_head(struct http_connection *c)
{
	c->state = CONNECTION_HEAD;
	list_push_back(&c->server->waiting, &c->waiting);
	http_parser_reset(&c->parser);
	timer_start(&c->timer, c->server->config.keepalive_timeout_ms);
}

/* Whoever does not read its answers gets no more of them, however many it asks for at once: the
 * next request waits until there is room. */
static void advance_head(struct http_connection *c)
{
	if (stream_is_full(c->stream))
		return;
	bool started = http_parser_in_head(&c->parser);
	enum http_parse r = http_parser_run(&c->parser, stream_input(c->stream), NULL, 0);

	if (r == HTTP_PARSE_HEAD) {
		exchange_request_begin(c);
	} else if (r == HTTP_PARSE_FAILED) {
		exchange_request_refuse(c, c->parser.refusal, c->parser.err.text);
	} else if (stream_input_ended(c->stream)) {
		connection_linger(c);
	} else if (!started && http_parser_in_head(&c->parser)) {
		timer_start(&c->timer, c->server->config.head_timeout_ms);
	}
}

static void next_request(struct http_connection *c)
{
	if (c->closing || connection_drains(c)) {
		connection_linger(c);
		return;
	}
	connection_wait_for_head(c);
	connection_defer_advance(c);
}

static void advance_discard(struct http_connection *c)
{
	auto_evbuffer struct evbuffer *sink = evbuffer_new();
	enum http_parse r =
		http_parser_run(&c->parser, stream_input(c->stream), sink, c->discard_left);

	c->discard_left -= evbuffer_get_length(sink);
	if (r == HTTP_PARSE_END)
		next_request(c);
	else if (r == HTTP_PARSE_FAILED || c->discard_left == 0 || stream_input_ended(c->stream))
		connection_linger(c);
}

static void connection_advance(struct http_connection *c)
{
	switch (c->state) {
	case CONNECTION_HEAD: advance_head(c); break;
	case CONNECTION_EXCHANGE: exchange_request_advance(c); break;
	case CONNECTION_DISCARD: advance_discard(c); break;
	case CONNECTION_LINGER: advance_linger(c); break;
	case CONNECTION_TAKEN:
	case CONNECTION_CLOSED: break;
	}
	budget_count(c);
}

static void start_discard(struct http_connection *c)
{
	/* A client that still waits for "100 Continue" may send its body, or not: no way to know.
	 */
	if (c->wants_continue || c->closing) {
		connection_linger(c);
		return;
	}
	c->state = CONNECTION_DISCARD;
	c->discard_left = DISCARD_MAX;
	timer_start(&c->timer, c->server->config.head_timeout_ms);
	connection_defer_advance(c);
}

static void after_exchange(struct http_connection *c, const struct exchange *x)
{
	timer_stop(&c->timer);
	if (c->state == CONNECTION_TAKEN)
		connection_close(c, "stream taken");
	else if (!x->answer_ended)
		connection_close(c, "unfinished answer");
	else if (x->body_complete)
		next_request(c);
	else
		start_discard(c);
}

void connection_finish_exchange(struct http_connection *c, struct exchange *x)
{
	c->held--;
	if (c->server)
		c->server->busy--;
	if (c->exchange == x) {
		c->exchange = NULL;
		c->charged = 0;
		after_exchange(c, x);
		budget_count(c);
	} else if (c->held == 0 && c->state == CONNECTION_CLOSED) {
		loop_release_later(c->loop, c, connection_free);
	}
}

/* --- events --- */

static void handle_input(struct stream *s, void *arg)
{
	struct http_connection *c = arg;

	assert(c->stream == s);
	connection_advance(c);
}

static void handle_drained(struct stream *s, void *arg)
{
	struct http_connection *c = arg;

	assert(c->stream == s);
	if (c->state == CONNECTION_LINGER || c->state == CONNECTION_HEAD)
		connection_advance(c);
	else
		connection_wake(c);
	budget_count(c);
}

static void handle_broken(struct stream *s, void *arg, const struct error *err maybe_unused)
{
	struct http_connection *c = arg;

	assert(c->stream == s);
	connection_close(c, "connection lost");
}

static const struct stream_ops connection_ops = {
	.handle_input = handle_input,
	.handle_end = handle_input,
	.handle_hang_up = handle_input,
	.handle_drained = handle_drained,
	.handle_broken = handle_broken,
};

static void handle_advance(struct deferred *d)
{
	connection_advance(container_of(d, struct http_connection, advance));
}

static void head_timeout(struct http_connection *c)
{
	if (http_parser_in_head(&c->parser))
		exchange_request_refuse(c, 408, "request head took too long");
	else
		connection_close(c, "idle timeout");
}

static void handle_timer(struct timer *t)
{
	struct http_connection *c = container_of(t, struct http_connection, timer);

	switch (c->state) {
	case CONNECTION_HEAD: head_timeout(c); break;
	case CONNECTION_EXCHANGE: exchange_request_grace_over(c); break;
	case CONNECTION_DISCARD: connection_linger(c); break;
	case CONNECTION_LINGER: linger_tick(c); break;
	case CONNECTION_TAKEN:
	case CONNECTION_CLOSED: break;
	}
}

/* --- life --- */

static char *identity_of(struct stream *s)
{
	if (stream_peer_certificate(s))
		return xstrdup(stream_peer_certificate(s));
	if (stream_peer_uid(s) >= 0)
		return xasprintf("uid:%lld", (long long)stream_peer_uid(s));
	return xasprintf("ip:%s", stream_peer_ip(s));
}

struct http_connection *connection_create(struct http_server *server, struct stream *s)
{
	struct http_connection *c = xnew(struct http_connection);

	c->server = server;
	c->loop = server->loop;
	c->stream = s;
	c->peer = xstrdup(stream_peer(s));
	c->peer_ip = xstrdup(stream_peer_ip(s));
	c->identity = identity_of(s);
	c->tls = stream_is_tls(s);
	c->peer_may_serve = stream_peer_may_serve(s);
	http_parser_init_request(
		&c->parser, server->config.max_head_bytes, server->config.max_headers);
	timer_init(&c->timer, c->loop, handle_timer);
	deferred_init(&c->advance, handle_advance);
	stream_set_ops(s, &connection_ops, c);
	list_init(&c->waiting);
	list_push_back(&server->connections, &c->link);
	server->count++;
	metric_add(METRIC_http_connections, 1);
	return c;
}
