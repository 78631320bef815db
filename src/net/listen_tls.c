/*
 * net/listen_tls.c - from an accepted connection to a stream with TLS, or to a refusal.
 *
 * A client that fails, or takes too long, costs nobody else anything.  Who is refused is told why
 * by an alert of TLS, and may well be writing its first request when that comes: so only our side
 * is closed, and what it writes is thrown away for a moment.  Else the kernel would answer with a
 * reset, and that is all the client would see.
 */
#include <assert.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/handshake.h"
#include "net/listen_private.h"
#include "net/socket.h"

enum {
	HANDSHAKE_MS = 10 * 1000,
	LINGER_MS = 2 * 1000,
	DISCARD_MAX = 64 * 1024,
};

static const char plain_http_reply[] = "HTTP/1.0 400 Bad Request\r\n\r\n"
				       "Client sent an HTTP request to an HTTPS server.\n";

struct client {
	struct list link;
	struct listener *listener;
	int fd;     /* owned */
	SSL *ssl;   /* owned; NULL before the first byte */
	char *peer; /* owned; NULL once refused */
	struct event readable;
	struct handshake handshake;
	struct timer deadline; /* of the handshake, then of lingering */
	size_t discarded;
};

static void client_stop(struct client *c)
{
	event_del(&c->readable);
	handshake_stop(&c->handshake);
	timer_stop(&c->deadline);
}

static void client_destroy(struct client *c)
{
	struct listener *l = c->listener;

	list_remove(&c->link);
	client_stop(c);
	SSL_free(c->ssl);
	if (c->fd >= 0)
		close(c->fd);
	free(c->peer);
	free(c);
	if (l->clients_count-- == LISTEN_CLIENTS_MAX)
		listen_resume(l);
}

/* --- the end of a refused one --- */

static void handle_discard(evutil_socket_t fd, short what maybe_unused, void *arg)
{
	struct client *c = arg;
	char buf[4096];
	ssize_t got = recv(fd, buf, sizeof(buf), 0);

	assert(c->fd == fd);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		c->discarded += (size_t)got;
	if (got <= 0 || c->discarded > DISCARD_MAX)
		client_destroy(c);
}

static void handle_lingered(struct timer *t)
{
	client_destroy(container_of(t, struct client, deadline));
}

static void client_linger(struct client *c)
{
	struct loop *loop = c->listener->loop;

	client_stop(c);
	shutdown(c->fd, SHUT_WR);
	timer_init(&c->deadline, loop, handle_lingered);
	timer_start(&c->deadline, LINGER_MS);
	event_assign(&c->readable, loop_base(loop), c->fd, EV_READ | EV_PERSIST, handle_discard, c);
	event_add(&c->readable, NULL);
}

static void client_failed(struct client *c, const struct error *err)
{
	struct listener *l = c->listener;
	auto_free char *peer = steal(c->peer);

	client_linger(c);
	if (l->ops->handle_failure)
		l->ops->handle_failure(l, peer, err, l->arg);
}

/* --- the handshake --- */

static void client_ready(struct client *c)
{
	struct listener *l = c->listener;
	struct stream *s = stream_create(l->loop, c->fd, steal(c->ssl));

	c->fd = -1;
	client_destroy(c);
	l->ops->handle_stream(l, s, l->arg);
}

static void handle_handshake(struct handshake *h, const struct error *err)
{
	struct client *c = container_of(h, struct client, handshake);

	if (err)
		client_failed(c, err);
	else
		client_ready(c);
}

static void handle_deadline(struct timer *t)
{
	auto_error struct error err = ERROR_INIT;

	error_set(&err, ERROR_TIMEOUT, "tls: handshake timed out");
	client_failed(container_of(t, struct client, deadline), &err);
}

static void refuse_plain_http(struct client *c)
{
	auto_error struct error err = ERROR_INIT;

	/* A fresh socket has room for it. */
	(void)!send(c->fd, plain_http_reply, sizeof(plain_http_reply) - 1, MSG_NOSIGNAL);
	error_set(&err, ERROR_PROTOCOL, "client sent an HTTP request to an HTTPS server");
	client_failed(c, &err);
}

static bool looks_like_http(int fd)
{
	char first;

	/* A handshake record starts with byte 22, a method with a capital letter. */
	return recv(fd, &first, 1, MSG_PEEK) == 1 && first >= 'A' && first <= 'Z';
}

static void handle_first_byte(evutil_socket_t fd, short what maybe_unused, void *arg)
{
	struct client *c = arg;
	struct listener *l = c->listener;

	assert(c->fd == fd);
	if (looks_like_http(fd)) {
		refuse_plain_http(c);
		return;
	}
	c->ssl = tls_context_new_ssl(l->tls, NULL);
	handshake_start(&c->handshake, l->loop, fd, c->ssl, handle_handshake);
}

void listen_start_tls(struct listener *l, int fd, const struct sockaddr_storage *sa, socklen_t len)
{
	struct client *c = xnew(struct client);

	c->listener = l;
	c->fd = fd;
	c->peer = socket_format_address(sa, len);
	list_push_back(&l->clients, &c->link);
	l->clients_count++;
	timer_init(&c->deadline, l->loop, handle_deadline);
	timer_start(&c->deadline, HANDSHAKE_MS);
	event_assign(&c->readable, loop_base(l->loop), fd, EV_READ, handle_first_byte, c);
	event_add(&c->readable, NULL);
}

void listen_drop_tls(struct listener *l)
{
	struct client *c, *next;

	list_for_each_safe (c, next, &l->clients, link)
		client_destroy(c);
}
