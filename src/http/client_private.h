/*
 * http/client_private.h - what endpoint.c (connections, the line of waiting calls) and client*.c
 * (one request and its answer) share.
 */
#pragma once

#include "base/list.h"
#include "http/client.h"
#include "http/parser.h"
#include "net/dial.h"

enum call_phase {
	CALL_QUEUED, /* in endpoint::waiting */
	CALL_DIALING,
	CALL_HEAD, /* sent, or being sent; no head yet */
	CALL_BODY,
	CALL_HELD, /* the head offers a stream; nothing is read */
	CALL_OVER,
};

struct call_state {
	struct call *call;
	struct list link;          /* endpoint::waiting or endpoint::active */
	struct endpoint *endpoint; /* NULL once it is destroyed or the call is over */
	enum call_phase phase;
	struct dial dial;
	struct task driver;    /* woken by dial */
	struct stream *stream; /* owned */
	struct http_parser parser;
	struct timer timer;
	struct deferred resume;
	int64_t since_ms; /* last sign of life that counts for the timer */
	int64_t sent_us;  /* when the call began, its time in line included */
	int64_t head_ms;  /* when the head was complete */
	bool reused;      /* the connection was an idle one */
	bool retried;
	int interim;         /* 1xx heads skipped */
	struct error broken; /* of the stream; input may still be left */

	/* The request's body. */
	struct evbuffer *pending; /* written before there was a connection */
	struct headers trailers;
	int64_t body_left; /* with a length */
	bool body_ended;
};

/* endpoint.c */
/* Puts the call under way or in line; a connection is given by call_attach or dialled. */
void endpoint_admit(struct endpoint *e, struct call_state *s);
/* The call needs its place no more. */
void endpoint_leave(struct call_state *s);
/* Starts on a kept connection, unless a fresh one is wanted. */
void endpoint_connect(struct endpoint *e, struct call_state *s, bool fresh);
void endpoint_note_peer(struct endpoint *e, const struct stream *stream);
void endpoint_park(struct endpoint *e, struct stream *stream);
const char *endpoint_name(const struct endpoint *e);
const char *endpoint_host_header(const struct endpoint *e);
/* What became of a call that began at sent_us: it is answered, or it failed. */
void endpoint_note_answer(struct endpoint *e, int64_t sent_us);
void endpoint_note_failure(struct endpoint *e);

/* client.c */
void call_attach(struct call_state *s, struct stream *stream, bool reused);
/* Over: with what came, or with err (moved). */
void call_over(struct call_state *s);
void call_fail_with(struct call_state *s, struct error *err);
void call_fail(struct call_state *s, enum error_code code, const char *fmt, ...) printf_like(3, 4);
/* Once more, on a fresh connection. */
bool call_may_retry(const struct call_state *s);
void call_retry(struct call_state *s);

/* client_request.c */
bool call_has_body(const struct call *c);
/* May be sent twice without doing more than once. */
bool call_is_repeatable(const struct call *c);
void call_prepare_head(struct call_state *s, const char *host);
void call_write_request(struct call_state *s);

/* client_answer.c */
/* Looks at what the connection has brought, and at its end. */
void call_advance(struct call_state *s);

/* client_deadline.c */
/* The call stands in line for a place. */
void call_enter_queue(struct call_state *s);
/* A phase begins. */
void call_start_clock(struct call_state *s);
void call_handle_timer(struct timer *t);
/* CALL_STREAM: how much may lie in `in`. */
size_t call_stream_mark(const struct call *c);
