/*
 * kv/proxy.h - the HTTP proxy that the environment names, as classic Swarm's clients read it.
 *
 * HTTP_PROXY, else http_proxy: "[http://][user:password@]host[:port]".  NO_PROXY, else no_proxy: a
 * comma-separated list of what is reached directly: an address, "10.0.0.0/8", a domain with all
 * below it, ".domain" only what is below it, each with ":port" or without, or "*" for everything.
 * This host is always reached directly.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct proxy_settings {
	const char *http, *none; /* HTTP_PROXY and NO_PROXY; NULL: not set */
};

struct proxy_server {
	char *address;       /* "host:port"; NULL: no proxy; owned */
	char *authorization; /* of the header Proxy-Authorization; NULL: none; owned */
};

/* Borrowed from the environment. */
struct proxy_settings proxy_settings_read(void);
/* The way to a plain HTTP server.  host has no brackets.  Errors name the variable, and never a
 * password. */
bool proxy_find(const struct proxy_settings *settings, const char *host, const char *port,
	struct proxy_server *ret, struct error *err);
void proxy_server_finish(struct proxy_server *p);
#define auto_proxy_server __attribute__((cleanup(proxy_server_finish)))
