/*
 * http/connection.h - what server.c and exchange.c share: one client's connection.  Private.
 *
 * server.c reads (heads, bodies, when to close), exchange.c writes (the one answer under way).
 * The memory of a connection outlives its stream for as long as an exchange of it is out, so that
 * a handler may ask for the peer's facts whenever it likes.
 */
#pragma once

#include "base/list.h"
#include "http/parser.h"
#include "http/server.h"
#include "net/loop.h"

enum connection_state {
	CONNECTION_HEAD,     /* waiting for a request, or in the middle of its head */
	CONNECTION_EXCHANGE, /* a handler has an exchange */
	CONNECTION_DISCARD,  /* answered; the rest of the request's body is thrown away */
	CONNECTION_LINGER,   /* our side has ended; lets the client read what we sent */
	CONNECTION_TAKEN,    /* the stream was given away */
	CONNECTION_CLOSED,
};

struct http_connection {
	struct list link;           /* http_server::connections */
	struct http_server *server; /* NULL once it is destroyed */
	struct loop *loop;
	struct stream *stream; /* owned; NULL when taken or closed */
	enum connection_state state;
	struct http_parser parser;
	struct timer timer; /* head, keep-alive, grace of a half-closed client, linger */
	struct deferred advance;
	struct exchange *exchange; /* the one that can be answered; NULL: none, or it is gone */
	size_t held;               /* exchanges that are out, gone ones included */
	size_t body_mark;          /* stop reading while the exchange's body holds this much */
	size_t discard_left;
	int linger_ticks;
	char *peer, *peer_ip, *identity; /* owned */
	bool tls;

	/* The answer under way. */
	enum http_framing framing;
	int64_t answer_left; /* HTTP_FRAMING_LENGTH */
	struct headers trailers;
	bool wants_continue; /* the client waits for "100 Continue" */
	bool closing;        /* this answer is the last one */
};

/* Whether anything may be written for x. */
static inline bool connection_serves(const struct http_connection *c, const struct exchange *x)
{
	return c->exchange == x && c->stream;
}
/* Read on at the end of this turn. */
void connection_defer_advance(struct http_connection *c);
/* An upgrade that the client wished for did not happen: its end of input now counts. */
void connection_no_upgrade(struct http_connection *c);
/* x was given back. */
void connection_finish_exchange(struct http_connection *c, struct exchange *x);
bool connection_drains(const struct http_connection *c);
