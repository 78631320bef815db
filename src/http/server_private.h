/*
 * http/server_private.h - the server and one client's connection, for the files that share them.
 *
 * server.c lets it in, connection.c knows its states and when to close, request.c reads the request
 * of the exchange under way, exchange.c writes its answer, budget.c counts what it makes us hold.
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

struct budget {
	size_t bytes, peak; /* of all accounts, as counted last; since memory was given back */
	struct deferred shed;
	struct timer quiet;
};

struct http_server {
	struct loop *loop;
	struct http_server_config config;
	struct list connections; /* http_connection::link */
	struct list waiting;     /* http_connection::waiting: for a head, the longest first */
	size_t count, busy;
	struct budget budget;
	uint64_t last_id;
	bool draining;
};

struct http_connection {
	struct list link;           /* http_server::connections */
	struct list waiting;        /* http_server::waiting, in CONNECTION_HEAD */
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
	size_t counted;            /* this connection's share of http_server::budget */
	size_t charged;            /* ... of it what the owner of the exchange holds */
	size_t discard_left;
	uint64_t bytes_at_look; /* received, when the client had hung up */
	int linger_ticks;
	char *peer, *peer_ip, *identity; /* owned */
	bool tls;
	bool peer_may_serve;

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

/* connection.c */
/* Joins the server; the stream is the connection's from now on. */
struct http_connection *connection_create(struct http_server *server, struct stream *s);
/* At once; the exchange that is out, if any, learns that its client is gone. */
void connection_close(struct http_connection *c, const char *reason);
void connection_wait_for_head(struct http_connection *c);
/* Read on at the end of this turn. */
void connection_defer_advance(struct http_connection *c);
/* Whoever has the exchange should look at it. */
void connection_wake(struct http_connection *c);
/* x was given back. */
void connection_finish_exchange(struct http_connection *c, struct exchange *x);
bool connection_drains(const struct http_connection *c);

/* request.c */
/* The head is there: an exchange for the handler, or a refusal. */
void exchange_request_begin(struct http_connection *c);
/* Its body, and the end of the client. */
void exchange_request_advance(struct http_connection *c);
/* The client has hung up behind much that is unread, or uploads while we are about to end: it is
 * gone when nothing moves. */
void exchange_request_hung_up(struct http_connection *c);
/* The grace of a client that hung up is over; an answer that is complete still goes out. */
void exchange_request_grace_over(struct http_connection *c);
/* Takes the exchange from its owner, for whom the client is gone: it is refused, or, once its
 * answer has begun, the connection closed. */
void exchange_request_abandon(struct http_connection *c, int status, const char *text);
/* Answers by ourselves what no handler shall see, and closes. */
void exchange_request_refuse(struct http_connection *c, int status, const char *text);
/* An upgrade that the client wished for did not happen: its end of input now counts. */
void exchange_request_no_upgrade(struct http_connection *c);

/* budget.c */
void budget_init(struct http_server *server);
void budget_finish(struct http_server *server);
/* To be called when the account may have grown; shrinking may be noticed later. */
void budget_count(struct http_connection *c);
/* The connection leaves its server. */
void budget_leave(struct http_connection *c);
