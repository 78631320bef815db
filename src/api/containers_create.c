/*
 * api/containers_create.c - POST /containers/create: gather and check the body, let the manager
 * do the work, answer.
 */
#include <assert.h>

#include "api/asker.h"
#include "api/containers.h"
#include "api/dry_run.h"
#include "api/errand.h"
#include "api/placement_label.h"
#include "api/reply.h"
#include "base/mem.h"
#include "base/parse.h"
#include "manager/create.h"

enum { CREATE_BODY_MAX = 4 * 1024 * 1024 };

struct create_request {
	struct errand errand;
	struct create *create; /* owns itself; NULL until the body is there */
};

STEP(create_request_begin);
STEP(create_request_watch);

static void create_request_finish(struct errand *e)
{
	struct create_request *cr = container_of(e, struct create_request, errand);

	if (cr->create)
		create_forget(cr->create);
}

/* No node was found for it. */
static void tell_refusal(struct request *rq, const struct create *c)
{
	const struct container_config *config = &c->placing.config;

	if (c->asked || c->err.code != ERROR_UNAVAILABLE)
		return;
	bus_publish_own(rq->api->cluster->bus, JOURNAL_REFUSAL,
		&(struct event_own){ EVENT_SWARM, "create_refused", NULL,
			{ { "name", config->name }, { "image", config->image },
				{ "client", request_client(rq) },
				{ "reason", error_text(&c->err) } } },
		NULL);
}

static void handle_created(struct create *c, void *arg)
{
	struct create_request *cr = arg;
	struct request *rq;

	assert(cr->create == c);
	cr->create = NULL;
	rq = errand_detach(&cr->errand);
	if (error_is_set(&c->err)) {
		tell_refusal(rq, c);
		reply_error(rq, &c->err);
	} else {
		reply_json(rq, 201, c->answer, c->answer_len);
	}
}

static bool parse_request(struct request *rq, struct container_config *config, struct error *err)
{
	size_t len = evbuffer_get_length(rq->x->body);
	const char *body = len ? (const char *)evbuffer_pullup(rq->x->body, -1) : "";
	const char *name = query_get(&rq->query, "name");
	const char *platform = query_get(&rq->query, "platform");

	if (!config_parse(config, body, len, name ? name : "", platform ? platform : "", err))
		return false;
	if (config_is_empty(config))
		return error_set(err, ERROR_INVALID, CONFIG_TEXT_EMPTY);
	if (placement_session(rq))
		config_add_label(config, LABEL_TESTCONTAINERS, placement_session(rq));
	return true;
}

static enum task_turn create_request_begin(struct task *t)
{
	struct create_request *cr = container_of(t, struct create_request, errand.task);
	struct request *rq = cr->errand.rq;
	struct container_config config = { 0 };
	auto_error struct error err = ERROR_INIT;

	if (!parse_request(rq, &config, &err)) {
		config_finish(&config);
		return errand_fail(&cr->errand, &err);
	}
	if (parse_query_bool(query_get(&rq->query, "dryrun"))) {
		dry_run_reply(errand_detach(&cr->errand), &config);
		return TASK_WAIT;
	}
	asker_note_project(rq, labels_get(&config.labels, LABEL_COMPOSE_PROJECT));
	cr->create = create_start(rq->api->manager, &config,
		headers_get(&rq->x->head.headers, "X-Registry-Auth"), rq->version, handle_created,
		cr);
	cr->create->trace = xstrdup_null(headers_get(&rq->x->head.headers, "traceparent"));
	return task_wait(t, &create_request_watch_step);
}

/* Nothing to do but to notice that the client left: the create then goes on without it. */
static enum task_turn create_request_watch(struct task *t)
{
	struct create_request *cr = container_of(t, struct create_request, errand.task);

	if (!cr->errand.rq->x->gone)
		return task_wait(t, &create_request_watch_step);
	return errand_end(&cr->errand);
}

void containers_create(struct request *rq)
{
	struct create_request *cr =
		errand_create(rq, sizeof(*cr), &create_request_begin_step, create_request_finish);

	errand_start_body(&cr->errand, CREATE_BODY_MAX);
}
