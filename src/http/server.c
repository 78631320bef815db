/*
 * http/server.c - connections of clients: reading requests, and when to close.
 *
 * Reading never stops at will: the input's own mark does that.  So the end of a client is seen even
 * while nobody takes the body, as long as less than the mark lies there.
 *
 * A client that ends its sending side while it waits for an answer has in most cases gone away
 * (Ctrl-C of `docker wait`), which must cancel what is done for it.  But a simple client may end
 * its side right after the request.  So an exchange becomes `gone` a moment after the end: enough
 * for an answer from memory.  Where an upgrade was asked for, the end belongs to the stream.
 */
#include "http/server.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "http/connection.h"

enum {
	BODY_MARK = 64 * 1024,
	DISCARD_MAX = 256 * 1024, /* of a body that nobody wanted, to save the connection */
	/* How many refused clients may linger beyond max_connections. */
	REFUSED_MAX = 64,
	HALF_CLOSED_GRACE_MS = 250,
	LINGER_TICK_MS = 500,
	LINGER_TICKS = 4,              /* after all was sent */
	LINGER_SILENCE_MS = 30 * 1000, /* while the client does not read */
};

struct http_server {
	struct loop *loop;
	struct http_server_config config;
	struct list connections; /* http_connection::link */
	size_t count, busy;
	uint64_t last_id;
	bool draining;
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

static void connection_wake(struct http_connection *c)
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
	if (c->server) {
		c->server->count--;
		c->server->busy -= c->held; /* finished one day, but nobody waits for it */
		metric_add(METRIC_http_connections, -1);
	}
	c->server = NULL;
}

/* The one that is out, if any, learns that its client is gone. */
static void connection_close(struct http_connection *c, const char *reason)
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

/*
 * Exchanges.
 */

static void body_changed(
	struct evbuffer *body maybe_unused, const struct evbuffer_cb_info *info, void *arg)
{
	struct exchange *x = arg;

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
	c->exchange = x;
	c->held++;
	c->server->busy++;
	c->wants_continue = false;
	c->closing = false;
	c->body_mark = BODY_MARK;
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

/* Answers by ourselves what no handler shall see, and closes. */
static void connection_refuse(struct http_connection *c, int status, const char *text)
{
	struct exchange *x = exchange_create(c);

	timer_stop(&c->timer);
	c->state = CONNECTION_EXCHANGE;
	c->closing = true;
	x->body_complete = true;
	request_head_init(&x->head, "GET", "/");
	answer_refusal(&c->server->config, x, status, text);
	exchange_finish(x);
}

static void exchange_broke(struct http_connection *c, struct exchange *x)
{
	error_copy(&x->body_err, &c->parser.err);
	x->gone = true;
	task_wake(x->waiter);
	c->exchange = NULL;
	if (!x->answer_started && c->server && c->parser.err.code == ERROR_PROTOCOL)
		connection_refuse(c, c->parser.refusal, c->parser.err.text);
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

/* False when the body is malformed. */
static bool read_body(struct http_connection *c)
{
	struct exchange *x = c->exchange;
	size_t held = evbuffer_get_length(x->body);

	if (x->body_complete || held >= c->body_mark)
		return true;
	enum http_parse r =
		http_parser_run(&c->parser, stream_input(c->stream), x->body, c->body_mark - held);
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

static void input_ended_in_exchange(struct http_connection *c)
{
	struct exchange *x = c->exchange;

	if (x->answer_ended)
		return; /* pipelined requests are still to be answered */
	if (!x->body_complete && evbuffer_get_length(stream_input(c->stream)) > 0)
		return; /* the body's owner has not made room for the rest */
	if (!x->body_complete) {
		http_parser_end_input(&c->parser);
		exchange_broke(c, x);
		return;
	}
	if (c->parser.asks_upgrade && !x->answer_started)
		return;
	if (!timer_pending(&c->timer))
		timer_start(&c->timer, HALF_CLOSED_GRACE_MS);
}

static void advance_exchange(struct http_connection *c)
{
	if (!c->exchange)
		return;
	if (!read_body(c)) {
		exchange_broke(c, c->exchange);
		return;
	}
	if (stream_input_ended(c->stream))
		input_ended_in_exchange(c);
}

void connection_no_upgrade(struct http_connection *c)
{
	if (c->parser.asks_upgrade && stream_input_ended(c->stream))
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
	connection_refuse(c, status, text);
	exchange_finish(x);
}

static void begin_exchange(struct http_connection *c)
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

/*
 * Between exchanges.
 */

static void wait_for_head(struct http_connection *c)
{
	c->state = CONNECTION_HEAD;
	http_parser_reset(&c->parser);
	timer_start(&c->timer, c->server->config.keepalive_timeout_ms);
}

static void advance_head(struct http_connection *c)
{
	bool started = http_parser_in_head(&c->parser);
	enum http_parse r = http_parser_run(&c->parser, stream_input(c->stream), NULL, 0);

	if (r == HTTP_PARSE_HEAD) {
		begin_exchange(c);
	} else if (r == HTTP_PARSE_FAILED) {
		connection_refuse(c, c->parser.refusal, c->parser.err.text);
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
	wait_for_head(c);
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
	case CONNECTION_EXCHANGE: advance_exchange(c); break;
	case CONNECTION_DISCARD: advance_discard(c); break;
	case CONNECTION_LINGER: advance_linger(c); break;
	case CONNECTION_TAKEN:
	case CONNECTION_CLOSED: break;
	}
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
		after_exchange(c, x);
	} else if (c->held == 0 && c->state == CONNECTION_CLOSED) {
		loop_release_later(c->loop, c, connection_free);
	}
}

/*
 * Events.
 */

static void handle_input(struct stream *s maybe_unused, void *arg)
{
	connection_advance(arg);
}

static void handle_drained(struct stream *s maybe_unused, void *arg)
{
	struct http_connection *c = arg;

	if (c->state == CONNECTION_LINGER)
		connection_advance(c);
	else
		connection_wake(c);
}

static void handle_broken(
	struct stream *s maybe_unused, void *arg, const struct error *err maybe_unused)
{
	connection_close(arg, "connection lost");
}

static const struct stream_ops connection_ops = {
	.handle_input = handle_input,
	.handle_end = handle_input,
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
		connection_refuse(c, 408, "request head took too long");
	else
		connection_close(c, "idle timeout");
}

/* The grace of a half-closed client is over; an answer that is complete still goes out. */
static void grace_timeout(struct http_connection *c)
{
	if (!c->exchange || !c->exchange->answer_ended)
		connection_close(c, "client went away");
}

static void handle_timer(struct timer *t)
{
	struct http_connection *c = container_of(t, struct http_connection, timer);

	switch (c->state) {
	case CONNECTION_HEAD: head_timeout(c); break;
	case CONNECTION_EXCHANGE: grace_timeout(c); break;
	case CONNECTION_DISCARD: connection_linger(c); break;
	case CONNECTION_LINGER: linger_tick(c); break;
	case CONNECTION_TAKEN:
	case CONNECTION_CLOSED: break;
	}
}

/*
 * The server.
 */

static void apply_defaults(struct http_server_config *config)
{
	if (!config->max_head_bytes)
		config->max_head_bytes = HTTP_MAX_HEAD_BYTES;
	if (!config->max_headers)
		config->max_headers = HTTP_MAX_HEADERS;
	if (!config->max_connections)
		config->max_connections = 4096;
	if (!config->head_timeout_ms)
		config->head_timeout_ms = 30 * 1000;
	if (!config->keepalive_timeout_ms)
		config->keepalive_timeout_ms = 5 * 60 * 1000;
}

struct http_server *http_server_create(struct loop *loop, const struct http_server_config *config)
{
	struct http_server *server = xnew(struct http_server);

	server->loop = loop;
	server->config = *config;
	apply_defaults(&server->config);
	list_init(&server->connections);
	return server;
}

static char *identity_of(struct stream *s)
{
	if (stream_peer_certificate(s))
		return xstrdup(stream_peer_certificate(s));
	if (stream_peer_uid(s) >= 0)
		return xasprintf("uid:%lld", (long long)stream_peer_uid(s));
	return xasprintf("ip:%s", stream_peer_ip(s));
}

static struct http_connection *connection_create(struct http_server *server, struct stream *s)
{
	struct http_connection *c = xnew(struct http_connection);

	c->server = server;
	c->loop = server->loop;
	c->stream = s;
	c->peer = xstrdup(stream_peer(s));
	c->peer_ip = xstrdup(stream_peer_ip(s));
	c->identity = identity_of(s);
	c->tls = stream_is_tls(s);
	http_parser_init_request(
		&c->parser, server->config.max_head_bytes, server->config.max_headers);
	timer_init(&c->timer, c->loop, handle_timer);
	deferred_init(&c->advance, handle_advance);
	list_push_back(&server->connections, &c->link);
	server->count++;
	metric_add(METRIC_http_connections, 1);
	return c;
}

void http_server_take(struct http_server *server, struct stream *stream)
{
	size_t max = server->config.max_connections;

	if (server->draining || server->count >= max + REFUSED_MAX) {
		stream_destroy(stream, server->draining ? "shutting down" : "far too many clients");
		return;
	}
	struct http_connection *c = connection_create(server, stream);
	stream_set_ops(stream, &connection_ops, c);
	if (server->count > max)
		connection_refuse(c, 503, "too many connections");
	else
		wait_for_head(c);
}

void http_server_drain(struct http_server *server)
{
	struct http_connection *c, *next;

	server->draining = true;
	list_for_each_safe (c, next, &server->connections, link)
		if (c->state == CONNECTION_HEAD && !http_parser_in_head(&c->parser))
			connection_close(c, "shutting down");
}

size_t http_server_busy(const struct http_server *server)
{
	return server->busy;
}

void http_server_destroy(struct http_server *server)
{
	if (!server)
		return;
	while (!list_empty(&server->connections))
		connection_close(list_first(&server->connections, struct http_connection, link),
			"server closed");
	free(server);
}
