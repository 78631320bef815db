/*
 * api/proxy.h - requests that one engine answers.
 *
 * Head rewritten (target from parsed parts, fields of one hop), body relayed, without deadlines:
 * logs may be silent for weeks, and stop takes what the container takes.  When something has
 * changed, or may have, the record is refreshed before the client sees the answer, or its end, so
 * that its next command finds it.
 */
#pragma once

#include "api/errand.h"
#include "cluster/image_came.h"
#include "cluster/refresh.h"
#include "cluster/touch.h"
#include "http/relay.h"
#include "manager/withdraw.h"

struct proxy {
	struct errand errand;
	struct engine *engine;  /* counted */
	char container_id[65];  /* "" when the request is not about one */
	enum route_flags flags; /* the row's; the endpoint may take some away before it starts */
	struct relay relay;
	struct refresh refresh;
	struct withdrawal withdrawal; /* of a container that may end */
	struct touch *touch;          /* of a request that changes the container; or NULL */
	bool refreshed;               /* at the end */
	struct image_making making;
	/* Called once with a successful answer, whose body is there, before the refresh and before
	 * the client sees any of it.  NULL: nobody looks. */
	void (*answered)(struct proxy *p);
	/* Content type of a stream, in place of the engine's; static; NULL: as the engine says. */
	const char *stream_type;
	struct container *reservation; /* on the engine; dropped when over */
	void *kept;                    /* the endpoint's, for as long as the proxy lives; */
	void (*release)(void *kept);   /* frees it; NULL: there is nothing */
};

/* Pass the request to the engine with this path ("/volumes/data", encoded) and the client's own
 * query. */
struct proxy *proxy_create(struct request *rq, struct engine *e, const char *path);
void proxy_start(struct proxy *p);

/* The gate of all container routes: found, and its engine healthy. */
struct container *proxy_find_container(
	const struct request *rq, const char *name, struct error *err);
/* Otherwise the answer has been given. */
struct container *proxy_container_gate(struct request *rq, const char *name);
/* To the container's engine; path NULL: the row's, with the container's id. */
struct proxy *proxy_create_container(struct request *rq, struct container *c, const char *path);
/* Gate, create and start in one. */
void proxy_container(struct request *rq);
void proxy_any(struct request *rq);
