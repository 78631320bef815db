/*
 * net/resolver.c - the resolver of libevent, with look-ups that can be forgotten.
 *
 * evdns answers a look-up from /etc/hosts before its function has returned, and calls back once
 * more after a cancel.  A struct lookup stands between it and the caller: it defers the first,
 * and swallows the second because only evdns still knows it then.
 */
#include "net/resolver.h"

#include <event2/dns.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"

static const char resolv_conf[] = "/etc/resolv.conf";
static const char hosts[] = "/etc/hosts";

struct resolver {
	struct loop *loop;
	struct evdns_base *dns;     /* owned */
	struct timespec changed[2]; /* of the two files, when dns was made */
	size_t under_way;
};

struct lookup {
	struct resolver *resolver;
	struct evdns_getaddrinfo_request *request; /* NULL: answered */
	struct deferred answer;
	lookup_done done; /* NULL: cancelled */
	void *arg;
	int code;
	struct evutil_addrinfo *list;
};

static struct timespec file_changed(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mtim : (struct timespec){ 0 };
}

static void resolver_load(struct resolver *r)
{
	r->changed[0] = file_changed(resolv_conf);
	r->changed[1] = file_changed(hosts);
	r->dns = evdns_base_new(loop_base(r->loop), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	/* Without a usable file it falls back to a server on this host; hosts are read anyway. */
	evdns_base_resolv_conf_parse(r->dns, DNS_OPTIONS_ALL, resolv_conf);
}

static bool resolver_is_stale(const struct resolver *r)
{
	struct timespec now[2] = { file_changed(resolv_conf), file_changed(hosts) };

	return memcmp(now, r->changed, sizeof(now)) != 0;
}

struct resolver *resolver_create(struct loop *loop)
{
	struct resolver *r = xnew(struct resolver);

	r->loop = loop;
	resolver_load(r);
	return r;
}

void resolver_destroy(struct resolver *r)
{
	if (!r)
		return;
	/* Cancelled look-ups wait inside evdns for their last callback. */
	for (int i = 0; i < 16 && r->under_way; i++)
		event_base_loop(loop_base(r->loop), EVLOOP_NONBLOCK);
	evdns_base_free(r->dns, 0);
	free(r);
}

static void lookup_free(struct lookup *l)
{
	l->resolver->under_way--;
	free(l);
}

static void deliver_answer(struct deferred *d)
{
	struct lookup *l = container_of(d, struct lookup, answer);
	lookup_done done = l->done;
	void *arg = l->arg;
	int code = l->code;
	struct evutil_addrinfo *list = l->list;

	lookup_free(l);
	done(arg, code, list);
}

static void handle_answer(int code, struct evutil_addrinfo *list, void *arg)
{
	struct lookup *l = arg;

	l->request = NULL;
	if (!l->done) {
		if (list)
			evutil_freeaddrinfo(list);
		lookup_free(l);
		return;
	}
	l->code = code;
	l->list = list;
	loop_defer(l->resolver->loop, &l->answer);
}

struct lookup *resolver_lookup(
	struct resolver *r, const char *host, const char *port, lookup_done done, void *arg)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct lookup *l = xnew(struct lookup);
	struct evdns_getaddrinfo_request *request;

	if (r->under_way == 0 && resolver_is_stale(r)) {
		evdns_base_free(r->dns, 0);
		resolver_load(r);
	}
	*l = (struct lookup){ .resolver = r, .done = done, .arg = arg };
	deferred_init(&l->answer, deliver_answer);
	r->under_way++;
	request = evdns_getaddrinfo(r->dns, host, port, &hints, handle_answer, l);
	if (list_empty(&l->answer.link))
		l->request = request;
	return l;
}

void lookup_cancel(struct lookup *l)
{
	l->done = NULL;
	if (l->request) {
		evdns_getaddrinfo_cancel(l->request);
		return;
	}
	deferred_cancel(&l->answer);
	if (l->list)
		evutil_freeaddrinfo(l->list);
	lookup_free(l);
}
