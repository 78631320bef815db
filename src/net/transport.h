/*
 * net/transport.h - bytes between a descriptor and a buffer, TLS or not; private to net/stream.c.
 *
 * Nothing here waits or remembers: every function does what can be done now and says why it
 * stopped.
 */
#pragma once

#include <event2/buffer.h>
#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/error.h"

struct transport {
	int fd;            /* owned by the stream */
	SSL *ssl;          /* NULL: plain; owned by the stream */
	size_t read_size;  /* how much to ask the kernel for: grows while reads come back full */
	bool close_notify; /* the peer ended TLS as it should */
};

enum transport_result {
	TRANSPORT_MORE,       /* did what was asked for; there may be more */
	TRANSPORT_DRAINED,    /* read all there was; whether an end or an error is behind it was not
			       * asked */
	TRANSPORT_WANT_READ,  /* goes on when the descriptor has become readable */
	TRANSPORT_WANT_WRITE, /* goes on when it has become writable */
	TRANSPORT_END,        /* the peer sends no more */
	TRANSPORT_FAILED,     /* err is set */
};

void transport_init(struct transport *t, int fd, SSL *ssl);
/* Appends at most max bytes. */
enum transport_result transport_read(
	struct transport *t, struct evbuffer *to, size_t max, struct error *err);
/* Drains what was sent, about max bytes; MORE when `from` is empty, too. */
enum transport_result transport_write(
	struct transport *t, struct evbuffer *from, size_t max, struct error *err);
/* Tells the peer that no more will come: FIN, or close_notify.  MORE: done. */
enum transport_result transport_end(struct transport *t, struct error *err);
/* Bytes that the kernel holds for us. */
size_t transport_unread(const struct transport *t);
