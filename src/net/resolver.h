/*
 * net/resolver.h - names to addresses without blocking; used by net/dial.c.
 *
 * One per loop, made at the first look-up; reads /etc/resolv.conf and /etc/hosts, and again when
 * one of them has changed: for the look-ups that begin then, while those under way end as they may.
 */
#pragma once

#include <event2/util.h>

#include "net/loop.h"

struct resolver;
struct resolution;

/* The resolver of the loop; freed with it. */
struct resolver *loop_resolver(struct loop *loop);

/* Where it reads (tests); borrowed, and must outlive it. */
struct resolver_files {
	const char *resolv_conf, *hosts;
};
/* files NULL: those of the system. */
struct resolver *resolver_create(struct loop *loop, const struct resolver_files *files);
void resolver_destroy(struct resolver *r);

/* Either list (the callee frees it with evutil_freeaddrinfo) or code (an EVUTIL_EAI_ number) is
 * set.  Never called from inside resolver_lookup. */
typedef void (*resolver_done)(void *arg, int code, struct evutil_addrinfo *list);
struct resolution *resolver_lookup(
	struct resolver *r, const char *host, const char *port, resolver_done done, void *arg);
/* `done` is not called.  Only before it was. */
void resolver_cancel(struct resolution *l);
