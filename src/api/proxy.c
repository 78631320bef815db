/*
 * api/proxy.c - one engine answers.  The task of a proxy waits for the relay's moments: the head
 * is held (then the record is refreshed first), the end is held (then the images are), and it is
 * over.
 */
#include "api/proxy.h"

#include <string.h>
#include <strings.h>

#include "api/reply.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_container.h"
#include "cluster/fresh.h"
#include "manager/acknowledged.h"
#include "manager/desired.h"

STEP(proxy_relayed);
STEP(proxy_refreshed);
STEP(proxy_withdrawn);

static void proxy_finish(struct errand *e)
{
	struct proxy *p = container_of(e, struct proxy, errand);

	touch_finish(p->touch);
	withdrawal_finish(&p->withdrawal);
	refresh_finish(&p->refresh);
	image_making_end(&p->making);
	relay_finish(&p->relay);
	if (p->reservation)
		engine_remove_container(p->engine, steal(p->reservation));
	if (p->release)
		p->release(p->kept);
	engine_unref(p->engine);
}

static void answer_unreachable(struct proxy *p)
{
	auto_error struct error err = ERROR_INIT;

	error_copy(&err, &p->relay.err);
	error_wrap(&err, "node %s", p->engine->name);
	reply_exchange_error(p->errand.rq->api, p->errand.rq->x, &err);
	reply_log_failure(p->errand.rq, error_text(&err));
}

static enum task_turn proxy_end(struct proxy *p)
{
	if (p->relay.state == RELAY_NO_ANSWER)
		answer_unreachable(p);
	else if (p->relay.state == RELAY_BROKEN)
		log_fields(LOG_WARN, "Answer of an engine broke off", "error",
			error_text(&p->relay.err), "node", p->engine->name, "uri",
			p->errand.rq->path, NULL);
	return errand_end(&p->errand);
}

/* The engine's own fields stay, but whose API this is, is ours to say. */
static void edit_head(struct relay *r, struct response_head *head)
{
	struct proxy *p = container_of(r, struct proxy, relay);

	bool is_stream = call_offers_stream(&r->call);

	if (p->stream_type && head->status < 300 && (is_stream || !p->relay.hijack))
		headers_set(&head->headers, "Content-Type", p->stream_type);
	if (is_stream)
		return;
	reply_decorate(p->errand.rq->api, &head->headers);
}

static bool held_answer_matters(const struct proxy *p)
{
	int status = p->relay.call.answer.status;

	return status >= 200 && (status < 300 || status == 304);
}

static enum task_turn act_on_held_answer(struct proxy *p)
{
	if (!held_answer_matters(p)) {
		relay_release(&p->relay);
		return task_wait(&p->errand.task, &proxy_relayed_step);
	}
	if (p->answered)
		p->answered(p);
	if (!(p->flags & ROUTE_CHANGES)) {
		relay_release(&p->relay);
		return task_wait(&p->errand.task, &proxy_relayed_step);
	}
	if (p->errand.rq->route->flags & ROUTE_REMOVES)
		acknowledged_removal(p->errand.rq->api->manager, p->engine, p->container_id);
	if (p->touch && p->relay.call.answer.status < 300)
		touch_answered(p->touch, p->container_id);
	refresh_container(&p->refresh, p->engine, p->container_id, &p->errand.task);
	return task_wait_for(&p->errand.task, &p->refresh.done, &proxy_refreshed_step);
}

static enum task_turn refresh_at_end(struct proxy *p)
{
	p->refreshed = true;
	if (p->flags & ROUTE_MAKES_IMAGES) {
		fresh_note(p->engine);
		refresh_images(&p->refresh, p->engine, &p->errand.task);
	} else {
		refresh_container(&p->refresh, p->engine, p->container_id, &p->errand.task);
	}
	return task_wait_for(&p->errand.task, &p->refresh.done, &proxy_refreshed_step);
}

static enum task_turn act_on_held_end(struct proxy *p)
{
	if (p->relay.call.answer.status < 300)
		return refresh_at_end(p);
	relay_release(&p->relay);
	return task_wait(&p->errand.task, &proxy_relayed_step);
}

/* A build goes on, or has been done, also when its client does not wait for the end. */
static bool leaves_images(const struct proxy *p)
{
	return p->flags & ROUTE_MAKES_IMAGES && !p->refreshed && p->relay.state != RELAY_NO_ANSWER;
}

static enum task_turn proxy_relayed(struct task *t)
{
	struct proxy *p = container_of(t, struct proxy, errand.task);

	if (p->relay.state == RELAY_HELD)
		return act_on_held_answer(p);
	if (p->relay.state == RELAY_HELD_AT_END)
		return act_on_held_end(p);
	if (!relay_over(&p->relay))
		return task_wait(t, &proxy_relayed_step); /* streams may be silent for weeks; the
						       relay knows its deadlines */
	if (p->relay.state !=
		RELAY_CLIENT_GONE) /* then nobody knows how the call would have ended */
		engine_report_call(p->engine, &p->relay.call);
	return leaves_images(p) ? refresh_at_end(p) : proxy_end(p);
}

/* What a success says by itself. */
static enum deed deed_of(const struct route *route)
{
	if (route->flags & ROUTE_STARTS)
		return DEED_START;
	if (route->flags & ROUTE_STOPS)
		return DEED_STOP;
	return route->flags & ROUTE_RENAMES ? DEED_RENAME : DEED_NONE;
}

static void believe_answer(struct proxy *p)
{
	const struct request *rq = p->errand.rq;

	log_debug("node %s: refresh after %s failed: %s", p->engine->name, rq->path,
		error_text(&p->refresh.err));
	acknowledged_change(rq->api->manager, p->engine, p->container_id, deed_of(rq->route),
		query_get(&rq->query, "name"));
}

static enum task_turn proxy_refreshed(struct task *t)
{
	struct proxy *p = container_of(t, struct proxy, errand.task);

	if (p->refresh.err.code)
		believe_answer(p);
	relay_release(&p->relay);
	return task_go(t, &proxy_relayed_step);
}

static void copy_fields(struct request_head *to, const struct exchange *x)
{
	headers_copy(&to->headers, &x->head.headers);
}

struct proxy *proxy_create(struct request *rq, struct engine *e, const char *path)
{
	struct proxy *p = errand_create(rq, sizeof(*p), &proxy_relayed_step, proxy_finish);
	auto_free char *query_path =
		*rq->raw_query ? xasprintf("%s?%s", path, rq->raw_query) : xstrdup(path);
	auto_free char *target = remote_target(&e->remote, rq->version, query_path);

	p->engine = engine_ref(e);
	p->flags = rq->route->flags;
	request_head_init(&p->relay.head, rq->x->head.method, target);
	copy_fields(&p->relay.head, rq->x);
	p->relay.head_timeout_ms =
		-1; /* stop, commit, start with plugins: as long as the engine works on it */
	p->relay.idle_timeout_ms = -1;
	p->relay.edit_head = edit_head;
	return p;
}

/* "start" of /containers/{name}/start is also the event that ends the work; NULL: there is none, or
 * it needs no reading. */
static const char *action_of(const struct proxy *p)
{
	const char *last = strrchr(p->errand.rq->route->path, '/');

	return p->flags & ROUTE_CHANGES && p->container_id[0] && last && last[1] != '{' ? last + 1
											: NULL;
}

/* A signal that is not meant to end a container ends no registration. */
static bool signal_ends(const char *name)
{
	static const char *const ending[] = { "KILL", "9", "TERM", "15", "INT", "2", "QUIT", "3",
		"ABRT", "6" };

	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++) {
		if (strcasecmp(name, ending[i]) == 0)
			return true;
	}
	return !*name;
}

/* The container that this request is about to end; NULL: it does not run, or goes on. */
static const struct container *ending_container(const struct proxy *p)
{
	const struct request *rq = p->errand.rq;
	const char *signal = query_get(&rq->query, "signal"),
		   *force = query_get(&rq->query, "force");
	const struct container *c = p->flags & ROUTE_ENDS && p->container_id[0]
					    ? engine_find_container(p->engine, p->container_id)
					    : NULL;
	bool removes = strcmp(rq->x->head.method, "DELETE") == 0;

	if (!c || !container_is_running(c) || (removes && !(force && parse_query_bool(force))))
		return NULL;
	return str_ends_with(rq->route->path, "/kill") && signal && !signal_ends(signal) ? NULL : c;
}

static void start_relay(struct proxy *p)
{
	const char *action = action_of(p);

	if (action)
		p->touch = touch_start(&p->engine->touches, p->container_id, action);
	if (p->flags & ROUTE_MAKES_IMAGES)
		image_making_begin(&p->making, p->engine);
	p->relay.hold_head = p->flags & ROUTE_CHANGES || p->answered;
	p->relay.hold_body = p->answered;
	p->relay.hold_end = p->flags & (ROUTE_CHANGES_AT_END | ROUTE_MAKES_IMAGES);
	p->relay.hold_tail = p->flags & ROUTE_HOLD_TAIL;
	p->relay.hijack = request_may_hijack(p->errand.rq);
	relay_start(&p->relay, p->errand.rq->api->loop, p->errand.rq->x, p->engine->remote.endpoint,
		&p->errand.task);
}

static enum task_turn proxy_withdrawn(struct task *t)
{
	start_relay(container_of(t, struct proxy, errand.task));
	return task_wait(t, &proxy_relayed_step); /* as there */
}

void proxy_start(struct proxy *p)
{
	const struct container *c = ending_container(p);

	if (!c || !p->errand.rq->api->manager->withdrawer) {
		start_relay(p);
		return;
	}
	(void)task_wait_for(&p->errand.task, &p->withdrawal.done, &proxy_withdrawn_step);
	withdrawal_start(&p->withdrawal, p->errand.rq->api->manager, c, &p->errand.task);
}

struct container *proxy_find_container(
	const struct request *rq, const char *name, struct error *err)
{
	struct container *c = cluster_find_container(rq->api->cluster, name, err);
	struct desired_lost unseen;

	if (!c && err->code == ERROR_NOT_FOUND &&
		desired_find_unseen(rq->api->manager->desired, name, &unseen)) {
		error_clear(err);
		error_set(err, ERROR_UNAVAILABLE,
			"Container %s is on node %s, which is out of reach", name, unseen.node);
		return NULL;
	}
	if (!c || engine_is_healthy(c->engine))
		return c;
	error_set(err, ERROR_UNAVAILABLE, "Container %s running on unhealthy node %s", name,
		c->engine->name);
	return NULL;
}

struct container *proxy_container_gate(struct request *rq, const char *name)
{
	auto_error struct error err = ERROR_INIT;
	struct container *c = proxy_find_container(rq, name, &err);

	if (!c)
		reply_error(rq, &err);
	return c;
}

/* What the engine is asked for: the id, which is nobody else's, or, where it repeats that in its
 * errors, the begin of the id or the name that the client wrote, less its node. */
static const char *reference_for(const struct request *rq, const struct container *c)
{
	const char *name = container_name(c), *written = request_name(rq);

	if (!(rq->route->flags & ROUTE_BY_NAME))
		return c->id;
	if (*name && str_ends_with(written, name))
		return name;
	return str_starts_with(c->id, written) ? written : c->id;
}

struct proxy *proxy_create_container(struct request *rq, struct container *c, const char *path)
{
	auto_free char *own = path ? NULL : request_path_for(rq, reference_for(rq, c));
	struct proxy *p = proxy_create(rq, c->engine, path ? path : own);

	memcpy(p->container_id, c->id, sizeof(p->container_id));
	return p;
}

void proxy_container(struct request *rq)
{
	struct container *c = proxy_container_gate(rq, request_name(rq));

	if (c)
		proxy_start(proxy_create_container(rq, c, NULL));
}

void proxy_any(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	struct engine *e = manager_any_engine(rq->api->manager, &err);

	if (e)
		proxy_start(proxy_create(rq, e, rq->path));
	else
		reply_error(rq, &err);
}
