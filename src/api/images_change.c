/*
 * api/images_change.c - tagging and removing: on every healthy engine that has the image, in
 * parallel, each asked for what it calls the image.
 *
 * An engine that refuses (an image in use) makes the whole a failure with that engine's status, and
 * a line per node says what happened where.  An engine that was lost meanwhile does not turn the
 * success of the others into a failure: it is named in a Warning field and, after a removal, in the
 * list.
 */
#include "api/images.h"

#include <string.h>

#include "api/reply.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "docker/query_need.h"
#include "manager/fanout.h"
#include "manager/image_find.h"
#include "manager/refreshes.h"

enum { CHANGE_TIMEOUT_MS = 10 * 60 * 1000 }; /* removing large images takes its time */

struct image_change {
	struct request *rq;
	struct task task;
	const struct change_kind *kind;
	struct fanout fanout;
	struct refreshes refreshes; /* of the engines that answered */
};

struct change_kind {
	const char *done; /* "removed", for the lines about nodes */
	void (*reply)(struct image_change *c);
};

STEP(change_answered);
STEP(change_refreshed);

static struct request *change_free(struct image_change *c)
{
	struct request *rq = c->rq;

	task_finish(&c->task);
	refreshes_finish(&c->refreshes);
	fanout_finish(&c->fanout);
	free(c);
	rq->cancel = NULL;
	return rq;
}

static void change_cancel(struct request *rq)
{
	request_finish(change_free(rq->work));
}

/* --- outcomes --- */

enum outcome {
	CHANGE_DONE,
	CHANGE_GONE,    /* the image had left the engine before our request came */
	CHANGE_REFUSED, /* by the engine */
	CHANGE_LOST,    /* the engine did not answer */
};

static enum outcome outcome_of(const struct fanout_item *item)
{
	if (!error_is_set(&item->err))
		return CHANGE_DONE;
	if (!fanout_item_answered(item))
		return CHANGE_LOST;
	return item->err.status == 404 ? CHANGE_GONE : CHANGE_REFUSED;
}

static size_t count_outcomes(const struct image_change *c, enum outcome outcome)
{
	size_t n = 0;

	for (size_t i = 0; i < c->fanout.count; i++)
		n += outcome_of(&c->fanout.items[i]) == outcome;
	return n;
}

static bool succeeded(const struct image_change *c)
{
	return count_outcomes(c, CHANGE_DONE) > 0 && count_outcomes(c, CHANGE_REFUSED) == 0;
}

/* The engines' status when they agree; among different refusals a conflict says most. */
static int failure_status(const struct image_change *c)
{
	int status = 0;

	for (size_t i = 0; i < c->fanout.count; i++) {
		const struct fanout_item *item = &c->fanout.items[i];

		if (outcome_of(item) == CHANGE_DONE || outcome_of(item) == CHANGE_LOST)
			continue;
		if (status == 0 || status == 404)
			status = item->err.status;
		else if (item->err.status != 404 && item->err.status != status)
			status = item->err.status == 409 || status == 409 ? 409 : 500;
	}
	return status ? status : 500;
}

static void add_line(struct strbuf *text, const char *node, const char *what)
{
	strbuf_addf(text, "%s%s: %s", text->len ? "\n" : "", node, what);
}

/* What failed comes first: it is what the person has to look at. */
static void reply_failure(struct image_change *c)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	int status = failure_status(c);

	for (size_t i = 0; i < c->fanout.count; i++) {
		const struct fanout_item *item = &c->fanout.items[i];

		if (error_is_set(&item->err))
			add_line(&text, item->engine->name, error_text(&item->err));
	}
	for (size_t i = 0; i < c->fanout.count; i++) {
		if (outcome_of(&c->fanout.items[i]) == CHANGE_DONE)
			add_line(&text, c->fanout.items[i].engine->name, c->kind->done);
	}
	reply_errorf(change_free(c), status, "%s", text.buf);
}

static void warn_about_lost(struct image_change *c)
{
	for (size_t i = 0; i < c->fanout.count; i++) {
		const struct fanout_item *item = &c->fanout.items[i];
		auto_strbuf struct strbuf field = STRBUF_INIT;
		auto_free char *text = NULL;

		if (outcome_of(item) != CHANGE_LOST)
			continue;
		text = xasprintf("%s: %s", item->engine->name, error_text(&item->err));
		log_warn("%s: %s", c->rq->path, text);
		strbuf_add_str(&field, "299 swarm ");
		strbuf_add_quoted(&field, text);
		headers_add(&c->rq->x->answer, "Warning", field.buf);
	}
}

static void reply_tagged(struct image_change *c)
{
	reply_empty(change_free(c), 201);
}

static void add_removed(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct fanout_item *item)
{
	yyjson_val *removed = yyjson_doc_get_root(item->call.json), *entry;
	size_t i, max;

	yyjson_arr_foreach(removed, i, max, entry)
	{
		yyjson_mut_val *copy = yyjson_val_mut_copy(doc, entry);

		if (yyjson_mut_is_obj(copy))
			yyjson_mut_obj_add_str(doc, copy, "Node", item->engine->name);
		yyjson_mut_arr_append(list, copy);
	}
}

static void add_lost(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct fanout_item *item)
{
	yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, list);

	yyjson_mut_obj_add_str(doc, entry, "Error", error_text(&item->err));
	yyjson_mut_obj_add_str(doc, entry, "Node", item->engine->name);
}

/* Every node's list; names that several nodes had come once per node, as they always did. */
static void reply_removed(struct image_change *c)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *list = yyjson_mut_arr(doc);
	size_t len;

	yyjson_mut_doc_set_root(doc, list);
	for (size_t i = 0; i < c->fanout.count; i++) {
		const struct fanout_item *item = &c->fanout.items[i];

		if (outcome_of(item) == CHANGE_LOST)
			add_lost(doc, list, item);
		else if (outcome_of(item) == CHANGE_DONE)
			add_removed(doc, list, item);
	}
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(change_free(c), 200, text, len);
}

/* --- the work --- */

static enum task_turn change_answered(struct task *task)
{
	struct image_change *c = container_of(task, struct image_change, task);

	if (!fanout_done(&c->fanout))
		return task_wait(task, &change_answered_step); /* the calls have deadlines */
	refreshes_after(&c->refreshes, &c->fanout, refresh_images, task);
	return task_go(task, &change_refreshed_step);
}

static enum task_turn change_refreshed(struct task *task)
{
	struct image_change *c = container_of(task, struct image_change, task);

	if (!refreshes_done(&c->refreshes))
		return task_wait(task, &change_refreshed_step); /* refreshes have deadlines */
	if (!succeeded(c)) {
		reply_failure(c);
		return TASK_WAIT;
	}
	warn_about_lost(c);
	c->kind->reply(c);
	return TASK_WAIT;
}

static void ask_holder(struct image_change *c, const struct image_holder *holder)
{
	struct request *rq = c->rq;
	struct fanout_item *item = fanout_add(&c->fanout, holder->engine);
	auto_free char *path = request_path_for(rq, holder->reference);

	remote_call_init(&item->call, &holder->engine->remote, rq->version, rq->x->head.method,
		"%s%s%s", path, *rq->raw_query ? "?" : "", rq->raw_query);
	item->call.mode = CALL_JSON;
	item->call.head_timeout_ms = CHANGE_TIMEOUT_MS;
}

/* One that ignores a part of the query would do more than was asked for: remove all of an image
 * instead of one platform. */
static bool all_understand(struct request *rq, const struct image_holders *holders)
{
	struct api_version need = query_need(rq->x->head.method, rq->route->path, &rq->query);
	const struct image_holder *older = image_holders_older(holders, need);
	auto_strbuf struct strbuf since = STRBUF_INIT, max = STRBUF_INIT;

	if (!older)
		return true;
	api_version_format(&since, need);
	api_version_format(&max, older->engine->remote.range.max);
	reply_errorf(rq, 400,
		"this needs an engine with API version %s: engine %s speaks %s at most", since.buf,
		older->engine->name, max.buf);
	return false;
}

static void change_start(struct request *rq, const struct change_kind *kind)
{
	auto_error struct error err = ERROR_INIT;
	struct image_holders holders;
	struct image_change *c;

	if (!images_find(rq, &holders, request_name(rq), IMAGE_MATCH_TAG, &err)) {
		reply_error(rq, &err);
		return;
	}
	if (!all_understand(rq, &holders)) {
		image_holders_finish(&holders);
		return;
	}
	c = xnew(struct image_change);
	c->rq = rq;
	c->kind = kind;
	rq->work = c;
	rq->cancel = change_cancel;
	task_init(&c->task, rq->api->loop, &change_answered_step, NULL);
	for (size_t i = 0; i < holders.count; i++)
		ask_holder(c, &holders.items[i]);
	image_holders_finish(&holders);
	fanout_send(&c->fanout, &c->task);
}

void images_tag(struct request *rq)
{
	static const struct change_kind kind = {
		.done = "tagged",
		.reply = reply_tagged,
	};

	change_start(rq, &kind);
}

void images_remove(struct request *rq)
{
	static const struct change_kind kind = {
		.done = "removed",
		.reply = reply_removed,
	};

	change_start(rq, &kind);
}
