/*
 * api/request.h - one API request between its route and its answer.
 *
 * The endpoint owns it and calls request_finish once.  An endpoint that waits embeds what it
 * needs in an errand (api/errand.h), which the request owns.
 */
#pragma once

#include "api/api.h"
#include "api/route.h"
#include "base/uri.h"
#include "docker/version.h"
#include "http/exchange.h"
#include "http/router.h"

enum { REQUEST_CAPTURES = ROUTER_CAPTURES };

struct request {
	struct list link; /* api->requests */
	struct api *api;
	struct exchange *x;         /* owned */
	const struct route *route;  /* NULL: the path is none of ours */
	bool at_page_port;          /* which has the page and nothing else */
	int64_t began_us;           /* monotonic */
	struct api_version version; /* of the client: the path's, else the newest we offer */
	char *path;                 /* without version prefix and query, still encoded; owned */
	const char *raw_query;      /* after '?', "" when there is none; in x->head.target */
	struct query query;         /* decoded; owned */
	bool passed_on;             /* by another manager, which takes us for the leader */
	char *client;               /* who asked that one, if it can be believed; owned; NULL */
	char *captures[REQUEST_CAPTURES]; /* decoded {name}, {id}; owned */

	struct errand *errand; /* what several turns are needed for; owned; NULL: nothing */
};

/* Who asks, through other managers or not: certificate subject, else "ip:..." or "uid:...". */
static inline const char *request_client(const struct request *rq)
{
	return rq->client ? rq->client : exchange_peer_identity(rq->x);
}

/* The client's W3C trace context, which goes on to the engines as it is; "" without one. */
static inline const char *request_trace(const struct request *rq)
{
	const char *trace = headers_get(&rq->x->head.headers, "traceparent");

	return trace ? trace : "";
}

#define request_name(rq) ((rq)->captures[0])

/* NULL when the target is malformed; err says why. */
struct request *request_create(struct api *api, struct exchange *x, struct error *err) must_check;
void request_finish(struct request *rq);

/* Whether its connection may become a raw stream. */
bool request_may_hijack(const struct request *rq);
/* The path of its row, with this in place of what it captured first (malloc'd, encoded): what an
 * engine is asked for that calls the thing by another name. */
char *request_path_for(const struct request *rq, const char *name) must_check;
