/*
 * http/exchange.h - a request that we answer.
 *
 * The server hands it to the handler, who owns it until exchange_finish.  The head is complete;
 * the body arrives in `body` while the owner takes bytes out (back-pressure: the server stops
 * reading from the client while too much lies there).  The owner names a task that is woken when
 * something happened: body bytes, end of the body, room in the answer, or the client is gone.
 *
 * Whatever is not answered when the owner finishes is broken off, so that the client sees a
 * truncated answer as an error and never as a complete one.
 */
#pragma once

#include <event2/buffer.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "http/message.h"
#include "net/stream.h"
#include "net/task.h"

struct http_connection;

struct exchange {
	struct request_head head;
	struct evbuffer *body;   /* received, not yet taken; owned */
	int64_t body_length;     /* as announced; 0 = none, -1 = chunked */
	bool body_complete;      /* nothing more will be added to body */
	bool wants_body;         /* see exchange_want_body */
	bool ignores_body;       /* thrown away as it comes; private */
	struct headers trailers; /* after a chunked body, once it is complete; owned */
	bool gone; /* the client went away (a moment after its end of sending, see request.c);
		    * nothing can be sent any more and all functions are silent */
	struct error body_err; /* set when the body broke off or was malformed (then body_complete
				  stays false and gone is true) */
	struct task *waiter;   /* borrowed; woken on progress */
	struct headers answer; /* fields to send with the head; the owner adds */
	uint64_t id;           /* for logs */
	bool answer_started, answer_ended;
	int status;                         /* of the answer; 0 before it has started */
	struct http_connection *connection; /* private */
};

/* Peer facts, valid while the exchange lives. */
const char *exchange_peer(const struct exchange *x);    /* "10.0.0.9:4711" */
const char *exchange_peer_ip(const struct exchange *x); /* "" for unix */
const char *exchange_peer_identity(
	const struct exchange *x); /* certificate subject, else "ip:..." or "uid:..." */
/* Its verified certificate is expressly one of a server: a node or another manager, no mere client.
 */
bool exchange_peer_may_serve(const struct exchange *x);
bool exchange_over_tls(const struct exchange *x);
/* The client wishes to leave HTTP after this request (Upgrade; engines do not insist on Connection
 * naming it, and there are clients that leave it out).  Until an answer other
 * than 101 has started, the end of its sending side does not make it `gone`. */
bool exchange_asks_upgrade(const struct exchange *x);

/* Who is woken from now on; NULL for nobody. */
void exchange_set_waiter(struct exchange *x, struct task *waiter);

/* Gather the whole body: true when it is there; false while it is not (keep waiting), and false
 * with err set when it is larger than max bytes or broke off.  `Expect: 100-continue` is answered
 * when the owner first asks for body. */
bool exchange_body_ready(struct exchange *x, size_t max, struct error *err);
/* For those who take bytes out of `body` as they come: to be called before the answer starts.  A
 * body that nobody has asked for by then, so or by exchange_body_ready, is thrown away, because it
 * would hide the end of the client behind it. */
void exchange_want_body(struct exchange *x);
/* The client waits for "100 Continue" before it sends its body: send it now (idempotent). */
void exchange_continue(struct exchange *x);

/* A complete answer.  data may be NULL with len 0.  For HEAD only the head is sent, with the
 * length. */
void exchange_reply(
	struct exchange *x, int status, const char *content_type, const void *data, size_t len);

/* An answer in pieces: the head goes out at once.  length >= 0 announces it; -1 means chunked
 * (HTTP/1.1) or "until close" (1.0). Bodies of HEAD, 204 and 304 are swallowed. */
void exchange_start(struct exchange *x, int status, int64_t length);
/* The same with somebody else's phrase ("101 UPGRADED", "204 No Content"). */
void exchange_start_reason(struct exchange *x, int status, const char *reason, int64_t length);
void exchange_write(struct exchange *x, const void *data, size_t len);
void exchange_write_buffer(struct exchange *x, struct evbuffer *from); /* moves */
/* The owner holds so many bytes for this client besides `body` and what it has written: answers it
 * collects, a queue.  They count against what all clients may hold together. */
void exchange_charge(struct exchange *x, size_t bytes);
bool exchange_is_full(
	const struct exchange *x); /* stop producing; the waiter is woken when there is room */
bool exchange_is_sent(const struct exchange *x); /* nothing of what was written is still here */
void exchange_add_trailer(struct exchange *x, const char *name,
	const char *value); /* before exchange_end; chunked only */
void exchange_end(struct exchange *x);

/* Give the connection up as a raw stream: nothing of HTTP happens on it any more.  Bytes that came
 * after the head are in the stream's input.  Output written before (a 101 head through
 * exchange_write_raw) is sent first.  The exchange must still be finished. */
void exchange_write_raw(struct exchange *x, struct evbuffer *from);
/* NULL when the client is gone. */
struct stream *exchange_take_stream(struct exchange *x);

/* Give it back.  An ended answer leaves the connection to the next request (after the rest of the
 * body has been read or thrown away); anything else closes it. */
void exchange_finish(struct exchange *x);
