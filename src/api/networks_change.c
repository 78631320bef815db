/*
 * api/networks_change.c - the client's body is gathered, the engine asked, its networks read
 * again.
 */
#include "api/networks_change.h"

#include "api/body.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "cluster/find_network.h"

enum {
	BODY_MAX = 4 * 1024 * 1024,
	HEAD_TIMEOUT_MS = 60 * 1000, /* attaching to an overlay may take an engine 20 s */
	LOOK_AGAIN_MS = 100,
	LOOKS_MAX = 30,
};

STEP(change_gather);
STEP(change_spread);
STEP(change_answered);
STEP(change_refreshed);
STEP(change_look_again);

static struct request *change_free(struct network_change *c)
{
	struct request *rq = c->rq;

	task_finish(&c->task);
	refreshes_finish(&c->refreshes);
	call_finish(&c->call);
	network_spread_finish(&c->spread);
	for (size_t i = 0; i < c->targets_count; i++) {
		engine_unref(c->targets[i].engine);
		free(c->targets[i].path);
	}
	free(c->targets);
	free(c->body);
	network_claim_end(&c->claim);
	free(c->removed_id);
	free(c);
	rq->cancel = NULL;
	rq->work = NULL;
	return rq;
}

static void change_cancel(struct request *rq)
{
	request_finish(change_free(rq->work));
}

static enum task_turn change_fail(struct network_change *c, const struct error *err)
{
	reply_error(change_free(c), err);
	return TASK_WAIT;
}

void network_change_start(
	struct request *rq, bool (*prepare)(struct network_change *c, struct error *err))
{
	struct network_change *c = xnew(struct network_change);

	c->rq = rq;
	c->prepare = prepare;
	rq->work = c;
	rq->cancel = change_cancel;
	task_init(&c->task, rq->api->loop, &change_gather_step, NULL);
	body_start(rq, &c->task);
}

void network_change_add(struct network_change *c, struct engine *e, char *path)
{
	c->targets = xreallocarray(c->targets, c->targets_count + 1, sizeof(*c->targets));
	c->targets[c->targets_count++] = (struct network_target){
		.engine = engine_ref(e),
		.path = path,
	};
}

void network_change_spread(struct network_change *c, struct engine *e, const struct network *n)
{
	network_spread_start(&c->spread, c->rq->api->manager, e, n, &c->task);
}

void network_change_set_body(struct network_change *c, yyjson_mut_doc *doc)
{
	free(c->body);
	c->body = json_doc_text(doc, &c->body_len);
}

static void ask_next_engine(struct network_change *c)
{
	const char *method = c->rq->x->head.method;
	const struct network_target *target = &c->targets[c->next++];

	c->engine = target->engine;
	call_finish(&c->call);
	remote_call_init(&c->call, &c->engine->remote, c->rq->version, method, "%s", target->path);
	c->call.mode = CALL_TEXT;
	c->call.head_timeout_ms = HEAD_TIMEOUT_MS;
	if (c->body) {
		c->call.body = xmemdup(c->body, c->body_len);
		c->call.body_len = c->body_len;
		headers_set(&c->call.head.headers, "Content-Type", "application/json");
	}
	remote_send(&c->call, &c->engine->remote, &c->task);
}

static enum task_turn change_gather(struct task *task)
{
	struct network_change *c = container_of(task, struct network_change, task);
	auto_error struct error err = ERROR_INIT;

	if (!body_is_ready(c->rq, task, BODY_MAX, &err))
		return error_is_set(&err) ? change_fail(c, &err)
					  : body_wait(task, &change_gather_step);
	if (!c->prepare(c, &err))
		return change_fail(c, &err);
	return task_go(task, &change_spread_step);
}

static enum task_turn change_spread(struct task *task)
{
	struct network_change *c = container_of(task, struct network_change, task);

	if (c->spread.engine && !c->spread.done)
		return task_wait(task, &change_spread_step); /* it has deadlines */
	if (error_is_set(&c->spread.err)) {
		auto_error struct error err = ERROR_INIT;

		error_move(&err, &c->spread.err);
		return change_fail(c, &err);
	}
	ask_next_engine(c);
	return task_wait_for(task, &c->call.done, &change_answered_step);
}

static void start_refreshes(struct network_change *c)
{
	struct cluster *cluster = c->rq->api->cluster;
	struct engine *e;

	refreshes_init(&c->refreshes, cluster->engines_count + 2);
	refresh_networks(refreshes_next(&c->refreshes), c->engine, &c->task);
	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		if (c->everywhere && e != c->engine)
			refresh_networks(refreshes_next(&c->refreshes), e, &c->task);
	}
	if (c->container_id[0])
		refresh_container(
			refreshes_next(&c->refreshes), c->engine, c->container_id, &c->task);
}

static bool has_next(const struct network_change *c)
{
	return c->next < c->targets_count;
}

static enum task_turn go_on(struct network_change *c)
{
	ask_next_engine(c);
	return task_wait_for(&c->task, &c->call.done, &change_answered_step);
}

static enum task_turn change_answered(struct task *task)
{
	struct network_change *c = container_of(task, struct network_change, task);
	auto_error struct error err = ERROR_INIT;

	engine_report_call(c->engine, &c->call);
	if (remote_check(&c->call, &c->engine->remote, &err)) {
		if (c->each && has_next(c))
			return go_on(c);
		start_refreshes(c);
		return task_go(task, &change_refreshed_step);
	}
	/* what is gone from one of many needs no removal */
	if (c->each && c->call.answer.status == 404 && has_next(c))
		return go_on(c);
	if (!c->call.connection_failed || c->each || !has_next(c))
		return change_fail(c, &err);
	log_warn("engine %s: %s, trying the next engine", c->engine->name, error_text(&err));
	return go_on(c);
}

static enum task_turn change_reply(struct network_change *c)
{
	size_t len = evbuffer_get_length(c->call.in);
	int status = c->call.answer.status;
	auto_free char *body = xmalloc(len + 1);

	evbuffer_remove(c->call.in, body, len);
	if (len)
		reply_json(change_free(c), status, body, len);
	else
		reply_empty(change_free(c), status);
	return TASK_WAIT;
}

/* An engine drops its own part of an overlay a moment after the swarm's managers have agreed. */
static bool is_still_there(const struct network_change *c)
{
	const struct cluster *cluster = c->rq->api->cluster;
	const struct engine *e;

	if (!c->removed_id)
		return false;
	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		const struct network *n = network_on(e, c->removed_id);

		if (n && !network_is_removed(cluster, e, n))
			return true;
	}
	return false;
}

static enum task_turn change_look_again(struct task *task)
{
	struct network_change *c = container_of(task, struct network_change, task);

	start_refreshes(c);
	return task_go(task, &change_refreshed_step);
}

static enum task_turn change_refreshed(struct task *task)
{
	struct network_change *c = container_of(task, struct network_change, task);

	if (!refreshes_done(&c->refreshes))
		return task_wait(task, &change_refreshed_step); /* they have deadlines */
	if (is_still_there(c) && c->looks++ < LOOKS_MAX)
		return task_wait_ms(task, &change_look_again_step, LOOK_AGAIN_MS);
	return change_reply(c);
}
