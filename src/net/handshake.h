/*
 * net/handshake.h - a TLS handshake under way, for dials and listeners; private to this floor.
 *
 * Embedded in its owner.  Descriptor and SSL stay the owner's.  Deadlines are the owner's, too.
 */
#pragma once

#include "base/error.h"
#include "net/loop.h"
#include "net/tls.h"

struct handshake {
	SSL *ssl; /* borrowed */
	int fd;   /* borrowed */
	struct loop *loop;
	struct event event;
	/* Not called from inside handshake_start.  err is NULL when it succeeded. */
	void (*done)(struct handshake *h, const struct error *err);
};

void handshake_start(struct handshake *h, struct loop *loop, int fd, SSL *ssl,
	void (*done)(struct handshake *h, const struct error *err));
/* `done` is not called any more.  Zeroed memory is fine. */
void handshake_stop(struct handshake *h);
