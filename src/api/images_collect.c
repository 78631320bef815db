/* api/images_collect.c - one transfer after the other, until one engine has all the names. */
#include "api/images_collect.h"

#include "api/errand.h"
#include "api/failover.h"
#include "api/reply.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uri.h"
#include "manager/fleet.h"

struct images_collect {
	struct errand errand;
	struct strv names;
	struct engine *to;     /* counted; where all of them shall be */
	struct engine *source; /* counted; of the present transfer; NULL */
	struct call download;
	struct fleet fleet; /* one leg */
	size_t missing;     /* on it, before the present transfer */
};

STEP(collect_next);
STEP(collect_transfer);

static void finish_transfer(struct images_collect *c)
{
	if (!c->source)
		return;
	fleet_finish(&c->fleet);
	call_finish(&c->download);
	engine_unref(steal(c->source));
}

static void collect_finish(struct errand *e)
{
	struct images_collect *c = container_of(e, struct images_collect, errand);

	finish_transfer(c);
	engine_unref(c->to);
	strv_finish(&c->names);
}

void images_collect(struct request *rq, const struct strv *names)
{
	struct engine *to = image_holders_most(rq->api->cluster, names);
	struct images_collect *c;

	if (!to) {
		reply_errorf(rq, 500, "No healthy node available in the cluster");
		return;
	}
	c = errand_create(rq, sizeof(*c), &collect_next_step, collect_finish);
	c->to = engine_ref(to);
	c->missing = SIZE_MAX;
	strv_copy(&c->names, names);
	errand_watch_client(&c->errand);
	errand_start(&c->errand);
}

static enum task_turn fail(struct images_collect *c, struct error *err)
{
	error_wrap(err, "the images are on several nodes, and could not be brought to one");
	return errand_fail(&c->errand, err);
}

static enum task_turn save_all(struct images_collect *c)
{
	struct image_holders holders;
	auto_error struct error err = ERROR_INIT;
	struct request *rq;

	if (!image_holders_common(&holders, c->errand.rq->api->cluster, &c->names, &err))
		return fail(c, &err);
	rq = errand_detach(&c->errand);
	failover_start(failover_create(rq, &holders));
	return TASK_WAIT;
}

static void start_download(struct images_collect *c, const struct strv *names)
{
	auto_strbuf struct strbuf query = STRBUF_INIT;

	for (size_t i = 0; i < names->count; i++) {
		strbuf_add_str(&query, i ? "&names=" : "names=");
		uri_encode_query(&query, names->items[i]);
	}
	remote_call_init(&c->download, &c->source->remote, c->errand.rq->version, "GET",
		"/images/get?%s", query.buf);
	c->download.mode = CALL_STREAM;
	c->download.head_timeout_ms = c->download.idle_timeout_ms = FLEET_SILENCE_MS;
	remote_send(&c->download, &c->source->remote, &c->errand.task);
}

static void start_transfer(
	struct images_collect *c, struct engine *source, const struct strv *names)
{
	c->source = engine_ref(source);
	fleet_init(&c->fleet, &c->errand.task);
	c->fleet.failure = "Failed to load image";
	c->fleet.quiet = true;
	fleet_add_load(&c->fleet, c->to, c->errand.rq->version);
	start_download(c, names);
	fleet_start(&c->fleet);
}

static enum task_turn collect_next(struct task *t)
{
	struct images_collect *c = container_of(t, struct images_collect, errand.task);
	auto_strv struct strv names = STRV_INIT;
	auto_error struct error err = ERROR_INIT;
	size_t missing = image_holders_count_missing(c->errand.rq->api->cluster, c->to, &c->names);
	struct engine *source;

	if (missing == 0)
		return save_all(c);
	if (missing >= c->missing) {
		error_set(&err, ERROR_UNAVAILABLE, "node %s does not list what it loaded",
			c->to->name);
		return fail(c, &err);
	}
	c->missing = missing;
	source = image_holders_source(c->errand.rq->api->cluster, c->to, &c->names, &names);
	if (!source) {
		error_set(&err, ERROR_UNAVAILABLE, "no healthy node has the rest any more");
		return fail(c, &err);
	}
	start_transfer(c, source, &names);
	return task_go(t, &collect_transfer_step);
}

static enum task_turn collect_transfer(struct task *t)
{
	struct images_collect *c = container_of(t, struct images_collect, errand.task);
	auto_error struct error err = ERROR_INIT;

	if (c->errand.rq->x->gone)
		return errand_end(&c->errand);
	fleet_feed(&c->fleet, c->source, &c->download);
	if (!fleet_advance(&c->fleet))
		return task_wait_ms(t, &collect_transfer_step, FLEET_LOOK_MS);
	if (!fleet_check(&c->fleet, &err))
		return fail(c, &err);
	finish_transfer(c);
	return task_go(t, &collect_next_step);
}
