/*
 * http/client.h - requests that we make.
 *
 * An endpoint is one peer with its idle connections.  A call is one request and, later, its
 * answer.  It lives inside the task that waits for it; sending never calls back: the task is
 * woken when the head is there, when body bytes came (CALL_STREAM), when there is room to write
 * (streamed request body), and when it is over.  Finishing a call that is under way cancels it
 * in silence and closes its connection.
 *
 * A kept-alive connection may be dead before we know it.  A request that means the same when it is
 * sent twice (RFC 9110 9.2.2) and has no body is then sent once more, on a fresh connection; the
 * others (POST) only take a kept connection that was in use a moment ago.
 */
#pragma once

#include <event2/buffer.h>
#include <yyjson.h>

#include "base/error.h"
#include "base/histogram.h"
#include "base/json_pieces.h"
#include "http/message.h"
#include "net/address.h"
#include "net/stream.h"
#include "net/task.h"

struct endpoint;

struct endpoint_config {
	struct address address;      /* copied */
	struct tls_context *tls;     /* counted; NULL: plain */
	const char *host_header;     /* NULL: from the address ("localhost" for unix) */
	const char *tls_server_name; /* NULL: the host */
	size_t max_idle;             /* 0: 4; more are kept for a second at most */
	size_t max_active;           /* 0: 1024; more calls wait in line */
	int64_t connect_timeout_ms;  /* 0: 10 s */
	int64_t idle_timeout_ms;     /* of kept connections; 0: 60 s */
	int64_t once_timeout_ms;     /* ... for requests that must not be sent twice; 0: 4 s */
};

struct endpoint *endpoint_create(struct loop *loop, const struct endpoint_config *config);
/* Closes idle connections; calls under way end with ERROR_CLOSED "Engine no longer exists"-style
 * text given by reason. */
void endpoint_destroy(struct endpoint *e, const char *reason);
void endpoint_close_idle(struct endpoint *e);
/* For good: calls under way and all later ones end with ERROR_CLOSED and this text. */
void endpoint_close(struct endpoint *e, const char *reason);
/* IP literal that the newest connection reached; "" before the first, and for unix. */
const char *endpoint_peer_ip(const struct endpoint *e);
const struct address *endpoint_address(const struct endpoint *e);
struct loop *endpoint_loop(const struct endpoint *e);
bool endpoint_is_tls(const struct endpoint *e);
size_t endpoint_connections(const struct endpoint *e); /* open, busy or idle */
/* How long it took until answers began, counted by endpoint_scale. */
const struct histogram *endpoint_times(const struct endpoint *e);
extern const struct histogram_scale endpoint_scale;
/* How long it takes at present until a usual answer begins; 0 before the first.  A single long one
 * (a stop that waits for its container) hardly counts. */
int64_t endpoint_latency_us(const struct endpoint *e);
uint64_t endpoint_failures(const struct endpoint *e); /* calls that got no complete answer */

enum call_mode {
	CALL_TEXT,   /* the body is gathered in `in`, up to max_body */
	CALL_JSON,   /* gathered; parsed into `json` when status < 300 and the body is not blank */
	CALL_STREAM, /* the waiter takes bytes out of `in`; reading pauses while too much lies there
		      */
	CALL_DRAIN,  /* thrown away */
};

struct call {
	/* The request; filled by the caller before call_send. */
	struct request_head head; /* Host, Content-Length or chunked are added by send */
	char *body;               /* owned; the whole body, or NULL */
	size_t body_len;
	bool stream_body;      /* the body follows through call_write; length: */
	int64_t stream_length; /* -1: chunked */
	enum call_mode mode;
	size_t max_body;         /* CALL_TEXT/JSON: 0 = 16 MiB; passing it is an error */
	int64_t head_timeout_ms; /* from sent to head; 0 = 30 s, -1 = none */
	int64_t idle_timeout_ms; /* between body bytes; 0 = 60 s, -1 = none */
	int64_t body_timeout_ms; /* from head to end, however steadily it drips; -1 = none, 0 =
				    60 s for CALL_TEXT/JSON, else none */
	bool keeps_text;         /* CALL_JSON: what was parsed stays in `in`, in one piece */
	bool fresh_connection;   /* do not reuse (hijack, endless streams) */
	bool skips_line;         /* starts however many are under way: for the few that tell how the
				  * peer fares, which must not look silent because it is busy */
	bool hijack;        /* a 200 without length may become a stream, as 101 always may: after
			     * the head nothing is read until call_take_stream or call_resume */
	size_t stream_mark; /* CALL_STREAM: bytes in `in` at which reading pauses; 0: 128 KiB */

	/* The answer. */
	struct response_head answer; /* owned; answer.status is 0 until the head has come */
	int64_t length;              /* of its body as announced, -1 when it was not */
	struct evbuffer *in;         /* body bytes; owned */
	yyjson_doc *json;            /* owned */
	struct headers trailers;     /* owned */
	bool head_done;
	bool done;              /* over: complete, or err is set */
	struct error err;       /* no (complete) answer came; never set for a mere 4xx/5xx */
	bool connection_failed; /* err came from connecting, TLS or silence, i.e. counts against the
				   peer's health */

	struct task *waiter;      /* borrowed */
	struct call_state *state; /* private */
};

/* A zeroed call with method and target. */
void call_init(struct call *c, const char *method, const char *target);
/* Starts; the waiter is woken later, never from inside. */
void call_send(struct call *c, struct endpoint *e, struct task *waiter);
/* Streamed request body.  The answer may come before its end, then go on writing; the end of the
 * answer is the end of the call, and closes the connection when the body was not complete. */
void call_write_buffer(struct call *c, struct evbuffer *from); /* moves */
/* No room for body: also true until the peer has accepted the connection.  False once it is over:
 * what is written then is thrown away. */
bool call_is_full(const struct call *c);
void call_add_trailer(struct call *c, const char *name,
	const char *value); /* before call_end_body; chunked only */
void call_end_body(struct call *c);
/* CALL_STREAM: call after taking bytes out of `in`.  A head that may be taken as a stream is an
 * ordinary answer from here. */
void call_resume(struct call *c);
/*
 * CALL_STREAM of an answer in JSON: its next piece, out of what has come.  MORE: the waiter is
 * woken when there is more of it.  FAILED, with err (not NULL), also when the call has failed, or
 * the answer is longer than max_body (0 = 64 MiB).
 */
enum json_pieces_turn call_next_piece(
	struct call *c, struct json_pieces *p, struct json_piece *ret, struct error *err);
/* After head_done with 101, or (hijack) with a 200 without length: the connection becomes a stream
 * of the caller's; bytes after the head are in its input.  The call is over.  NULL when there is
 * nothing to take. */
struct stream *call_take_stream(struct call *c);
bool call_offers_stream(const struct call *c);
/* Cancels when under way, frees everything, leaves zeroed memory.  Zeroed memory is fine. */
void call_finish(struct call *c);

/* Refused, and what the peer says of it is there: all, or more than an error text needs.
 * CALL_STREAM: not to be waited for any longer, because nobody takes the rest. */
bool call_is_refused(const struct call *c);
/* The peer's error text of a refused call with status >= 400: JSON "message" when there is one,
 * else the trimmed body, else the phrase.  Caller frees. */
char *call_error_text(const struct call *c) must_check;
