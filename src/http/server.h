/*
 * http/server.h - HTTP/1.1 for clients.
 *
 * Takes connected streams, reads requests, and gives each to the one handler.  Keep-alive,
 * pipelining (answered in order, one at a time), Expect, chunked bodies, HEAD, HTTP/1.0.
 * Requests that can be read in two ways (two lengths, length and chunked, bare CR, folded
 * fields, several Host) are refused with 400 and the connection is closed.
 * An h2 preface ("PRI * HTTP/2.0 ... SM") is handed over as an exchange with method "PRI": the
 * preface itself is taken, what follows it is in the stream that the owner takes.
 */
#pragma once

#include "http/exchange.h"

struct http_server;

struct http_server_config {
	size_t max_head_bytes; /* 0: 1 MiB; passing it is 431 */
	size_t max_headers;    /* 0: 10,000; likewise */
	/* 0: 4096.  When they are all there the one that waits longest for its client's next
	 * request makes room; when none waits, or one address holds seven eighths of them, another
	 * is answered 503 and closed. */
	size_t max_connections;
	size_t max_client_bytes; /* 0: no limit; held for all clients together (budget.c) */
	int64_t head_timeout_ms; /* from the first byte of a head to its end; 0: 30 s; then 408 */
	int64_t keepalive_timeout_ms; /* between requests; 0: 5 minutes */
	/* Takes the exchange. */
	void (*handle)(struct exchange *x, void *arg);
	/* Answers that the server makes itself (400, 408, 417, 431, 501, 503, 505): writes fields
	 * and body (exchange_reply) at once and does not finish the exchange, whose head is empty
	 * but for "GET /"; NULL: a plain text line. */
	void (*refuse)(struct exchange *x, int status, const char *text, void *arg);
	void *arg;
};

struct http_server *http_server_create(struct loop *loop, const struct http_server_config *config);
void http_server_take(struct http_server *server, struct stream *stream);
/* Idle connections close now, busy ones after their answer. */
void http_server_drain(struct http_server *server);
size_t http_server_busy(const struct http_server *server); /* exchanges under way */
/* Closes everything at once: every exchange that is out becomes `gone` (its owner still finishes
 * it). */
void http_server_destroy(struct http_server *server);
