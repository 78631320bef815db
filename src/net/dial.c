/*
 * net/dial.c - look up, connect to one address after the other, shake hands.
 *
 * The deadline covers everything; each of several addresses gets its share of what is left, so
 * that one that swallows packets does not keep us from the next.
 */
#include "net/dial.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "net/handshake.h"
#include "net/resolver.h"
#include "net/socket.h"

enum {
	UNIX_RETRY_MS = 10, /* a full backlog of a unix socket cannot be waited for */
	CONNECT_SHARE_MIN_MS = 2000,
};

struct target {
	struct sockaddr_storage sa;
	socklen_t len;
	char *text; /* owned: "tcp 127.0.0.1:2375", "unix /path" */
};

struct dial_state {
	struct dial *dial;
	struct loop *loop;
	struct task *waiter;
	struct address address;
	struct tls_context *tls; /* counted; NULL: plain */
	char *server_name;       /* owned */

	struct resolution *lookup; /* NULL: not looking up */
	struct target *targets;    /* owned */
	size_t target_count, target_cap, target_next;

	int fd; /* owned; -1: none */
	struct event connected;
	SSL *ssl; /* owned */
	struct handshake handshake;
	struct timer deadline; /* of everything */
	int64_t deadline_ms;
	struct timer share;     /* of one address */
	struct timer try_again; /* unix backlog */
	struct error first_failure;
};

static void connect_next(struct dial_state *s);

static const struct target *current_target(const struct dial_state *s)
{
	return &s->targets[s->target_next - 1];
}

static void close_socket(struct dial_state *s)
{
	handshake_stop(&s->handshake);
	SSL_free(steal(s->ssl));
	if (s->fd < 0)
		return;
	event_del(&s->connected);
	close(s->fd);
	s->fd = -1;
}

static void state_destroy(struct dial_state *s)
{
	if (!s)
		return;
	if (s->lookup)
		resolver_cancel(steal(s->lookup));
	timer_stop(&s->deadline);
	timer_stop(&s->share);
	timer_stop(&s->try_again);
	close_socket(s);
	for (size_t i = 0; i < s->target_count; i++)
		free(s->targets[i].text);
	free(s->targets);
	address_finish(&s->address);
	tls_context_unref(s->tls);
	free(s->server_name);
	error_clear(&s->first_failure);
	free(s);
}

static void finish(struct dial_state *s)
{
	struct dial *d = s->dial;
	struct task *waiter = s->waiter;

	d->finished = true;
	state_destroy(steal(d->state));
	task_wake(waiter);
}

static void fail(struct dial_state *s, const struct error *err)
{
	error_copy(&s->dial->err, err);
	finish(s);
}

static void succeed(struct dial_state *s)
{
	event_del(&s->connected);
	s->dial->stream = stream_create(s->loop, s->fd, steal(s->ssl));
	s->fd = -1;
	finish(s);
}

/* Of several addresses, the first failure is told: it is the one a user would look at first. */
static void target_failed(struct dial_state *s, const struct error *err)
{
	if (!error_is_set(&s->first_failure))
		error_copy(&s->first_failure, err);
	close_socket(s);
	connect_next(s);
}

static void connect_failed(struct dial_state *s, int number)
{
	auto_error struct error err = ERROR_INIT;

	error_set(&err, number == ETIMEDOUT ? ERROR_TIMEOUT : ERROR_CONNECT, "dial %s: connect: %s",
		current_target(s)->text, socket_errno_text(number));
	target_failed(s, &err);
}

static void handle_handshake(struct handshake *h, const struct error *failure)
{
	struct dial_state *s = container_of(h, struct dial_state, handshake);
	auto_error struct error err = ERROR_INIT;

	if (!failure) {
		succeed(s);
		return;
	}
	error_copy(&err, failure);
	error_wrap(&err, "dial %s", current_target(s)->text);
	fail(s, &err);
}

static void handle_connected(struct dial_state *s)
{
	timer_stop(&s->share);
	if (!s->tls) {
		succeed(s);
		return;
	}
	s->ssl = tls_context_new_ssl(s->tls, s->server_name);
	handshake_start(&s->handshake, s->loop, s->fd, s->ssl, handle_handshake);
}

static void handle_connect_event(evutil_socket_t fd, short what maybe_unused, void *arg)
{
	struct dial_state *s = arg;
	int number = socket_take_error(fd);

	assert(s->fd == fd);
	if (number != 0)
		connect_failed(s, number);
	else
		handle_connected(s);
}

static void start_connect(struct dial_state *s)
{
	const struct target *t = current_target(s);

	if (connect(s->fd, (const struct sockaddr *)&t->sa, t->len) == 0 || errno == EINPROGRESS)
		event_add(&s->connected, NULL);
	else if (errno == EAGAIN)
		timer_start(&s->try_again, UNIX_RETRY_MS);
	else
		connect_failed(s, errno);
}

static void handle_try_again(struct timer *t)
{
	start_connect(container_of(t, struct dial_state, try_again));
}

static void start_share(struct dial_state *s)
{
	int64_t left = s->deadline_ms - clock_mono_ms();
	size_t others = s->target_count - s->target_next;

	if (others > 0)
		timer_start(&s->share,
			max_of(left / (int64_t)(others + 1), (int64_t)CONNECT_SHARE_MIN_MS));
}

/* Out of descriptors or memory: our own trouble, which says nothing about the peer.  Only a family
 * of addresses that this host does not have is worth trying the next address. */
static void create_failed(struct dial_state *s, int number)
{
	auto_error struct error err = ERROR_INIT;

	if (number == EAFNOSUPPORT) {
		connect_failed(s, number);
		return;
	}
	error_set(&err, ERROR_UNAVAILABLE, "dial %s: %s", current_target(s)->text,
		socket_errno_text(number));
	fail(s, &err);
}

static void connect_next(struct dial_state *s)
{
	const struct target *t;

	timer_stop(&s->share);
	if (s->target_next == s->target_count) {
		fail(s, &s->first_failure);
		return;
	}
	t = &s->targets[s->target_next++];
	s->fd = socket(t->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0) {
		create_failed(s, errno);
		return;
	}
	event_assign(&s->connected, loop_base(s->loop), s->fd, EV_WRITE, handle_connect_event, s);
	start_share(s);
	start_connect(s);
}

static void handle_share(struct timer *t)
{
	connect_failed(container_of(t, struct dial_state, share), ETIMEDOUT);
}

static const char *current_stage(const struct dial_state *s)
{
	if (s->ssl)
		return "TLS handshake: i/o timeout";
	return s->lookup ? "look-up: i/o timeout" : "i/o timeout";
}

static void handle_deadline(struct timer *timer)
{
	struct dial_state *s = container_of(timer, struct dial_state, deadline);
	auto_error struct error err = ERROR_INIT;
	auto_free char *address = address_format(&s->address);

	if (s->target_next > 0)
		error_set(&err, ERROR_TIMEOUT, "dial %s: %s", current_target(s)->text,
			current_stage(s));
	else
		error_set(&err, ERROR_TIMEOUT, "dial tcp %s: %s", address, current_stage(s));
	fail(s, &err);
}

static void add_target(struct dial_state *s, const char *network, const void *sa, socklen_t len)
{
	struct target t = { .len = len };
	auto_free char *address = NULL;

	memcpy(&t.sa, sa, len);
	address = socket_format_address(&t.sa, len);
	t.text = xasprintf("%s %s", network, address);
	array_reserve(s->targets, s->target_count, s->target_cap);
	s->targets[s->target_count++] = t;
}

static void add_targets(struct dial_state *s, const struct addrinfo *list)
{
	for (; list; list = list->ai_next)
		if (list->ai_addrlen <= sizeof(struct sockaddr_storage))
			add_target(s, "tcp", list->ai_addr, list->ai_addrlen);
}

static bool is_no_such_host(int code)
{
	return code == EVUTIL_EAI_NONAME || code == EVUTIL_EAI_NODATA;
}

static void handle_lookup(void *arg, int code, struct evutil_addrinfo *list)
{
	struct dial_state *s = arg;

	assert(s->lookup);
	s->lookup = NULL;
	if (list) {
		add_targets(s, list);
		evutil_freeaddrinfo(list);
	}
	if (s->target_count == 0)
		error_set(&s->first_failure, ERROR_CONNECT, "dial tcp: lookup %s: %s",
			s->address.host,
			is_no_such_host(code) ? "no such host" : evutil_gai_strerror(code));
	connect_next(s);
}

static struct addrinfo *parse_literal(const struct address *a)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL;

	return getaddrinfo(a->host, a->port, &hints, &list) == 0 ? list : NULL;
}

static void dial_tcp(struct dial_state *s)
{
	/* As everywhere else: no host means this one. */
	const char *host = *s->address.host ? s->address.host : "localhost";
	struct addrinfo *literal = parse_literal(&s->address);

	if (!literal) {
		s->lookup = resolver_lookup(
			loop_resolver(s->loop), host, s->address.port, handle_lookup, s);
		return;
	}
	add_targets(s, literal);
	freeaddrinfo(literal);
	connect_next(s);
}

static void dial_unix(struct dial_state *s)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (strlen(s->address.path) >= sizeof(un.sun_path)) {
		error_set(&s->first_failure, ERROR_INVALID, "dial unix %s: path is too long",
			s->address.path);
	} else {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", s->address.path);
		add_target(s, "unix", &un, sizeof(un));
	}
	connect_next(s);
}

void dial_start(struct dial *d, struct loop *loop, const struct address *to,
	struct tls_context *tls, const char *server_name, int64_t timeout_ms, struct task *waiter)
{
	struct dial_state *s = xnew(struct dial_state);

	*d = (struct dial){ .state = s };
	s->dial = d;
	s->loop = loop;
	s->waiter = waiter;
	s->fd = -1;
	s->tls = tls ? tls_context_ref(tls) : NULL;
	s->server_name = xstrdup_null(server_name ? server_name : to->host);
	address_copy(&s->address, to);
	timer_init(&s->deadline, loop, handle_deadline);
	timer_init(&s->share, loop, handle_share);
	timer_init(&s->try_again, loop, handle_try_again);
	s->deadline_ms = clock_mono_ms() + timeout_ms;
	timer_start(&s->deadline, timeout_ms);
	if (to->kind == ADDRESS_UNIX)
		dial_unix(s);
	else
		dial_tcp(s);
}

void dial_finish(struct dial *d)
{
	state_destroy(steal(d->state));
	stream_destroy(steal(d->stream), "dial was cancelled");
	error_clear(&d->err);
	d->finished = false;
}
