/*
 * api/proxy.h - requests that one engine answers.
 *
 * Head rewritten (target from parsed parts, fields of one hop), body relayed.  When the answer
 * changed something the record is refreshed before the client sees the answer, so that the next
 * command finds it.
 */
#pragma once

#include "api/request.h"
#include "cluster/refresh.h"
#include "http/relay.h"

enum proxy_flags {
	PROXY_REFRESH = 1,   /* refresh the container after a success, then let the answer go */
	PROXY_HIJACK = 2,    /* attach and exec: a raw stream follows */
	PROXY_STREAM = 4,    /* may take for ever: no deadline for head or silence */
	PROXY_HOLD_BODY = 8, /* `answered` wants the body */
	PROXY_BY_NAME = 32,  /* the engine repeats in its errors what it was asked for */
	PROXY_REFRESH_IMAGES = 16, /* refresh the engine's images before the answer ends */
};

struct proxy {
	struct request *rq;
	struct task task;
	struct engine *engine; /* counted */
	char container_id[65]; /* "" when the request is not about one */
	enum proxy_flags flags;
	struct relay relay;
	struct refresh refresh;
	/* Called once when a successful answer is held (PROXY_REFRESH or PROXY_HOLD_BODY), before
	 * the refresh. */
	void (*answered)(struct proxy *p);
	/* Called when over, whatever happened, before everything is freed. */
	void (*over)(struct proxy *p);
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
