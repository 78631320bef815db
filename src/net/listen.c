/*
 * net/listen.c - from a listening socket to a connected, TLS-ready stream.
 *
 * Sockets and accepting; listen_tls.c has the clients whose handshake is under way.
 */
#include "net/listen.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "net/address.h"
#include "net/listen_private.h"
#include "net/socket.h"

enum {
	BACKLOG = 1024,
	ACCEPTS_PER_TURN = 64,
	RETRY_FIRST_MS = 50, /* after EMFILE and the like */
	RETRY_LAST_MS = 1000,
	FIRST_PASSED_FD = 3, /* of sd_listen_fds(3) */
	PASSED_MAX = 1024,
};

struct socket {
	struct listener *listener;
	int fd; /* owned */
	struct event event;
	char *address; /* owned; as bound */
	bool is_public;
	char *made_path; /* owned; the socket file to remove, with its identity */
	dev_t made_dev;
	ino_t made_ino;
};

static void set_accepting(struct listener *l, bool on)
{
	for (size_t i = 0; i < l->socket_count; i++) {
		if (on)
			event_add(&l->sockets[i]->event, NULL);
		else
			event_del(&l->sockets[i]->event);
	}
}

/* Out of descriptors or memory: the client stays in the backlog until there is room again. */
static void pause_accepting(struct listener *l, const char *address, int number)
{
	auto_error struct error err = ERROR_INIT;

	if (backoff_is_fresh(&l->backoff) && l->ops->handle_failure) {
		error_set(&err, ERROR_UNAVAILABLE, "accept: %s: clients must wait",
			socket_errno_text(number));
		l->ops->handle_failure(l, address, &err, l->arg);
	}
	set_accepting(l, false);
	timer_start(&l->retry, backoff_next_ms(&l->backoff));
}

void listen_resume(struct listener *l)
{
	if (l->clients_count < LISTEN_CLIENTS_MAX && !timer_pending(&l->retry))
		set_accepting(l, true);
}

static void handle_retry(struct timer *t)
{
	listen_resume(container_of(t, struct listener, retry));
}

/* False when no further one may come now. */
static bool accept_tls(struct listener *l, int fd, const struct sockaddr_storage *sa, socklen_t len)
{
	listen_start_tls(l, fd, sa, len);
	if (l->clients_count < LISTEN_CLIENTS_MAX)
		return true;
	set_accepting(l, false);
	return false;
}

static bool is_client_error(int number)
{
	/* accept(2) also hands over what already went wrong with the new connection. */
	switch (number) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case ENOPROTOOPT: return true;
	default: return false;
	}
}

/* False when there is nothing more to accept now. */
static bool accept_one(struct listener *l, const struct socket *s)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	int fd = accept4(s->fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (is_client_error(errno))
			return true;
		if (errno != EAGAIN)
			pause_accepting(l, s->address, errno);
		return false;
	}
	backoff_reset(&l->backoff);
	if (l->tls)
		return accept_tls(l, fd, &sa, len);
	l->ops->handle_stream(l, stream_create(l->loop, fd, NULL), l->arg);
	return true;
}

static void handle_accept(evutil_socket_t fd, short what maybe_unused, void *arg)
{
	struct socket *s = arg;
	struct listener *l = s->listener;

	assert(s->fd == fd && l);
	/* A handler may destroy the listener, and so the event. */
	for (int i = 0; i < ACCEPTS_PER_TURN && accept_one(l, s); i++)
		if (s->fd < 0)
			break;
}

static void socket_free(void *object)
{
	struct socket *s = object;

	free(s->address);
	free(s->made_path);
	free(s);
}

/* Only what is still ours: a successor may have replaced it. */
static void remove_socket_file(const struct socket *s)
{
	struct stat st;

	if (s->made_path && lstat(s->made_path, &st) == 0 && st.st_dev == s->made_dev &&
		st.st_ino == s->made_ino)
		unlink(s->made_path);
}

static void socket_destroy(struct socket *s, struct loop *loop)
{
	event_del(&s->event);
	remove_socket_file(s);
	close(s->fd);
	s->fd = -1;
	loop_release_later(loop, s, socket_free);
}

static struct socket *add_socket(struct listener *l, int fd)
{
	struct socket *s = xnew(struct socket);
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	getsockname(fd, (struct sockaddr *)&sa, &len);
	s->listener = l;
	s->fd = fd;
	s->address = socket_format_address(&sa, len);
	s->is_public = !socket_is_loopback(&sa);
	l->is_unix = !socket_is_ip(&sa);
	event_assign(&s->event, loop_base(l->loop), fd, EV_READ | EV_PERSIST, handle_accept, s);
	array_reserve(l->sockets, l->socket_count, l->socket_cap);
	l->sockets[l->socket_count++] = s;
	return s;
}

static bool listen_failed(struct error *err, const char *what, const char *call, int number)
{
	bool taken = number == EADDRINUSE && strstr(what, ":2375");

	return error_set(err, ERROR_CONFLICT, "listen %s: %s: %s%s", what, call,
		socket_errno_text(number),
		taken ? ": is Docker already running on this machine? Try using a different port"
		      : "");
}

/* A listening descriptor, or the negative errno. */
static int bind_tcp(const struct addrinfo *ai, bool both_families)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, v6_only = !both_families;
	int number;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	number = errno;
	close(fd);
	return -number;
}

/* fd as from bind_tcp. */
static bool take_bound(
	struct listener *l, int fd, const char *host, const char *port, struct error *err)
{
	auto_free char *address = format_host_port(host, port);
	auto_free char *what = xasprintf("tcp %s", address);

	if (fd < 0)
		return listen_failed(err, what, "bind", -fd);
	add_socket(l, fd);
	return true;
}

/* No host: all addresses of both families on one socket, or IPv4 alone where IPv6 is missing. */
static bool listen_tcp_any(struct listener *l, const struct address *a, struct error *err)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in any4 = { .sin_family = AF_INET };
	struct addrinfo ai6 = { .ai_family = AF_INET6,
		.ai_addr = (struct sockaddr *)&any6,
		.ai_addrlen = sizeof(any6) };
	struct addrinfo ai4 = { .ai_family = AF_INET,
		.ai_addr = (struct sockaddr *)&any4,
		.ai_addrlen = sizeof(any4) };
	uint64_t port = 0;
	int fd;

	parse_u64(a->port, &port);
	any6.sin6_port = any4.sin_port = htons(port);
	fd = bind_tcp(&ai6, true);
	if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
		fd = bind_tcp(&ai4, false);
	return take_bound(l, fd, a->host, a->port, err);
}

static bool listen_tcp_address(
	struct listener *l, const struct addrinfo *ai, const char *port, struct error *err)
{
	struct sockaddr_storage sa = { 0 };
	auto_free char *ip = NULL;

	memcpy(&sa, ai->ai_addr, min_of((size_t)ai->ai_addrlen, sizeof(sa)));
	ip = socket_format_ip(&sa);
	return take_bound(l, bind_tcp(ai, false), ip, port, err);
}

static bool listen_tcp(struct listener *l, const struct address *a, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *list = NULL;
	bool ok = true;
	int code;

	if (!*a->host || strcmp(a->host, "::") == 0)
		return listen_tcp_any(l, a, err);
	code = getaddrinfo(a->host, a->port, &hints, &list);
	if (code != 0)
		return error_set(err, ERROR_INVALID, "listen tcp: lookup %s: %s", a->host,
			code == EAI_NONAME ? "no such host" : gai_strerror(code));
	for (const struct addrinfo *ai = list; ai && ok; ai = ai->ai_next)
		ok = listen_tcp_address(l, ai, a->port, err);
	freeaddrinfo(list);
	return ok;
}

/* Somebody accepts on it: it is not stale. */
static bool is_in_use(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool refused =
		connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 && errno == ECONNREFUSED;

	close(fd);
	return !refused;
}

static bool make_way(const struct sockaddr_un *un, const char *what, struct error *err)
{
	struct stat st;

	if (lstat(un->sun_path, &st) != 0)
		return errno == ENOENT || listen_failed(err, what, "bind", errno);
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, ERROR_CONFLICT,
			"listen %s: bind: a file that is not a socket is in the way", what);
	if (is_in_use(un))
		return listen_failed(err, what, "bind", EADDRINUSE);
	if (unlink(un->sun_path) != 0)
		return listen_failed(err, what, "bind", errno);
	return true;
}

static int bind_unix(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int number;

	if (fd < 0)
		return -1;
	/* The file takes its mode from the socket, so it is never open to others, not even for a
	 * moment, and the umask of the process is left alone. */
	if (fchmod(fd, 0600) == 0 && bind(fd, (const struct sockaddr *)un, sizeof(*un)) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	number = errno;
	close(fd);
	errno = number;
	return -1;
}

static void remember_file(struct socket *s, const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return;
	s->made_path = xstrdup(path);
	s->made_dev = st.st_dev;
	s->made_ino = st.st_ino;
}

static bool listen_unix(struct listener *l, const struct address *a, struct error *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	auto_free char *what = xasprintf("unix %s", a->path);
	int fd;

	if (strlen(a->path) >= sizeof(un.sun_path))
		return error_set(err, ERROR_INVALID, "listen %s: path is too long", what);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", a->path);
	if (!make_way(&un, what, err))
		return false;
	fd = bind_unix(&un);
	if (fd < 0)
		return listen_failed(err, what, "bind", errno);
	remember_file(add_socket(l, fd), a->path);
	return true;
}

static bool passed_count(int *ret, struct error *err)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	uint64_t us, number;

	if (!pid || !count || !parse_u64(pid, &us) || us != (uint64_t)getpid() ||
		!parse_u64(count, &number) || number == 0 || number > PASSED_MAX)
		return error_set(err, ERROR_INVALID,
			"listen fd: no sockets were passed: start it by socket activation "
			"(LISTEN_FDS)");
	*ret = (int)number;
	return true;
}

static bool take_passed(struct listener *l, int fd, struct error *err)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || !listening)
		return error_set(err, ERROR_INVALID,
			"listen fd: descriptor %d is not a listening socket", fd);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	add_socket(l, fd);
	return true;
}

static bool listen_passed(struct listener *l, const char *which, struct error *err)
{
	uint64_t number;
	int count;

	if (!passed_count(&count, err))
		return false;
	if (*which) {
		if (!parse_u64(which, &number) || number < FIRST_PASSED_FD ||
			number - FIRST_PASSED_FD >= (uint64_t)count)
			return error_set(err, ERROR_INVALID,
				"listen fd: descriptor %s was not passed", which);
		return take_passed(l, (int)number, err);
	}
	for (int i = 0; i < count; i++)
		if (!take_passed(l, FIRST_PASSED_FD + i, err))
			return false;
	return true;
}

static bool listen_spec(struct listener *l, const char *spec, struct error *err)
{
	struct address a = { 0 };
	bool ok;

	if (str_starts_with(spec, "fd://"))
		return listen_passed(l, spec + strlen("fd://"), err);
	if (!address_parse(&a, spec, err)) {
		if (!strstr(spec, "://") || str_starts_with(spec, "tcp://"))
			error_wrap(err, "listen tcp");
		return false;
	}
	ok = a.kind == ADDRESS_UNIX ? listen_unix(l, &a, err) : listen_tcp(l, &a, err);
	address_finish(&a);
	return ok;
}

struct listener *listener_create(struct loop *loop, const char *spec, struct tls_context *tls,
	const struct listener_ops *ops, void *arg, struct error *err)
{
	struct listener *l = xnew(struct listener);

	l->loop = loop;
	l->tls = tls ? tls_context_ref(tls) : NULL;
	l->ops = ops;
	l->arg = arg;
	l->backoff = (struct backoff){ .first_ms = RETRY_FIRST_MS, .last_ms = RETRY_LAST_MS };
	list_init(&l->clients);
	timer_init(&l->retry, loop, handle_retry);
	if (!listen_spec(l, spec, err)) {
		listener_destroy(l);
		return NULL;
	}
	set_accepting(l, true);
	return l;
}

void listener_destroy(struct listener *l)
{
	if (!l)
		return;
	timer_stop(&l->retry);
	listen_drop_tls(l);
	for (size_t i = 0; i < l->socket_count; i++)
		socket_destroy(l->sockets[i], l->loop);
	free(l->sockets);
	tls_context_unref(l->tls);
	loop_release_later(l->loop, l, free);
}

void listener_addresses(const struct listener *l, struct strv *ret)
{
	for (size_t i = 0; i < l->socket_count; i++)
		strv_add(ret, l->sockets[i]->address);
}

const char *listener_proto(const struct listener *l)
{
	return l->is_unix ? "unix" : "tcp";
}

bool listener_is_public(const struct listener *l)
{
	for (size_t i = 0; i < l->socket_count; i++)
		if (l->sockets[i]->is_public)
			return true;
	return false;
}
