/*
 * api/session.h - the connections of BuildKit clients.
 *
 * `/grpc` and `/session` become tunnels that nobody here looks into.  What belongs together must
 * reach one engine, and the only names that are seen are who asks, the id of the session and the id
 * of the build; the first request that comes chooses, the others follow (manager/builds.h).
 */
#pragma once

#include "api/proxy.h"
#include "manager/builds.h"

/* What a request says about the build it belongs to; NULL: nothing. */
struct session_keys {
	const char *names[BUILD_KEYS];
};

void session_start(struct request *rq);
void session_grpc(struct request *rq);

/* An engine for a BuildKit build: of those that the wish allows one whose BuildKit can do most, the
 * scheduler's first among equals.  Borrowed; NULL with err. */
struct engine *session_place(struct manager *m, struct wish *w, struct error *err);
/* False, and answered with 400, when a name is longer than anybody's. */
bool session_check_name(struct request *rq, const char *what, const char *name);
/* A proxy that holds the keys for its engine as long as it lives.  A client that is busy on another
 * engine stays there. */
struct proxy *session_proxy(
	struct request *rq, struct engine *e, const char *path, const struct session_keys *keys);
