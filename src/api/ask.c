/* api/ask.c - the course of all questions, and the rule for those that fail in part. */
#include "api/ask.h"

#include <assert.h>

#include "api/reply.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	BODY_MS = 120 * 1000, /* what takes an engine long it does before the head */
	LOOK_AGAIN_MS = 100,
	LOOKS_MAX = 30,
};

STEP(ask_prepare);
STEP(ask_prepare_more);
STEP(ask_ready);
STEP(ask_send);
STEP(ask_answered);
STEP(ask_refreshed);
STEP(ask_look_again);
STEP(ask_write_list);

static void ask_finish(struct errand *e)
{
	struct ask *a = container_of(e, struct ask, errand);

	refreshes_finish(&a->refreshes);
	fanout_finish(&a->fanout);
	strv_finish(&a->unasked);
	free(a->body);
	object_list_destroy(a->list);
	strbuf_finish(&a->list_text);
	if (a->kind->finish)
		a->kind->finish(a);
}

struct ask *ask_create(struct request *rq, const struct ask_kind *kind)
{
	size_t size = kind->size ? kind->size : sizeof(struct ask);
	struct ask *a = errand_create(rq, size, &ask_prepare_step, ask_finish);

	assert(size >= sizeof(*a) && kind->timeout_ms > 0);
	a->kind = kind;
	a->order = kind->order;
	return a;
}

void ask_start(struct ask *a)
{
	if (a->kind->body_max)
		errand_start_body(&a->errand, a->kind->body_max);
	else
		errand_start(&a->errand);
}

/* --- whom, and with what --- */

struct fanout_item *ask_add(struct ask *a, struct engine *e, const char *path, const char *query)
{
	const struct request *rq = a->errand.rq;
	const char *method = a->kind->method ? a->kind->method : rq->x->head.method;
	struct fanout_item *item = fanout_add(&a->fanout, e);

	if (!query)
		query = rq->raw_query;
	remote_call_init(&item->call, &e->remote, rq->version, method, "%s%s%s", path,
		*query ? "?" : "", query);
	if (*request_trace(rq))
		headers_set(&item->call.head.headers, "traceparent", request_trace(rq));
	item->call.mode = a->kind->mode;
	item->call.head_timeout_ms = a->kind->timeout_ms;
	item->call.body_timeout_ms = min_of(a->kind->timeout_ms, (int64_t)BODY_MS);
	return item;
}

bool ask_add_healthy(struct ask *a, const char *path, struct error *err)
{
	size_t count;
	struct engine **engines = cluster_sorted_engines(a->errand.rq->api->cluster, &count);

	for (size_t i = 0; i < count; i++) {
		if (engine_is_healthy(engines[i]))
			ask_add(a, engines[i], path, NULL);
	}
	free(engines);
	return a->fanout.count > 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "No healthy node available in the cluster");
}

void ask_set_body(struct ask *a, yyjson_mut_doc *doc)
{
	free(a->body);
	a->body = json_doc_text(doc, &a->body_len);
}

static void put_body(const struct ask *a, struct call *c)
{
	c->body = xmemdup(a->body, a->body_len);
	c->body_len = a->body_len;
	headers_set(&c->head.headers, "Content-Type", "application/json");
}

static enum task_turn ask_prepare(struct task *t)
{
	struct ask *a = container_of(t, struct ask, errand.task);
	auto_error struct error err = ERROR_INIT;

	if (!a->kind->prepare(a, &err))
		return errand_fail(&a->errand, &err);
	return task_go(t, a->kind->prepare_more ? &ask_prepare_more_step : &ask_ready_step);
}

static enum task_turn ask_prepare_more(struct task *t)
{
	struct ask *a = container_of(t, struct ask, errand.task);
	bool more = true;

	while (more && loop_has_time(t->loop))
		more = a->kind->prepare_more(a);
	return more ? task_yield(t, &ask_prepare_more_step) : task_go(t, &ask_ready_step);
}

static enum task_turn ask_ready(struct task *t)
{
	struct ask *a = container_of(t, struct ask, errand.task);

	for (size_t i = 0; a->body && i < a->fanout.count; i++)
		put_body(a, &a->fanout.items[i].call);
	return a->before_done ? task_wait_for(t, a->before_done, &ask_send_step)
			      : task_go(t, &ask_send_step);
}

static enum task_turn ask_send(struct task *t)
{
	struct ask *a = container_of(t, struct ask, errand.task);
	auto_error struct error err = ERROR_INIT;

	if (a->before_err && error_is_set(a->before_err)) {
		error_move(&err, a->before_err);
		return errand_fail(&a->errand, &err);
	}
	if (a->order == ASK_AT_ONCE)
		fanout_send(&a->fanout, t);
	else
		fanout_send_next(&a->fanout, t);
	return task_go(t, &ask_answered_step);
}

/* --- what they said --- */

static struct fanout_item *last_asked(const struct ask *a)
{
	return &a->fanout.items[a->fanout.sent - 1];
}

static bool asks_next(const struct ask *a)
{
	const struct fanout_item *last;

	if (a->order == ASK_AT_ONCE || a->fanout.sent == a->fanout.count)
		return false;
	last = last_asked(a);
	if (a->order == ASK_EACH)
		return !error_is_set(&last->err) || last->call.answer.status == 404;
	if (!last->call.connection_failed)
		return false;
	log_warn("engine %s: %s, trying the next engine", last->engine->name,
		error_text(&last->err));
	return true;
}

const struct fanout_item *ask_first_success(const struct ask *a)
{
	for (size_t i = 0; i < a->fanout.count; i++) {
		if (fanout_item_succeeded(&a->fanout.items[i]))
			return &a->fanout.items[i];
	}
	return NULL;
}

static void forgive(struct ask *a)
{
	const struct ask_kind *kind = a->kind;
	bool somebody_did = ask_first_success(a);

	for (size_t i = 0; i < a->fanout.count; i++) {
		struct fanout_item *item = &a->fanout.items[i];
		bool is_lack = kind->may_lack && item->call.answer.status == 404;
		bool is_gone = somebody_did && kind->gone && kind->gone(item);

		if (is_lack || is_gone)
			error_clear(&item->err);
	}
}

static enum task_turn ask_answered(struct task *t)
{
	struct ask *a = container_of(t, struct ask, errand.task);
	bool done = fanout_done(&a->fanout);

	exchange_charge(a->errand.rq->x, fanout_bytes(&a->fanout));
	if (!done)
		return task_wait(t, &ask_answered_step); /* the calls have deadlines */
	if (asks_next(a)) {
		fanout_send_next(&a->fanout, t);
		return task_wait(t, &ask_answered_step);
	}
	forgive(a);
	if (a->kind->settle)
		a->kind->settle(a);
	return task_go(t, &ask_look_again_step);
}

static enum task_turn ask_look_again(struct task *t)
{
	struct ask *a = container_of(t, struct ask, errand.task);

	if (a->kind->refresh)
		a->kind->refresh(a);
	else if (a->kind->refresh_each)
		refreshes_after(&a->refreshes, &a->fanout, a->kind->refresh_each, t);
	return task_go(t, &ask_refreshed_step);
}

/* --- the verdict --- */

static void warn_about_lost(struct ask *a)
{
	struct request *rq = a->errand.rq;

	for (size_t i = 0; i < a->fanout.count; i++) {
		const struct fanout_item *item = &a->fanout.items[i];
		auto_strbuf struct strbuf field = STRBUF_INIT;
		auto_free char *text = NULL;

		if (fanout_item_answered(item))
			continue;
		text = xasprintf("%s: %s", item->engine->name, error_text(&item->err));
		log_warn("%s: %s", rq->path, text);
		strbuf_add_str(&field, "299 swarm ");
		strbuf_add_quoted(&field, text);
		headers_add(&rq->x->answer, "Warning", field.buf);
	}
}

/* A line for each, and the last one. */
static size_t log_failures(const struct ask *a, struct error *last)
{
	size_t failed = 0;

	for (size_t i = 0; i < a->fanout.count; i++) {
		const struct fanout_item *item = &a->fanout.items[i];

		if (!error_is_set(&item->err))
			continue;
		failed++;
		log_warn("engine %s: %s failed: %s", item->engine->name, a->errand.rq->path,
			error_text(&item->err));
		error_copy(last, &item->err);
		error_wrap(last, "node %s", item->engine->name);
	}
	return failed;
}

static bool one_has_succeeded(const struct ask *a, struct error *err)
{
	auto_error struct error last = ERROR_INIT;
	size_t failed = log_failures(a, &last);

	if (failed == 0 || failed < a->fanout.count || a->kind->need == ASK_NONE_MUST)
		return true;
	if (fanout_refusal(&a->fanout))
		error_copy(err, fanout_refusal(&a->fanout));
	else
		error_move(err, &last);
	return false;
}

/* Of those that were asked one after the other the last one decides, in its own words. */
static bool last_has_succeeded(const struct ask *a, struct error *err)
{
	const struct fanout_item *last = last_asked(a);

	if (!error_is_set(&last->err))
		return true;
	error_copy(err, &last->err);
	return false;
}

static bool nobody_refused(const struct ask *a)
{
	for (size_t i = 0; i < a->fanout.count; i++) {
		const struct fanout_item *item = &a->fanout.items[i];

		if (error_is_set(&item->err) && fanout_item_answered(item))
			return false;
	}
	return ask_first_success(a);
}

static bool check(struct ask *a, struct error *err)
{
	if (a->order != ASK_AT_ONCE)
		return last_has_succeeded(a, err);
	if (a->kind->need == ASK_ONE_MUST || a->kind->need == ASK_NONE_MUST)
		return one_has_succeeded(a, err);
	if (a->kind->need == ASK_ALL_MUST || !nobody_refused(a))
		return fanout_check(&a->fanout, &a->unasked, a->kind->done, err);
	warn_about_lost(a);
	return true;
}

/* --- the answer --- */

static char *take_text(const struct fanout_item *item, size_t *ret_len)
{
	size_t len = item && item->call.in ? evbuffer_get_length(item->call.in) : 0;
	char *text = xmalloc(len + 1);

	if (len)
		evbuffer_remove(item->call.in, text, len);
	text[len] = '\0';
	*ret_len = len;
	return text;
}

static enum task_turn begin_list(struct ask *a)
{
	auto_error struct error err = ERROR_INIT;

	strbuf_init(&a->list_text, 0);
	a->list = a->kind->list(a, &err);
	return a->list ? task_go(&a->errand.task, &ask_write_list_step)
		       : errand_fail(&a->errand, &err);
}

static enum task_turn ask_write_list(struct task *t)
{
	struct ask *a = container_of(t, struct ask, errand.task);
	auto_strbuf struct strbuf text = STRBUF_INIT;
	bool more = true;

	while (more && loop_has_time(t->loop))
		more = object_list_more(a->list, &a->list_text);
	exchange_charge(
		a->errand.rq->x, fanout_bytes(&a->fanout) + a->list->bytes + a->list_text.len);
	if (more)
		return task_yield(t, &ask_write_list_step);
	text = a->list_text; /* it outlives the errand */
	strbuf_init(&a->list_text, 0);
	reply_json(errand_detach(&a->errand), 200, text.buf, text.len);
	return TASK_WAIT;
}

static enum task_turn reply_long(struct ask *a)
{
	auto_evbuffer struct evbuffer *body = evbuffer_new();

	a->kind->write(a, body);
	reply_json_buffer(errand_detach(&a->errand), a->status ? a->status : 200, body);
	return TASK_WAIT;
}

static enum task_turn reply(struct ask *a)
{
	const struct fanout_item *first = ask_first_success(a);
	int status = a->status ? a->status : first ? first->call.answer.status : 200;
	auto_error struct error err = ERROR_INIT;
	size_t len = 0;
	auto_free char *text =
		a->kind->answer ? a->kind->answer(a, &len, &err) : take_text(first, &len);

	if (!text)
		return errand_fail(&a->errand, &err);
	if (len)
		reply_json(errand_detach(&a->errand), status, text, len);
	else
		reply_empty(errand_detach(&a->errand), status);
	return TASK_WAIT;
}

static enum task_turn ask_refreshed(struct task *t)
{
	struct ask *a = container_of(t, struct ask, errand.task);
	auto_error struct error err = ERROR_INIT;

	if (!refreshes_done(&a->refreshes))
		return task_wait(t, &ask_refreshed_step); /* they have deadlines */
	if (!check(a, &err))
		return errand_fail(&a->errand, &err);
	if (a->kind->is_shown && !a->kind->is_shown(a) && a->looks++ < LOOKS_MAX)
		return task_wait_ms(t, &ask_look_again_step, LOOK_AGAIN_MS);
	if (a->kind->list)
		return begin_list(a);
	return a->kind->write ? reply_long(a) : reply(a);
}
