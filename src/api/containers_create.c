/*
 * api/containers_create.c - POST /containers/create: gather and check the body, let the manager
 * do the work, answer.
 */
#include "api/body.h"
#include "api/containers.h"
#include "api/dry_run.h"
#include "api/placement_label.h"
#include "api/reply.h"
#include "base/mem.h"
#include "base/parse.h"
#include "manager/create.h"

enum { CREATE_BODY_MAX = 16 * 1024 * 1024 };

struct create_request {
	struct request *rq;
	struct task task;
	struct create *create; /* owns itself; NULL until the body is there */
};

STEP(create_request_body);
STEP(create_request_watch);

/* Detaches the work from the request; the request is finished by whoever answers. */
static struct request *create_request_free(struct create_request *cr)
{
	struct request *rq = cr->rq;

	task_finish(&cr->task);
	if (cr->create)
		create_forget(cr->create);
	free(cr);
	rq->cancel = NULL;
	return rq;
}

static void create_request_cancel(struct request *rq)
{
	request_finish(create_request_free(rq->work));
}

static void handle_created(struct create *c, void *arg)
{
	struct create_request *cr = arg;
	struct request *rq;

	cr->create = NULL;
	rq = create_request_free(cr);
	if (error_is_set(&c->err))
		reply_error(rq, &c->err);
	else
		reply_json(rq, 201, c->answer, c->answer_len);
}

static bool parse_request(struct request *rq, struct container_config *config, struct error *err)
{
	size_t len = evbuffer_get_length(rq->x->body);
	const char *body = len ? (const char *)evbuffer_pullup(rq->x->body, -1) : "";
	const char *name = query_get(&rq->query, "name");
	const char *platform = query_get(&rq->query, "platform");

	if (!config_parse(config, body, len, name ? name : "", platform ? platform : "", err))
		return false;
	if (placement_session(rq))
		config_add_label(config, LABEL_TESTCONTAINERS, placement_session(rq));
	return true;
}

static enum task_turn create_request_fail(struct create_request *cr, const struct error *err)
{
	reply_error(create_request_free(cr), err);
	return TASK_WAIT; /* finished and freed */
}

static enum task_turn create_request_body(struct task *t)
{
	struct create_request *cr = container_of(t, struct create_request, task);
	struct request *rq = cr->rq;
	struct container_config config = { 0 };
	auto_error struct error err = ERROR_INIT;

	if (!body_is_ready(rq, t, CREATE_BODY_MAX, &err))
		return error_is_set(&err) ? create_request_fail(cr, &err)
					  : body_wait(t, &create_request_body_step);
	if (!parse_request(rq, &config, &err)) {
		config_finish(&config);
		return create_request_fail(cr, &err);
	}
	if (parse_query_bool(query_get(&rq->query, "dryrun"))) {
		dry_run_reply(create_request_free(cr), &config);
		return TASK_WAIT;
	}
	cr->create = create_start(rq->api->manager, &config,
		headers_get(&rq->x->head.headers, "X-Registry-Auth"), rq->version, handle_created,
		cr);
	cr->create->trace = xstrdup_null(headers_get(&rq->x->head.headers, "traceparent"));
	return task_wait(t, &create_request_watch_step);
}

/* Nothing to do but to notice that the client left: the create then goes on without it. */
static enum task_turn create_request_watch(struct task *t)
{
	struct create_request *cr = container_of(t, struct create_request, task);

	if (!cr->rq->x->gone)
		return task_wait(t, &create_request_watch_step);
	request_finish(create_request_free(cr));
	return TASK_WAIT;
}

void containers_create(struct request *rq)
{
	struct create_request *cr = xnew(struct create_request);

	cr->rq = rq;
	rq->work = cr;
	rq->cancel = create_request_cancel;
	task_init(&cr->task, rq->api->loop, &create_request_body_step, NULL);
	body_start(rq, &cr->task);
}
