/* manager/networking.c - one request to connect after the other, and what undoes them. */
#include "manager/networking.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/uri.h"

STEP(networking_ask);
STEP(networking_answered);
STEP(networking_removed);

static void networking_done(struct task *t)
{
	struct networking *c = container_of(t, struct networking, task);

	c->done = true;
	task_wake(c->waiter);
}

void networking_start(struct networking *c, struct manager *m, struct engine *e,
	const char *container_id, struct translate_connects *networks, struct task *waiter)
{
	assert(!c->engine && networks->count > 0);
	c->manager = m;
	c->engine = engine_ref(e);
	c->container_id = xstrdup(container_id);
	c->networks = *networks;
	*networks = (struct translate_connects){ 0 };
	c->waiter = waiter;
	task_init(
		&c->task, endpoint_loop(e->remote.endpoint), &networking_ask_step, networking_done);
	task_start(&c->task);
}

void networking_finish(struct networking *c)
{
	if (!c->engine)
		return;
	task_finish(&c->task);
	call_finish(&c->call);
	translate_connects_finish(&c->networks);
	engine_unref(c->engine);
	error_clear(&c->err);
	free(c->container_id);
	*c = (struct networking){ 0 };
}

static enum task_turn networking_ask(struct task *t)
{
	struct networking *c = container_of(t, struct networking, task);
	const struct translate_connect *to = &c->networks.items[c->next];
	auto_strbuf struct strbuf network = STRBUF_INIT;
	struct call *call = &c->call;

	if (!manager_check_acting(c->manager, &c->err))
		return TASK_DONE;
	uri_encode_path(&network, to->network);
	call_finish(call);
	remote_call_init(call, &c->engine->remote, (struct api_version){ 0 }, "POST",
		"/networks/%s/connect", network.buf);
	headers_set(&call->head.headers, "Content-Type", "application/json");
	call->body = xasprintf(
		"{\"Container\":\"%s\",\"EndpointConfig\":%s}", c->container_id, to->endpoint);
	call->body_len = strlen(call->body);
	call->mode = CALL_TEXT;
	remote_send(call, &c->engine->remote, t);
	return task_wait_for(t, &c->call.done, &networking_answered_step);
}

static enum task_turn remove_container(struct networking *c)
{
	remote_change(&c->call, &c->engine->remote, "DELETE", c->container_id, "?force=1&v=1", 0,
		&c->task);
	return task_wait_for(&c->task, &c->call.done, &networking_removed_step);
}

static enum task_turn networking_answered(struct task *t)
{
	struct networking *c = container_of(t, struct networking, task);

	engine_report_call(c->engine, &c->call);
	if (!remote_check(&c->call, &c->engine->remote, &c->err))
		return manager_may_act(c->manager) ? remove_container(c) : TASK_DONE;
	return ++c->next < c->networks.count ? task_go(t, &networking_ask_step) : TASK_DONE;
}

static enum task_turn networking_removed(struct task *t)
{
	struct networking *c = container_of(t, struct networking, task);
	auto_error struct error err = ERROR_INIT;

	engine_report_call(c->engine, &c->call);
	if (!remote_check(&c->call, &c->engine->remote, &err))
		log_warn("container %.12s on node %s could not join its networks, and stays: %s",
			c->container_id, c->engine->name, error_text(&err));
	return TASK_DONE;
}
