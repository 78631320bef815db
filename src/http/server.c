/*
 * http/server.c - who may come in, and when all must leave.
 */
#include "http/server.h"

#include <string.h>

#include "base/mem.h"
#include "http/server_private.h"

enum {
	/* How many refused clients may linger beyond max_connections. */
	REFUSED_MAX = 64,
};

static void apply_defaults(struct http_server_config *config)
{
	if (!config->max_head_bytes)
		config->max_head_bytes = HTTP_MAX_HEAD_BYTES;
	if (!config->max_headers)
		config->max_headers = HTTP_MAX_HEADERS;
	if (!config->max_client_bytes)
		config->max_client_bytes = SIZE_MAX;
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
	list_init(&server->waiting);
	budget_init(server);
	return server;
}

/* The one that has waited longest between two requests, or in the middle of a head.  A client
 * notices when it wants to ask again, and connects anew, as it must after a long silence anyway. */
static bool make_room(struct http_server *server)
{
	struct http_connection *c = list_first(&server->waiting, struct http_connection, waiting);

	if (c)
		connection_close(c, "the room was needed for another client");
	return c != NULL;
}

/* An eighth is left for others, however much one address has under way. */
static bool has_its_share(const struct http_server *server, const struct stream *s)
{
	size_t share = server->config.max_connections - server->config.max_connections / 8;
	const struct http_connection *c;
	size_t held = 0;

	if (server->count < share)
		return false;
	list_for_each (c, &server->connections, link)
		held += strcmp(c->peer_ip, stream_peer_ip(s)) == 0;
	return held >= share;
}

void http_server_take(struct http_server *server, struct stream *stream)
{
	size_t max = server->config.max_connections;
	bool is_full;

	if (server->draining || server->count >= max + REFUSED_MAX) {
		stream_destroy(stream, server->draining ? "shutting down" : "far too many clients");
		return;
	}
	is_full = (server->count >= max || has_its_share(server, stream)) && !make_room(server);
	struct http_connection *c = connection_create(server, stream);
	if (is_full)
		exchange_request_refuse(c, 503, "too many connections");
	else
		connection_wait_for_head(c);
}

void http_server_drain(struct http_server *server)
{
	struct http_connection *c, *next;

	server->draining = true;
	list_for_each_safe (c, next, &server->connections, link)
		if (c->state == CONNECTION_HEAD && !http_parser_in_head(&c->parser))
			connection_close(c, "shutting down");
		else
			connection_defer_advance(c); /* its client may have left already */
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
	budget_finish(server);
	free(server);
}
