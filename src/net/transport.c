/*
 * net/transport.c - the one place that knows how plain and TLS bytes differ.
 *
 * TLS ends each direction by close_notify.  A peer that sends a bare FIN instead (classic Swarm
 * does when it half-closes) could be cut off by anybody on the way, but it may as well be alive
 * and waiting for our answer; OpenSSL takes it for a fatal error unless told otherwise.  It is
 * told otherwise, and the missing close_notify is remembered for those who care.
 */
#include "net/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/util.h"
#include "net/socket.h"
#include "net/tls.h"

enum {
	READ_SIZE_MIN = 16 * 1024,
	READ_SIZE_MAX = 128 * 1024,
	RECORD_SIZE = 16 * 1024, /* of TLS, at most */
};

static void handle_tls_info(const SSL *ssl, int where, int value)
{
	struct transport *t = SSL_get_app_data(ssl);

	if (where == SSL_CB_READ_ALERT && (value & 0xff) == SSL_AD_CLOSE_NOTIFY && t)
		t->close_notify = true;
}

void transport_init(struct transport *t, int fd, SSL *ssl)
{
	*t = (struct transport){ .fd = fd, .ssl = ssl, .read_size = READ_SIZE_MIN };
	if (!ssl)
		return;
	SSL_set_app_data(ssl, t);
	SSL_set_info_callback(ssl, handle_tls_info);
	SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static enum transport_result fail_errno(struct error *err, const char *what)
{
	int number = errno;

	error_set(err, number == ETIMEDOUT ? ERROR_TIMEOUT : ERROR_CLOSED, "%s: %s", what,
		socket_errno_text(number));
	return TRANSPORT_FAILED;
}

/* Small reads must not hold large blocks, large ones should not need many calls. */
static void adapt_read_size(struct transport *t, size_t got)
{
	if (got >= t->read_size)
		t->read_size = min_of(t->read_size * 2, (size_t)READ_SIZE_MAX);
	else if (got < t->read_size / 4)
		t->read_size = READ_SIZE_MIN;
}

static enum transport_result read_plain(
	struct transport *t, struct evbuffer *to, size_t max, struct error *err)
{
	size_t want = min_of(max, t->read_size);
	struct evbuffer_iovec space[2];
	int pieces = evbuffer_reserve_space(to, (ssize_t)want, space, ARRAY_SIZE(space));
	ssize_t got;

	/* The space may be larger than what was asked for. */
	space[0].iov_len = min_of(space[0].iov_len, want);
	if (pieces == 2)
		space[1].iov_len = min_of(space[1].iov_len, want - space[0].iov_len);
	do {
		got = readv(t->fd, (struct iovec *)space, pieces);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? TRANSPORT_WANT_READ : fail_errno(err, "read");
	if (got == 0)
		return TRANSPORT_END;
	if ((size_t)got <= space[0].iov_len)
		pieces = 1;
	space[0].iov_len = min_of(space[0].iov_len, (size_t)got);
	if (pieces == 2)
		space[1].iov_len = (size_t)got - space[0].iov_len;
	evbuffer_commit_space(to, space, pieces);
	adapt_read_size(t, (size_t)got);
	return (size_t)got < want ? TRANSPORT_DRAINED : TRANSPORT_MORE;
}

static enum transport_result tls_result(
	struct transport *t, int result, const char *what, struct error *err)
{
	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ: return TRANSPORT_WANT_READ;
	case SSL_ERROR_WANT_WRITE: return TRANSPORT_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN: return TRANSPORT_END;
	case SSL_ERROR_SYSCALL:
		if (errno != 0 && ERR_peek_error() == 0)
			return fail_errno(err, what);
		break;
	default: break;
	}
	tls_error_set(err, t->ssl, result);
	error_wrap(err, "%s", what);
	return TRANSPORT_FAILED;
}

static enum transport_result read_tls(
	struct transport *t, struct evbuffer *to, size_t max, struct error *err)
{
	char record[RECORD_SIZE];
	int got;

	ERR_clear_error();
	errno = 0;
	got = SSL_read(t->ssl, record, min_of(max, sizeof(record)));
	if (got <= 0)
		return tls_result(t, got, "read", err);
	evbuffer_add(to, record, got);
	return TRANSPORT_MORE;
}

enum transport_result transport_read(
	struct transport *t, struct evbuffer *to, size_t max, struct error *err)
{
	return t->ssl ? read_tls(t, to, max, err) : read_plain(t, to, max, err);
}

static enum transport_result write_plain(
	struct transport *t, struct evbuffer *from, size_t max, struct error *err)
{
	int sent;

	do {
		sent = evbuffer_write_atmost(from, t->fd, (ssize_t)max);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN ? TRANSPORT_WANT_WRITE : fail_errno(err, "write");
	return TRANSPORT_MORE;
}

/* One record.  What SSL_write refuses to take now must be offered again as it was, and longer at
 * most: true here, because the buffer only grows at its end. */
static enum transport_result write_record(
	struct transport *t, struct evbuffer *from, struct error *err)
{
	size_t len = min_of(evbuffer_get_length(from), (size_t)RECORD_SIZE);
	int sent;

	ERR_clear_error();
	errno = 0;
	sent = SSL_write(t->ssl, evbuffer_pullup(from, (ssize_t)len), (int)len);
	if (sent <= 0)
		return tls_result(t, sent, "write", err);
	evbuffer_drain(from, sent);
	return TRANSPORT_MORE;
}

static enum transport_result write_tls(
	struct transport *t, struct evbuffer *from, size_t max, struct error *err)
{
	for (size_t sent = 0; sent < max && evbuffer_get_length(from) > 0; sent += RECORD_SIZE) {
		enum transport_result result = write_record(t, from, err);

		if (result != TRANSPORT_MORE)
			return result;
	}
	return TRANSPORT_MORE;
}

enum transport_result transport_write(
	struct transport *t, struct evbuffer *from, size_t max, struct error *err)
{
	if (evbuffer_get_length(from) == 0)
		return TRANSPORT_MORE;
	return t->ssl ? write_tls(t, from, max, err) : write_plain(t, from, max, err);
}

enum transport_result transport_end(struct transport *t, struct error *err)
{
	int result;

	if (!t->ssl) {
		/* Fails only when the connection is gone, which reading tells better. */
		shutdown(t->fd, SHUT_WR);
		return TRANSPORT_MORE;
	}
	ERR_clear_error();
	errno = 0;
	/* Sends close_notify; 0 and 1 tell whether the peer's is already here.  The TCP connection
	 * stays whole: it belongs to both directions. */
	result = SSL_shutdown(t->ssl);
	return result >= 0 ? TRANSPORT_MORE : tls_result(t, result, "write", err);
}

size_t transport_unread(const struct transport *t)
{
	int waiting = 0;

	return ioctl(t->fd, FIONREAD, &waiting) == 0 && waiting > 0 ? waiting : 0;
}
