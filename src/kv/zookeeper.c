/*
 * kv/zookeeper.c - the session: names to addresses, connecting, losing and renewing it.
 *
 *   resolve -> open -> connected <-> connecting (the library goes from server to server; after a
 *                 ^        |          |  round in vain there is a pause)
 *                 +--------+----------+ expired, or must have been: everything anew
 *
 * Only a server can say that a session has expired.  One that has lost its data never does: it ends
 * the connection of whoever has seen more than it has.  So a session that could not be resumed for
 * the time it lives is given up.
 *
 * The library would resolve names by itself, and block the loop while it does; so it gets
 * literal addresses only.
 */
#include "kv/zookeeper.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "net/resolver.h"

enum {
	SESSION_TIMEOUT_MS = 10 * 1000, /* as classic members */
};

struct zk {
	struct kv base;
	struct strv servers; /* "host:port" */
	struct list users;
	struct list requests;

	struct strv addresses;     /* "1.2.3.4:2181"; of the look-ups so far */
	size_t looking_up;         /* index of the server whose name is being looked up */
	struct resolution *lookup; /* under way; NULL: none */
	char *hosts;               /* owned; what the library has been given */

	zhandle_t *handle; /* owned; NULL: none yet */
	bool connected, expired;
	int64_t lost_ms; /* when the connection was; 0: it is there, or was never */
	size_t failures; /* servers tried in vain since the last pause */
	struct backoff backoff;
	struct event io;
	struct timer pause;
	struct deferred look; /* ask the library what it waits for */
	struct error reason;  /* why the last server was no good */
};

/* The library says why something failed only in its log, and not whose log it is.  So what is here
 * belongs to the call that is being made: emptied before it, read after it. */
static char last_words[256];

/*
 * "...@function@line: Socket 10.0.0.1:2181 zk retcode=-4, errno=111(Connection refused): text": the
 * reason is in the brackets; lines of another form are all text.
 */
static void remember_words(const char *message)
{
	const char *location = strrchr(message, '@');
	const char *text = strstr(location ? location : message, ": ");
	const char *number = strstr(message, "errno=");
	const char *bracket = number ? strchr(number, '(') : NULL;

	if (!bracket) {
		snprintf(last_words, sizeof(last_words), "%s", text ? text + 2 : message);
		return;
	}
	snprintf(last_words, sizeof(last_words), "%.*s", (int)strcspn(bracket + 1, ")"),
		bracket + 1);
	if (strcmp(last_words, strerror(EHOSTDOWN)) == 0) /* as the library puts it */
		snprintf(last_words, sizeof(last_words), "closed the connection");
}

static void resolve(struct zk *zk);

static struct zk *zk_of(struct kv *kv)
{
	return container_of(kv, struct zk, base);
}

/* --- users and their requests --- */

void zk_user_attach(struct zk_user *u, struct kv *kv)
{
	u->zk = zk_of(kv);
	list_push_back(&u->zk->users, &u->link);
	if (u->zk->connected)
		u->handle_connected(u);
}

void zk_user_detach(struct zk_user *u)
{
	struct zk_request *r;

	list_remove(&u->link);
	list_for_each (r, &u->zk->requests, link) {
		if (r->user == u)
			r->user = NULL;
	}
}

struct zk_request *zk_request_begin(struct zk_user *u, const char *name)
{
	struct zk_request *r = xnew(struct zk_request);

	r->user = u;
	r->name = xstrdup_null(name);
	list_push_back(&u->zk->requests, &r->link);
	return r;
}

void zk_request_drop(struct zk_request *r)
{
	list_remove(&r->link);
	free(r->name);
	free(r);
}

static bool is_lost(int rc)
{
	return rc == ZCLOSING || rc == ZCONNECTIONLOSS || rc == ZOPERATIONTIMEOUT ||
	       rc == ZSESSIONEXPIRED || rc == ZINVALIDSTATE;
}

struct zk_user *zk_request_end(const void *data, int rc, char **ret_name)
{
	struct zk_request *r = (struct zk_request *)data;
	struct zk_user *u = is_lost(rc) ? NULL : r->user;

	if (u && ret_name)
		*ret_name = steal(r->name);
	zk_request_drop(r);
	return u;
}

bool zk_is_connected(const struct zk_user *u)
{
	return u->zk->connected;
}

int64_t zk_session_ms(const struct zk_user *u)
{
	return zoo_recv_timeout(u->zk->handle);
}

zhandle_t *zk_handle(struct zk_user *u)
{
	loop_defer(u->zk->base.loop, &u->zk->look);
	return u->zk->handle;
}

bool zk_error_set(struct zk_user *u, struct error *err, int rc, const char *what)
{
	const char *server = zoo_get_current_server(u->zk->handle);

	return error_set(err, ERROR_ENGINE, "%s: %s: %s", server ? server : "zk", what, zerror(rc));
}

static void tell_error(struct zk *zk, const struct error *err)
{
	struct zk_user *u;

	list_for_each (u, &zk->users, link)
		u->handle_error(u, err);
}

/* --- events of the library --- */

void zk_handle_watch(maybe_unused zhandle_t *zh, int type, maybe_unused int state, const char *path,
	void *context)
{
	struct zk *zk = context;
	struct zk_user *u;

	if (type == ZOO_SESSION_EVENT)
		return; /* the session's own watcher gets it, too */
	list_for_each (u, &zk->users, link)
		u->handle_event(u, type, path);
}

static void tell_disconnected(struct zk *zk)
{
	struct zk_user *u;

	list_for_each (u, &zk->users, link) {
		if (u->handle_disconnected)
			u->handle_disconnected(u);
	}
}

static void handle_session(maybe_unused zhandle_t *zh, int type, int state,
	maybe_unused const char *path, void *context)
{
	struct zk *zk = context;
	struct zk_user *u;

	if (type != ZOO_SESSION_EVENT)
		return;
	if (zk->connected)
		zk->lost_ms = clock_mono_ms();
	if (zk->connected && state != ZOO_CONNECTED_STATE)
		tell_disconnected(zk);
	zk->connected = state == ZOO_CONNECTED_STATE;
	zk->expired = state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE;
	if (!zk->connected)
		return;
	zk->lost_ms = 0;
	zk->failures = 0;
	backoff_reset(&zk->backoff);
	list_for_each (u, &zk->users, link)
		u->handle_connected(u);
}

static void close_session(struct zk *zk)
{
	event_del(&zk->io);
	if (zk->connected)
		tell_disconnected(zk);
	zk->connected = zk->expired = false;
	zk->lost_ms = 0;
	if (zk->handle)
		zookeeper_close(steal(zk->handle));
	while (!list_empty(&zk->requests)) /* what the library has not completed */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) the head moves on */
		zk_request_drop(list_first(&zk->requests, struct zk_request, link));
}

/* --- the library in the loop --- */

static void note_failure(struct zk *zk, int rc)
{
	const char *server = zoo_get_current_server(zk->handle);

	error_set(&zk->reason, ERROR_CONNECT, "%s: %s", server && *server ? server : zk->hosts,
		last_words[0] ? last_words : zerror(rc));
	zk->failures++;
}

/* A round in vain: tell, and wait.  The next one begins with another look-up of the names. */
static bool must_pause(struct zk *zk)
{
	if (zk->connected || zk->failures < zk->addresses.count)
		return false;
	zk->failures = 0;
	tell_error(zk, &zk->reason);
	timer_start(&zk->pause, backoff_next_ms(&zk->backoff));
	return true;
}

static void handle_io(int fd, short what, void *arg);

static void wait_for_io(struct zk *zk)
{
	struct timeval timeout = { 0 };
	int fd = -1, interest = 0;
	short what = 0;

	last_words[0] = '\0';
	int rc = zookeeper_interest(zk->handle, &fd, &interest, &timeout);

	if (rc != ZOK)
		note_failure(zk, rc);
	if (zk->expired || (rc != ZOK && must_pause(zk)))
		return;
	if (fd >= 0 && rc == ZOK) {
		what |= interest & ZOOKEEPER_READ ? EV_READ : 0;
		what |= interest & ZOOKEEPER_WRITE ? EV_WRITE : 0;
	}
	if (timeout.tv_sec == 0 && timeout.tv_usec < 1000)
		timeout.tv_usec = 1000; /* never a busy loop */
	event_assign(&zk->io, loop_base(zk->base.loop), what ? fd : -1, what, handle_io, zk);
	event_add(&zk->io, &timeout);
}

static void look(struct deferred *d)
{
	struct zk *zk = container_of(d, struct zk, look);

	/* The library may close its descriptor: nothing may wait for it meanwhile. */
	event_del(&zk->io);
	if (zk->expired) {
		close_session(zk);
		resolve(zk);
	} else if (zk->handle && !timer_pending(&zk->pause)) {
		wait_for_io(zk);
		if (zk->expired)
			loop_defer(zk->base.loop, &zk->look);
	}
}

static void handle_io(int fd, short what, void *arg)
{
	struct zk *zk = arg;
	int events = 0;
	int rc = ZOK;

	events |= what & EV_READ ? ZOOKEEPER_READ : 0;
	events |= what & EV_WRITE ? ZOOKEEPER_WRITE : 0;
	last_words[0] = '\0';
	if (fd >= 0) /* else the library only pauses before its next server */
		rc = zookeeper_process(zk->handle, events);
	if (rc != ZOK && rc != ZNOTHING && !zk->expired) {
		note_failure(zk, rc);
		if (must_pause(zk))
			return;
	}
	loop_defer(zk->base.loop, &zk->look);
}

static bool session_must_be_over(const struct zk *zk)
{
	return zk->lost_ms && clock_mono_ms() - zk->lost_ms > zoo_recv_timeout(zk->handle);
}

static void handle_pause(struct timer *t)
{
	struct zk *zk = container_of(t, struct zk, pause);

	if (session_must_be_over(zk))
		close_session(zk);
	resolve(zk);
}

/* --- names to addresses --- */

static void open_session(struct zk *zk)
{
	zk->handle = zookeeper_init2(
		zk->hosts, handle_session, SESSION_TIMEOUT_MS, NULL, zk, 0, remember_words);
	if (zk->handle) {
		loop_defer(zk->base.loop, &zk->look);
		return;
	}
	error_set_errno(&zk->reason, errno, "%s", zk->hosts);
	tell_error(zk, &zk->reason);
	timer_start(&zk->pause, backoff_next_ms(&zk->backoff));
}

/* All names are looked up; those that have no address are left out. */
static void use_addresses(struct zk *zk)
{
	auto_free char *hosts = strv_join(&zk->addresses, ",");
	bool same = zk->hosts && strcmp(zk->hosts, hosts) == 0;

	if (zk->addresses.count == 0) {
		tell_error(zk, &zk->reason);
		timer_start(&zk->pause, backoff_next_ms(&zk->backoff));
		return;
	}
	free(zk->hosts);
	zk->hosts = steal(hosts);
	if (!zk->handle) {
		open_session(zk);
		return;
	}
	if (!same)
		zoo_set_servers(zk->handle, zk->hosts);
	loop_defer(zk->base.loop, &zk->look);
}

static void add_address(struct zk *zk, const struct evutil_addrinfo *ai)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getnameinfo(ai->ai_addr, (socklen_t)ai->ai_addrlen, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	strv_take(&zk->addresses, format_host_port(host, port));
}

static void look_up_next(struct zk *zk);

static void handle_lookup(void *arg, int code, struct evutil_addrinfo *list)
{
	struct zk *zk = arg;

	assert(zk->lookup);
	zk->lookup = NULL;
	if (code)
		error_set(&zk->reason, ERROR_CONNECT, "%s: %s", zk->servers.items[zk->looking_up],
			evutil_gai_strerror(code));
	for (const struct evutil_addrinfo *ai = list; ai; ai = ai->ai_next)
		add_address(zk, ai);
	if (list)
		evutil_freeaddrinfo(list);
	zk->looking_up++;
	look_up_next(zk);
}

static void look_up_next(struct zk *zk)
{
	auto_free char *host = NULL;
	auto_free char *port = NULL;

	if (zk->looking_up == zk->servers.count) {
		use_addresses(zk);
		return;
	}
	if (parse_host_port(zk->servers.items[zk->looking_up], &host, &port, &zk->reason))
		zk->lookup = resolver_lookup(
			loop_resolver(zk->base.loop), host, port, handle_lookup, zk);
}

static void resolve(struct zk *zk)
{
	strv_finish(&zk->addresses);
	zk->looking_up = 0;
	look_up_next(zk);
}

/* --- the driver --- */

static bool zk_check(const struct kv_options *o, struct error *err)
{
	if (kv_options_want_tls(o))
		return error_set(err, ERROR_UNSUPPORTED,
			"zk:// cannot use TLS: leave out kv.cacertfile, kv.certfile, kv.keyfile, "
			"kv.servername and kv.insecure, or put a tunnel in front of ZooKeeper");
	if (o->token || o->username)
		return error_set(err, ERROR_UNSUPPORTED,
			"zk:// has no logins: leave out kv.token, kv.username and kv.password");
	return true;
}

static struct kv *zk_open(const struct kv_config *config, maybe_unused struct error *err)
{
	struct zk *zk = xnew(struct zk);

	zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
	strv_copy(&zk->servers, &config->location->servers);
	list_init(&zk->users);
	list_init(&zk->requests);
	deferred_init(&zk->look, look);
	event_assign(&zk->io, loop_base(config->loop), -1, 0, handle_io, zk);
	timer_init(&zk->pause, config->loop, handle_pause);
	timer_start(&zk->pause, 0);
	return &zk->base;
}

static void zk_close(struct kv *kv)
{
	struct zk *zk = zk_of(kv);

	if (zk->lookup)
		resolver_cancel(zk->lookup);
	close_session(zk);
	timer_stop(&zk->pause);
	deferred_cancel(&zk->look);
	strv_finish(&zk->servers);
	strv_finish(&zk->addresses);
	error_clear(&zk->reason);
	free(zk->hosts);
	free(zk);
}

const struct kv_driver zookeeper_driver = {
	.name = "zk",
	.default_port = "2181",
	.check = zk_check,
	.open = zk_open,
	.close = zk_close,
	.watch_create = zk_watch_create,
	.watch_start = zk_watch_start,
	.watch_destroy = zk_watch_destroy,
	.lease_create = zk_lease_create,
	.lease_start = zk_lease_start,
	.lease_release = zk_lease_release,
	.lease_destroy = zk_lease_destroy,
	.lock_create = zk_lock_create,
	.lock_start = zk_lock_start,
	.lock_release = zk_lock_release,
	.lock_destroy = zk_lock_destroy,
	.write_create = zk_write_create,
	.write_start = zk_write_start,
	.write_destroy = zk_write_destroy,
};
