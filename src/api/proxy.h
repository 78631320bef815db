/*
 * api/proxy.h - requests that one engine answers.
 *
 * Head rewritten (target from parsed parts, fields of one hop), body relayed, without deadlines:
 * logs may be silent for weeks, and stop takes what the container takes.  When something has
 * changed, or may have, the record is refreshed before the client sees the answer, or its end, so
 * that its next command finds it.
 */
#pragma once

#include "api/request.h"
#include "cluster/refresh.h"
#include "http/relay.h"

enum proxy_flags {
	PROXY_REFRESH = 1,        /* the container, after a success, then the answer goes */
	PROXY_REFRESH_AT_END = 2, /* the container, before a successful answer or stream ends */
	PROXY_REFRESH_IMAGES = 4, /* the engine's images, in the same way */
	PROXY_HOLD_TAIL = 8,      /* with either: the body goes with the end */
	PROXY_HIJACK = 16,        /* attach and exec: a raw stream follows */
	PROXY_HOLD_BODY = 32,     /* `answered` wants the body */
	PROXY_BY_NAME = 64,       /* the engine repeats in its errors what it was asked for */
};

struct proxy {
	struct request *rq;
	struct task task;
	struct engine *engine; /* counted */
	char container_id[65]; /* "" when the request is not about one */
	enum proxy_flags flags;
	struct relay relay;
	struct refresh refresh;
	bool refreshed; /* at the end */
	/* Called once when a successful answer is held (PROXY_REFRESH or PROXY_HOLD_BODY), before
	 * the refresh. */
	void (*answered)(struct proxy *p);
	/* Content type of a stream, in place of the engine's; static; NULL: as the engine says. */
	const char *stream_type;
	struct container *reservation; /* on the engine; dropped when over */
	void *kept;                    /* the endpoint's, for as long as the proxy lives; */
	void (*release)(void *kept);   /* frees it; NULL: there is nothing */
};

/* Pass the request to the engine with this path ("/containers/<id>/start", encoded) and the
 * client's own query. */
struct proxy *proxy_create(
	struct request *rq, struct engine *e, const char *path, enum proxy_flags flags);
void proxy_start(struct proxy *p);

/* The gate of all container routes: found, and its engine healthy; else the answer is given and
 * NULL returned. */
struct container *proxy_container_gate(struct request *rq, const char *name);
/* create + start in one. */
void proxy_container(struct request *rq, const char *action, enum proxy_flags flags);
void proxy_any(struct request *rq);
