/* net/handshake.c - steps of SSL_do_handshake between events of the descriptor. */
#include "net/handshake.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>

static void handle_ready(evutil_socket_t fd, short what, void *arg);

static void wait_for(struct handshake *h, short what)
{
	event_assign(&h->event, loop_base(h->loop), h->fd, what, handle_ready, h);
	event_add(&h->event, NULL);
}

static void handle_ready(evutil_socket_t fd maybe_unused, short what maybe_unused, void *arg)
{
	auto_error struct error err = ERROR_INIT;
	struct handshake *h = arg;
	int result;

	assert(h->ssl);
	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(h->ssl);
	if (result == 1) {
		h->done(h, NULL);
		return;
	}
	switch (SSL_get_error(h->ssl, result)) {
	case SSL_ERROR_WANT_READ: wait_for(h, EV_READ); return;
	case SSL_ERROR_WANT_WRITE: wait_for(h, EV_WRITE); return;
	default: tls_error_set(&err, h->ssl, result); h->done(h, &err);
	}
}

void handshake_start(struct handshake *h, struct loop *loop, int fd, SSL *ssl,
	void (*done)(struct handshake *h, const struct error *err))
{
	*h = (struct handshake){ .ssl = ssl, .fd = fd, .loop = loop, .done = done };
	SSL_set_fd(ssl, fd);
	wait_for(h, SSL_is_server(ssl) ? EV_READ : EV_WRITE);
}

void handshake_stop(struct handshake *h)
{
	if (h->done)
		event_del(&h->event);
}
