/*
 * api/exec.c - an exec belongs to a container, and so to an engine.  Its id is learnt from the
 * answer to its creation, and from the engine's events when somebody else made it.
 */
#include "api/exec.h"

#include <string.h>

#include "api/body.h"
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

/* What the output will be is said in the request, and only there. */
struct exec_start {
	struct request *rq;
	struct task task;
};

STEP(exec_start_read);

static struct request *exec_start_free(struct exec_start *s)
{
	struct request *rq = s->rq;

	task_finish(&s->task);
	exchange_set_waiter(rq->x, NULL);
	rq->work = NULL;
	rq->cancel = NULL;
	free(s);
	return rq;
}

static void exec_start_cancel(struct request *rq)
{
	request_finish(exec_start_free(rq->work));
}

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
	struct exec_start *s = container_of(t, struct exec_start, task);
	struct exchange *x = s->rq->x;
	auto_error struct error err = ERROR_INIT;

	if (body_is_ready(s->rq, t, EXEC_BODY_MAX, &err))
		start_on_engine(exec_start_free(s), asks_for_terminal(x));
	else if (error_is_set(&err))
		reply_error(exec_start_free(s), &err);
	else
		return body_wait(t, &exec_start_read_step);
	return TASK_WAIT; /* freed */
}

void exec_start(struct request *rq)
{
	struct container *c = find_or_reply(rq);
	struct exec_start *s;

	if (!c)
		return;
	if (!stream_type(rq, c, false)) {
		start_on_engine(rq, false);
		return;
	}
	s = xnew(struct exec_start);
	s->rq = rq;
	rq->work = s;
	rq->cancel = exec_start_cancel;
	task_init(&s->task, rq->api->loop, &exec_start_read_step, NULL);
	body_start(rq, &s->task);
}

void exec_pass(struct request *rq)
{
	struct container *c = find_or_reply(rq);

	if (c)
		proxy_start(proxy_create(rq, c->engine, rq->path));
}
