/*
 * net/resolver.c - the resolver of libevent, with look-ups that can be forgotten.
 *
 * evdns answers a look-up from /etc/hosts before its function has returned, and calls back once
 * more after a cancel.  A struct resolution stands between it and the caller: it defers the first,
 * and swallows the second because only evdns still knows it then.
 */
#include "net/resolver.h"

#include <assert.h>
#include <event2/dns.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"

static const struct resolver_files system_files = {
	.resolv_conf = "/etc/resolv.conf",
	.hosts = "/etc/hosts",
};

/* What the files said when they were read.  Outdated ones go with their last look-up: waiting until
 * none is under way could take for ever, when the old name server is the one that is gone. */
struct names {
	struct loop *loop;
	struct evdns_base *dns;     /* owned */
	struct timespec changed[2]; /* of the two files, when they were read */
	size_t under_way;
	bool outdated;
};

struct resolver {
	struct loop *loop;
	const struct resolver_files *files;
	struct names *names; /* owned; for new look-ups */
	size_t under_way;    /* those of outdated names, too */
};

struct resolution {
	struct resolver *resolver;
	struct names *names;
	struct evdns_getaddrinfo_request *request; /* NULL: answered */
	struct deferred answer;
	resolver_done done; /* NULL: cancelled */
	void *arg;
	int code;
	struct evutil_addrinfo *list;
};

static struct timespec file_changed(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mtim : (struct timespec){ 0 };
}

static struct names *names_read(struct loop *loop, const struct resolver_files *files)
{
	struct names *n = xnew(struct names);

	n->loop = loop;
	n->changed[0] = file_changed(files->resolv_conf);
	n->changed[1] = file_changed(files->hosts);
	n->dns = evdns_base_new(loop_base(loop), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	evdns_base_load_hosts(n->dns, files->hosts);
	/* Without a usable file it falls back to a server on this host. */
	evdns_base_resolv_conf_parse(
		n->dns, DNS_OPTIONS_ALL & ~DNS_OPTION_HOSTSFILE, files->resolv_conf);
	return n;
}

static bool names_are_stale(const struct names *n, const struct resolver_files *files)
{
	struct timespec now[2] = { file_changed(files->resolv_conf), file_changed(files->hosts) };

	return memcmp(now, n->changed, sizeof(now)) != 0;
}

static void names_free(void *object)
{
	struct names *n = object;

	evdns_base_free(n->dns, 0);
	free(n);
}

/* evdns may have called us: it is freed when it has returned. */
static void names_free_if_unused(struct names *n)
{
	if (n->outdated && n->under_way == 0)
		loop_release_later(n->loop, n, names_free);
}

static void names_outdate(struct names *n)
{
	n->outdated = true;
	names_free_if_unused(n);
}

struct resolver *resolver_create(struct loop *loop, const struct resolver_files *files)
{
	struct resolver *r = xnew(struct resolver);

	r->loop = loop;
	r->files = files ? files : &system_files;
	r->names = names_read(loop, r->files);
	return r;
}

void resolver_destroy(struct resolver *r)
{
	if (!r)
		return;
	/* Cancelled look-ups wait inside evdns for their last callback. */
	for (int i = 0; i < 16 && r->under_way; i++)
		event_base_loop(loop_base(r->loop), EVLOOP_NONBLOCK);
	names_outdate(r->names);
	free(r);
}

static void resolution_free(struct resolution *l)
{
	l->resolver->under_way--;
	l->names->under_way--;
	names_free_if_unused(l->names);
	free(l);
}

static void deliver_answer(struct deferred *d)
{
	struct resolution *l = container_of(d, struct resolution, answer);
	resolver_done done = l->done;
	void *arg = l->arg;
	int code = l->code;
	struct evutil_addrinfo *list = l->list;

	resolution_free(l);
	done(arg, code, list);
}

static void handle_answer(int code, struct evutil_addrinfo *list, void *arg)
{
	struct resolution *l = arg;

	assert(!l->list); /* it is answered once */
	l->request = NULL;
	if (!l->done) {
		if (list)
			evutil_freeaddrinfo(list);
		resolution_free(l);
		return;
	}
	l->code = code;
	l->list = list;
	loop_defer(l->resolver->loop, &l->answer);
}

struct resolution *resolver_lookup(
	struct resolver *r, const char *host, const char *port, resolver_done done, void *arg)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct resolution *l = xnew(struct resolution);
	struct evdns_getaddrinfo_request *request;

	if (names_are_stale(r->names, r->files)) {
		names_outdate(r->names);
		r->names = names_read(r->loop, r->files);
	}
	*l = (struct resolution){ .resolver = r, .names = r->names, .done = done, .arg = arg };
	deferred_init(&l->answer, deliver_answer);
	r->under_way++;
	l->names->under_way++;
	request = evdns_getaddrinfo(l->names->dns, host, port, &hints, handle_answer, l);
	if (list_empty(&l->answer.link))
		l->request = request;
	return l;
}

void resolver_cancel(struct resolution *l)
{
	l->done = NULL;
	if (l->request) {
		evdns_getaddrinfo_cancel(l->request);
		return;
	}
	deferred_cancel(&l->answer);
	if (l->list)
		evutil_freeaddrinfo(l->list);
	resolution_free(l);
}
