/*
 * kv/http_proxy.h - the HTTP proxy that the environment names, as classic Swarm's clients read it.
 *
 * HTTP_PROXY, else http_proxy: "[http://][user:password@]host[:port]".  NO_PROXY, else no_proxy: a
 * comma-separated list of what is reached directly: an address, "10.0.0.0/8", a domain with all
 * below it, ".domain" only what is below it, each with ":port" or without, or "*" for everything.
 * This host is always reached directly.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct http_proxy_settings {
	const char *http, *none; /* HTTP_PROXY and NO_PROXY; NULL: not set */
};

struct http_proxy_server {
	char *address;       /* "host:port"; NULL: no proxy; owned */
	char *authorization; /* of the header Proxy-Authorization; NULL: none; owned */
};

/* Borrowed from the environment. */
struct http_proxy_settings http_proxy_settings_read(void);
/* The way to a plain HTTP server.  host has no brackets.  Errors name the variable, and never a
 * password. */
bool http_proxy_find(const struct http_proxy_settings *settings, const char *host, const char *port,
	struct http_proxy_server *ret, struct error *err);
void http_proxy_server_finish(struct http_proxy_server *p);
#define auto_proxy_server __attribute__((cleanup(http_proxy_server_finish)))
