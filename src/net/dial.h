/*
 * net/dial.h - from an address to a connected stream, TLS handshake included.
 *
 * A dial lives inside the task that waits for it and wakes it when it is over: then either
 * `stream` (take it with steal()) or `err` is set.  All addresses of a name are tried in turn.
 * The resolver is asynchronous; IP literals need none.  Proxy variables are not honoured.
 */
#pragma once

#include "base/error.h"
#include "net/address.h"
#include "net/stream.h"
#include "net/task.h"

struct dial {
	struct stream *stream; /* owned until taken */
	struct error err;
	bool finished;
	struct dial_state *state; /* private */
};

/* tls may be NULL (plain); server_name defaults to the host of the address.  timeout_ms covers
 * everything. */
void dial_start(struct dial *d, struct loop *loop, const struct address *to,
	struct tls_context *tls, const char *server_name, int64_t timeout_ms, struct task *waiter);
/* Cancels when still under way; frees what was not taken.  Zeroed memory is fine. */
void dial_finish(struct dial *d);
