/*
 * An exec belongs to a container, and so to an engine.  Its id is learnt from the answer to its
 * creation, and from the engine's events when somebody else made it.
 */
#include "api/exec.h"

#include <string.h>

#include "api/proxy.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/lookup.h"

static void remember_exec(struct proxy *p)
{
	struct evbuffer *body = p->relay.call.in;
	size_t len = evbuffer_get_length(body);
	const char *text = (const char *)evbuffer_pullup(body, -1);
	auto_json yyjson_doc *doc = text ? json_parse(text, len, NULL) : NULL;
	const char *id = json_get_str(yyjson_doc_get_root(doc), "Id", "");
	struct container *c = cluster_find_container_by_id(p->rq->api->cluster, p->container_id);

	if (c && *id)
		cluster_remember_exec(p->rq->api->cluster, c, id);
}

void exec_create(struct request *rq)
{
	struct container *c = proxy_container_gate(rq, request_name(rq));
	struct proxy *p;

	if (!c)
		return;
	auto_free char *path = xasprintf("/containers/%s/exec", c->id);

	p = proxy_create(rq, c->engine, path, PROXY_HOLD_BODY);
	memcpy(p->container_id, c->id, sizeof(p->container_id));
	p->answered = remember_exec;
	proxy_start(p);
}

static void pass_to_engine(struct request *rq, enum proxy_flags flags)
{
	struct container *c = cluster_find_exec(rq->api->cluster, request_name(rq));

	if (!c) {
		reply_errorf(rq, 404, "Exec %s not found", request_name(rq));
		return;
	}
	proxy_start(proxy_create(rq, c->engine, rq->path, flags));
}

void exec_start(struct request *rq)
{
	pass_to_engine(rq, PROXY_HIJACK | PROXY_STREAM);
}

void exec_pass(struct request *rq)
{
	pass_to_engine(rq, 0);
}
