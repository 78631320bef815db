/*
 * api/containers_wait.c - POST /containers/{name}/wait.  The engine answers, but for one case:
 * Podman 4.3 has forgotten the exit status of a container by the time it is removed, and tells 0
 * (test_wait, test_matrix). There Podman says only when the container is gone; with which
 * status, its event `die` has said.
 */
#include "api/containers.h"

#include <string.h>

#include "api/errand.h"
#include "api/proxy.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/bus.h"

enum { EVENTS_MS = 5 * 1000 }; /* that events may come later than the engine's answer */

struct removal {
	struct errand errand;
	struct engine *engine; /* counted */
	char container_id[65];
	struct call call;
	struct bus_listener events;
	int64_t status;
	bool removed; /* the event came, and with it all before it */
};

STEP(removal_asked);
STEP(removal_promised);
STEP(removal_told);

static void removal_finish(struct errand *e)
{
	struct removal *w = container_of(e, struct removal, errand);

	bus_unsubscribe(&w->events);
	call_finish(&w->call);
	engine_unref(w->engine);
}

static enum task_turn removal_answer(struct removal *w, int64_t status)
{
	auto_free char *text = xasprintf("{\"StatusCode\":%lld}\n", (long long)status);

	exchange_write(w->errand.rq->x, text, strlen(text));
	exchange_end(w->errand.rq->x);
	return errand_end(&w->errand);
}

/* Before the head has gone out it is an ordinary error. */
static enum task_turn removal_fail(struct removal *w)
{
	auto_error struct error err = ERROR_INIT;
	struct request *rq = w->errand.rq;

	engine_report_call(w->engine, &w->call);
	remote_check(&w->call, &w->engine->remote, &err);
	if (!w->call.head_done)
		error_wrap(&err, "node %s", w->engine->name);
	if (!rq->x->answer_started)
		reply_exchange_error(rq->api, rq->x, &err);
	log_fields(LOG_WARN, "Waiting for the removal of a container failed", "error",
		error_text(&err), "node", w->engine->name, "uri", rq->path, NULL);
	return errand_end(&w->errand); /* what was not answered to its end breaks off */
}

static bool has_failed(const struct call *c)
{
	return c->done && (error_is_set(&c->err) || c->answer.status >= 400);
}

/* A client starts the container when it has the head. */
static void send_head(struct request *rq)
{
	headers_set(&rq->x->answer, "Content-Type", "application/json");
	reply_decorate(rq->api, &rq->x->answer);
	exchange_start(rq->x, 200, -1);
}

static enum task_turn removal_asked(struct task *t)
{
	struct removal *w = container_of(t, struct removal, errand.task);

	if (w->errand.rq->x->gone)
		return errand_end(&w->errand);
	if (has_failed(&w->call))
		return removal_fail(w);
	if (!w->call.head_done || w->call.answer.status >= 400)
		return task_wait(t, &removal_asked_step); /* the call has its deadlines */
	send_head(w->errand.rq);
	return task_go(t, &removal_promised_step);
}

static enum task_turn removal_promised(struct task *t)
{
	struct removal *w = container_of(t, struct removal, errand.task);

	if (w->errand.rq->x->gone)
		return errand_end(&w->errand);
	if (w->removed)
		return removal_answer(w, w->status);
	if (has_failed(&w->call))
		return removal_fail(w);
	if (!w->call.done)
		return task_wait(t, &removal_promised_step); /* as long as the container lives */
	engine_report_call(w->engine, &w->call);
	return task_wait_ms(t, &removal_told_step, EVENTS_MS);
}

/* Where no events come there is nothing better than the engine's word. */
static enum task_turn removal_told(struct task *t)
{
	struct removal *w = container_of(t, struct removal, errand.task);
	int64_t told = json_get_int(yyjson_doc_get_root(w->call.json), "StatusCode", 0);

	if (w->errand.rq->x->gone)
		return errand_end(&w->errand);
	if (w->removed)
		return removal_answer(w, w->status);
	if (!t->timed_out)
		return task_wait_ms(t, &removal_told_step, EVENTS_MS);
	return removal_answer(w, told ? told : w->status);
}

static void handle_event(
	struct bus_listener *l, const struct docker_event *e, struct engine *engine)
{
	struct removal *w = container_of(l, struct removal, events);
	const char *status;

	if (engine != w->engine || e->type != EVENT_CONTAINER ||
		strcmp(e->actor_id, w->container_id) != 0)
		return;
	status = event_attribute(e, "exitCode");
	if (event_action_is(e, "die") && status)
		parse_i64(status, &w->status);
	w->removed |= event_action_is(e, "destroy");
	if (w->removed)
		task_wake(&w->errand.task);
}

static void send_call(struct removal *w)
{
	const struct remote *r = &w->engine->remote;

	remote_call_init(&w->call, r, w->errand.rq->version, "POST",
		"/containers/%s/wait?condition=removed", w->container_id);
	w->call.mode = CALL_JSON;
	w->call.idle_timeout_ms = w->call.body_timeout_ms = -1;
	remote_send(&w->call, r, &w->errand.task);
}

static void wait_for_removal(struct request *rq, const struct container *c)
{
	struct removal *w = errand_create(rq, sizeof(*w), &removal_asked_step, removal_finish);

	w->engine = engine_ref(c->engine);
	w->status = c->exit_code; /* if it has ended already */
	memcpy(w->container_id, c->id, sizeof(w->container_id));
	w->events.handle_event = handle_event;
	errand_watch_client(&w->errand);
	bus_subscribe(rq->api->cluster->bus, &w->events);
	send_call(w);
}

void containers_wait(struct request *rq)
{
	const char *condition = query_get(&rq->query, "condition");
	const struct container *c = proxy_container_gate(rq, request_name(rq));

	if (!c)
		return;
	if (c->engine->remote.kind == REMOTE_PODMAN && condition &&
		strcmp(condition, "removed") == 0)
		wait_for_removal(rq, c);
	else /* clients know enough when they have seen the status, and do not wait for the end */
		proxy_container(rq);
}
