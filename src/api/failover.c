/* api/failover.c - the next engine is asked as long as nothing has reached the client. */
#include "api/failover.h"

#include "api/errand.h"
#include "api/reply.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/relay.h"

struct failover {
	struct errand errand;
	struct image_holders holders; /* owned */
	size_t next;                  /* in holders, to ask */
	char *(*path)(const struct request *rq, const char *reference);
	struct relay relay;
};

STEP(failover_ask);
STEP(failover_relayed);

static void failover_finish(struct errand *e)
{
	struct failover *f = container_of(e, struct failover, errand);

	relay_finish(&f->relay);
	image_holders_finish(&f->holders);
}

struct failover *failover_create(struct request *rq, struct image_holders *holders)
{
	struct failover *f = errand_create(rq, sizeof(*f), &failover_ask_step, failover_finish);

	f->holders = *holders;
	*holders = (struct image_holders){ 0 };
	return f;
}

void failover_set_path(
	struct failover *f, char *(*path)(const struct request *rq, const char *reference))
{
	f->path = path;
}

void failover_start(struct failover *f)
{
	errand_start(&f->errand);
}

static void edit_head(struct relay *r, struct response_head *head)
{
	struct failover *f = container_of(r, struct failover, relay);

	reply_decorate(f->errand.rq->api, &head->headers);
}

static enum task_turn failover_ask(struct task *t)
{
	struct failover *f = container_of(t, struct failover, errand.task);
	const struct image_holder *holder = &f->holders.items[f->next++];
	struct request *rq = f->errand.rq;
	auto_free char *path = f->path ? f->path(rq, holder->reference) : xstrdup(rq->path);
	auto_free char *full =
		*rq->raw_query ? xasprintf("%s?%s", path, rq->raw_query) : xstrdup(path);
	auto_free char *target = remote_target(&holder->engine->remote, rq->version, full);

	relay_finish(&f->relay);
	request_head_init(&f->relay.head, rq->x->head.method, target);
	headers_copy(&f->relay.head.headers, &rq->x->head.headers);
	/* Saving and pushing begin when the engine has prepared them; a lost peer is noticed. */
	f->relay.head_timeout_ms = f->relay.idle_timeout_ms = -1;
	f->relay.edit_head = edit_head;
	relay_start(&f->relay, rq->api->loop, rq->x, holder->engine->remote.endpoint, t);
	return task_wait(t, &failover_relayed_step); /* ends with the engine, or with the client */
}

static const struct engine *asked_engine(const struct failover *f)
{
	return f->holders.items[f->next - 1].engine;
}

static bool may_ask_next(const struct failover *f)
{
	return f->relay.state == RELAY_NO_ANSWER && f->next < f->holders.count &&
	       f->errand.rq->x->body_length == 0 && !f->errand.rq->x->gone;
}

static enum task_turn failover_no_answer(struct failover *f)
{
	auto_error struct error err = ERROR_INIT;

	error_copy(&err, &f->relay.err);
	error_wrap(&err, "node %s", asked_engine(f)->name);
	if (may_ask_next(f)) {
		log_warn("%s: %s, trying the next engine", f->errand.rq->path, error_text(&err));
		return task_go(&f->errand.task, &failover_ask_step);
	}
	return errand_fail(&f->errand, &err);
}

static enum task_turn failover_relayed(struct task *t)
{
	struct failover *f = container_of(t, struct failover, errand.task);

	if (!relay_over(&f->relay))
		return task_wait(t, &failover_relayed_step); /* as above */
	if (f->relay.state != RELAY_CLIENT_GONE) /* else nobody knows how it would have ended */
		engine_report_call(f->holders.items[f->next - 1].engine, &f->relay.call);
	if (f->relay.state == RELAY_NO_ANSWER)
		return failover_no_answer(f);
	if (f->relay.state == RELAY_BROKEN)
		log_warn("%s: the answer of node %s broke off: %s", f->errand.rq->path,
			asked_engine(f)->name, error_text(&f->relay.err));
	return errand_end(&f->errand);
}

void failover_any(struct request *rq, enum remote_kind preferred)
{
	auto_error struct error err = ERROR_INIT;
	struct image_holders holders;

	if (!image_holders_any_engine(&holders, rq->api->cluster, preferred, &err))
		reply_error(rq, &err);
	else
		failover_start(failover_create(rq, &holders));
}
