/*
 * api/exec.c - an exec belongs to a container, and so to an engine.  Its id is learnt from the
 * answer to its creation, and from the engine's events when somebody else made it.
 */
#include "api/exec.h"

#include <string.h>

#include "api/proxy.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/execs.h"
#include "cluster/find_container.h"
#include "docker/translate.h"

enum { EXEC_BODY_MAX = 64 * 1024 };

static void remember_exec(struct proxy *p)
{
	struct evbuffer *body = p->relay.call.in;
	size_t len = evbuffer_get_length(body);
	const char *text = (const char *)evbuffer_pullup(body, -1);
	auto_json yyjson_doc *doc = text ? json_parse(text, len, NULL) : NULL;
	const char *id = json_get_str(yyjson_doc_get_root(doc), "Id", "");
	struct container *c =
		cluster_find_container_by_id(p->errand.rq->api->cluster, p->container_id);

	if (c && *id)
		cluster_remember_exec(p->errand.rq->api->cluster, c, id);
}

void exec_create(struct request *rq)
{
	struct container *c = proxy_container_gate(rq, request_name(rq));
	struct proxy *p;

	if (!c)
		return;
	p = proxy_create_container(rq, c, NULL);
	p->answered = remember_exec;
	proxy_start(p);
}

static struct container *find_or_reply(struct request *rq)
{
	struct container *c = cluster_find_exec(rq->api->cluster, request_name(rq));

	if (!c)
		reply_errorf(rq, 404, "No such exec instance: %s", request_name(rq));
	return c;
}

/* --- start --- */

STEP(exec_start_read);

static bool asks_for_terminal(struct exchange *x)
{
	size_t len = evbuffer_get_length(x->body);
	const char *text = (const char *)evbuffer_pullup(x->body, -1);
	auto_json yyjson_doc *doc = text ? json_parse(text, len, NULL) : NULL;

	return json_get_bool(yyjson_doc_get_root(doc), "Tty", false);
}

static const char *stream_type(const struct request *rq, const struct container *c, bool tty)
{
	return translate_stream_type(
		tty, rq->version, remote_version(&c->engine->remote, rq->version));
}

static void start_on_engine(struct request *rq, bool tty)
{
	struct container *c = find_or_reply(rq);
	struct proxy *p;

	if (!c)
		return;
	p = proxy_create_container(rq, c, rq->path);
	p->stream_type = stream_type(rq, c, tty);
	proxy_start(p);
}

static enum task_turn exec_start_read(struct task *t)
{
	struct errand *e = container_of(t, struct errand, task);
	bool tty = asks_for_terminal(e->rq->x);

	start_on_engine(errand_detach(e), tty);
	return TASK_WAIT;
}

/* What the output will be is said in the request, and only there. */
void exec_start(struct request *rq)
{
	struct container *c = find_or_reply(rq);

	if (!c)
		return;
	if (stream_type(rq, c, false))
		errand_start_body(
			errand_create(rq, sizeof(struct errand), &exec_start_read_step, NULL),
			EXEC_BODY_MAX);
	else
		start_on_engine(rq, false);
}

void exec_pass(struct request *rq)
{
	struct container *c = find_or_reply(rq);

	if (c)
		proxy_start(proxy_create(rq, c->engine, rq->path));
}
