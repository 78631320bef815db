/*
 * cmd/serve.c - listeners, the HTTP server behind them, descriptors, and the end.
 */
#include "cmd/serve.h"

#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/listen.h"

enum {
	DRAIN_MS = 10 * 1000,
	CLIENTS_MAX = 4096,
	FILES_MIN = 1024, /* what every Linux gives */
	DRAIN_LOOK_MS = 20,
};

/* --- descriptors --- */

/* Every client takes one and every engine two or three.  The usual soft limit of 1024 is there for
 * programs that use select(). */
static size_t raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return FILES_MIN;
	limit.rlim_cur = limit.rlim_max;
	/* never above the hard limit, so nothing can refuse it */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return (size_t)limit.rlim_max;
}

/* Clients must not take what the engines need. */
static size_t clients_max(void)
{
	return min_of(raise_file_limit() / 2, (size_t)CLIENTS_MAX);
}

/* --- clients --- */

static void handle_client(maybe_unused struct listener *l, struct stream *s, void *arg)
{
	struct serve *serve = arg;

	http_server_take(serve->server, s);
}

static void handle_client_failure(
	maybe_unused struct listener *l, const char *peer, const struct error *err, void *arg)
{
	struct serve *s = arg;
	uint32_t left_out;
	bool allowed = log_limit_allows(&s->refusals, &left_out);

	if (left_out > 0)
		log_warn("%u refused clients were left out here", left_out);
	if (allowed)
		log_fields(
			LOG_WARN, "Client refused", "peer", peer, "error", error_text(err), NULL);
}

static const struct listener_ops listener_ops = {
	.handle_stream = handle_client,
	.handle_failure = handle_client_failure,
};

static void announce(const struct listener *l)
{
	auto_strv struct strv addresses = STRV_INIT;

	listener_addresses(l, &addresses);
	for (size_t i = 0; i < addresses.count; i++)
		log_fields(LOG_INFO, "Listening for HTTP", "addr", addresses.items[i], "proto",
			listener_proto(l), NULL);
}

static void warn_when_open_to_all(const struct serve *s, const struct listener *l, const char *spec)
{
	/* TLS may be without it; without verification anybody may still connect. */
	if (listener_is_public(l) && (!s->config.tls || !tls_context_verifies(s->config.tls)))
		log_fields(LOG_WARN, s->config.open_to_all, "addr", spec, NULL);
}

bool serve_listen(struct serve *s, struct error *err)
{
	const struct strv *hosts = s->config.hosts;

	s->listeners = xcalloc(hosts->count, sizeof(*s->listeners));
	for (size_t i = 0; i < hosts->count; i++) {
		struct listener *l = listener_create(
			s->loop, hosts->items[i], s->config.tls, &listener_ops, s, err);

		if (!l)
			return false;
		s->listeners[s->listeners_count++] = l;
		announce(l);
		warn_when_open_to_all(s, l, hosts->items[i]);
	}
	return true;
}

void serve_stop_listening(struct serve *s)
{
	for (size_t i = 0; i < s->listeners_count; i++)
		listener_destroy(s->listeners[i]);
	s->listeners_count = 0;
	free(steal(s->listeners));
}

/* --- the service manager (systemd), when there is one: sd_notify's protocol --- */

void serve_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Nobody to tell when it fails: the service manager will say that it waits. */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}

/* --- the end --- */

static void handle_drain(struct timer *t)
{
	struct serve *s = container_of(t, struct serve, drain);

	s->drain_left_ms -= DRAIN_LOOK_MS;
	if ((http_server_busy(s->server) == 0 && !s->config.is_busy(s->config.arg)) ||
		s->drain_left_ms <= 0)
		loop_stop(s->loop);
	else
		timer_start(&s->drain, DRAIN_LOOK_MS);
}

void serve_close(struct serve *s)
{
	serve_stop_listening(s);
	http_server_drain(s->server);
}

void serve_drain(struct serve *s)
{
	serve_close(s);
	s->drain_left_ms = DRAIN_MS;
	timer_start(&s->drain, 1);
}

void serve_addresses(const struct serve *s, struct strv *ret)
{
	for (size_t i = 0; i < s->listeners_count; i++)
		listener_addresses(s->listeners[i], ret);
}

void serve_init(struct serve *s, struct loop *loop, const struct serve_config *config)
{
	*s = (struct serve){ .config = *config, .loop = loop };
	timer_init(&s->drain, loop, handle_drain);
	s->server = http_server_create(
		loop, &(struct http_server_config){
			      .max_client_bytes = config->client_bytes,
			      .max_connections =
				      config->max_clients ? config->max_clients : clients_max(),
			      .handle = config->handle,
			      .refuse = config->refuse,
			      .arg = config->arg,
		      });
}

void serve_finish(struct serve *s)
{
	timer_stop(&s->drain);
	serve_stop_listening(s);
	http_server_destroy(steal(s->server));
}
