/* api/unrouted.c - an engine is found by what the path names, and asked as it is. */
#include "api/unrouted.h"

#include <string.h>

#include "api/proxy.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_container.h"

static const char containers[] = "/containers/";

/* It may be anything: a stream, or something that changes the container. */
static enum proxy_flags guess_flags(const struct request *rq)
{
	if (exchange_asks_upgrade(rq->x))
		return PROXY_HIJACK;
	if (strcmp(rq->x->head.method, "GET") == 0 || strcmp(rq->x->head.method, "HEAD") == 0)
		return 0;
	return PROXY_REFRESH;
}

bool unrouted_pass(struct request *rq)
{
	const char *rest;
	struct container *c;
	struct proxy *p;

	if (!str_starts_with(rq->path, containers))
		return false;
	c = cluster_find_container_in(rq->api->cluster, rq->path + strlen(containers), &rest);
	if (!c || !engine_is_healthy(c->engine))
		return false;
	auto_free char *path = xasprintf("/containers/%s%s", c->id, rest);

	p = proxy_create(rq, c->engine, path, guess_flags(rq));
	memcpy(p->container_id, c->id, sizeof(p->container_id));
	proxy_start(p);
	return true;
}
