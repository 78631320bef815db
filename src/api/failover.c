/* api/failover.c - the next engine is asked as long as nothing has reached the client. */
#include "api/failover.h"

#include "api/reply.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/relay.h"

struct failover {
	struct request *rq;
	struct task task;
	struct image_holders holders; /* owned */
	size_t next;                  /* in holders, to ask */
	char *(*path)(const struct request *rq, const char *reference);
	struct relay relay;
};

STEP(failover_ask);
STEP(failover_relayed);

static struct request *failover_free(struct failover *f)
{
	struct request *rq = f->rq;

	task_finish(&f->task);
	relay_finish(&f->relay);
	image_holders_finish(&f->holders);
	free(f);
	rq->cancel = NULL;
	return rq;
}

static void failover_cancel(struct request *rq)
{
	request_finish(failover_free(rq->work));
}

struct failover *failover_create(struct request *rq, struct image_holders *holders)
{
	struct failover *f = xnew(struct failover);

	f->rq = rq;
	f->holders = *holders;
	*holders = (struct image_holders){ 0 };
	rq->work = f;
	rq->cancel = failover_cancel;
	task_init(&f->task, rq->api->loop, &failover_ask_step, NULL);
	return f;
}

void failover_set_path(
	struct failover *f, char *(*path)(const struct request *rq, const char *reference))
{
	f->path = path;
}

void failover_start(struct failover *f)
{
	task_start(&f->task);
}

static void edit_head(struct relay *r, struct response_head *head)
{
	struct failover *f = container_of(r, struct failover, relay);

	reply_decorate(f->rq->api, &head->headers);
}

static enum task_turn failover_ask(struct task *t)
{
	struct failover *f = container_of(t, struct failover, task);
	const struct image_holder *holder = &f->holders.items[f->next++];
	struct request *rq = f->rq;
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
	       f->rq->x->body_length == 0 && !f->rq->x->gone;
}

static enum task_turn failover_no_answer(struct failover *f)
{
	auto_error struct error err = ERROR_INIT;

	error_copy(&err, &f->relay.err);
	error_wrap(&err, "node %s", asked_engine(f)->name);
	if (may_ask_next(f)) {
		log_warn("%s: %s, trying the next engine", f->rq->path, error_text(&err));
		return task_go(&f->task, &failover_ask_step);
	}
	reply_error(failover_free(f), &err);
	return TASK_WAIT;
}

static enum task_turn failover_relayed(struct task *t)
{
	struct failover *f = container_of(t, struct failover, task);

	if (!relay_over(&f->relay))
		return task_wait(t, &failover_relayed_step); /* as above */
	if (f->relay.state != RELAY_CLIENT_GONE) /* else nobody knows how it would have ended */
		engine_report_call(f->holders.items[f->next - 1].engine, &f->relay.call);
	if (f->relay.state == RELAY_NO_ANSWER)
		return failover_no_answer(f);
	if (f->relay.state == RELAY_BROKEN)
		log_warn("%s: the answer of node %s broke off: %s", f->rq->path,
			asked_engine(f)->name, error_text(&f->relay.err));
	request_finish(failover_free(f));
	return TASK_WAIT;
}

void failover_any(struct request *rq, enum remote_kind preferred)
{
	auto_error struct error err = ERROR_INIT;
	struct image_holders holders;

	if (!image_find_any_engine(&holders, rq->api->cluster, preferred, &err))
		reply_error(rq, &err);
	else
		failover_start(failover_create(rq, &holders));
}
