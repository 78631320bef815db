/*
 * http/relay.h - an exchange answered by a peer: the request passes on, the answer passes back.
 *
 * Bodies are never parsed or gathered; both directions have back-pressure and overlap (an answer
 * may start, and end, while the upload is still running).  Heads are rewritten: fields of one hop
 * go, framing is chosen anew for each side.  When the client asked for an upgrade and the peer
 * answers 101 (or a raw-stream 200 to an attach), both sides become streams of one tunnel; any
 * other answer is an ordinary answer and the client's connection stays HTTP.
 *
 * The relay is embedded in its owner's struct; the owner's task is woken at the moments it
 * may care about: the answer's head is there (only with hold_head), all of it but its end has
 * been passed on (only with hold_end, of answers and of tunnels), and it is over.
 */
#pragma once

#include "http/client.h"
#include "http/exchange.h"

enum relay_state {
	RELAY_RUNNING,
	RELAY_HELD, /* hold_head: the peer's head is in call.answer; go on with relay_release */
	RELAY_HELD_AT_END, /* hold_end: all but the end has been passed on; go on with relay_release
			    */
	RELAY_DONE,        /* the whole answer was handed to the client's connection */
	RELAY_TUNNELLED,   /* the connection has become a tunnel and the tunnel is over */
	RELAY_NO_ANSWER,   /* the peer failed before its head; err says why; the exchange is
			      unanswered: the owner answers */
	RELAY_BROKEN, /* the peer failed after its head; the client's connection was broken off */
	RELAY_CLIENT_GONE,
};

struct relay {
	/* Set by the owner before relay_start. */
	struct request_head head; /* method, target and fields for the peer; owned. Fields of one
				     hop and Host are replaced. */
	bool hold_head; /* wait for the owner before the answer's head goes to the client */
	bool hold_body; /* with hold_head: also until the body (small, up to 1 MiB, else it is not
			   held) is complete */
	bool hold_end;  /* wait for the owner before the end of the answer goes to the client; it
			   then goes chunked, because a length would show where the end is */
	bool hold_tail; /* with hold_end: the body, too, if it is small, for clients that have seen
			   enough before the end */
	bool hijack;    /* attach-like: ask the peer on a fresh connection, tunnel on 101, or on 200
			   without length */
	int64_t head_timeout_ms; /* as in struct call; -1 for wait, logs and other long answers */
	int64_t idle_timeout_ms;
	/* Change the answer's head before it is sent (field names of the peer's are in it), also
	 * that of a tunnel, which otherwise goes as it is.  May be NULL. */
	void (*edit_head)(struct relay *r, struct response_head *head);

	/* For the owner to read. */
	enum relay_state state;
	struct error err;
	struct call call; /* call.answer is the peer's head */
	uint64_t request_bytes, answer_bytes;

	struct exchange *exchange; /* borrowed until over */
	struct task *waiter;
	struct task pump;                                 /* private */
	struct tunnel *tunnel;                            /* private; owned */
	bool released, end_released, head_sent, uploaded; /* private */
};

/* r is zeroed but for the settings.  The owner finishes the exchange after the relay is over (or in
 * NO_ANSWER answers first). */
void relay_start(struct relay *r, struct loop *loop, struct exchange *x, struct endpoint *to,
	struct task *waiter);
void relay_release(struct relay *r); /* only when held */
static inline bool relay_over(const struct relay *r)
{
	return r->state != RELAY_RUNNING && r->state != RELAY_HELD && r->state != RELAY_HELD_AT_END;
}
/* Cancels when under way; frees.  Zeroed memory is fine. */
void relay_finish(struct relay *r);
