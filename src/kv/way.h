/*
 * kv/way.h - the way to one HTTP server: directly, or through the proxy of the environment.
 *
 * Plain HTTP only; a server with TLS is always reached directly.
 */
#pragma once

#include "http/client.h"

struct way {
	struct endpoint *endpoint; /* the server, or the proxy; owned */
	char *name;                /* of the server: "host:port"; owned */
	char *origin;        /* "http://host:port" in front of targets; NULL: no proxy; owned */
	char *authorization; /* for the proxy; NULL: none; owned */
};

/* config is that of the server.  Never waits; fails for a malformed HTTP_PROXY. */
bool way_init(
	struct way *r, struct loop *loop, const struct endpoint_config *config, struct error *err);
/* Zeroed memory is fine.  Calls under way end with reason. */
void way_finish(struct way *r, const char *reason);
/* call_init, and what a proxy wants to know. */
void way_call_init(const struct way *r, struct call *c, const char *method, const char *target);
