/*
 * cluster/refresh_container.c - one container: the list entry and the inspect document.
 *
 * Both are asked for at once.  When one says that the container is there and the other that it is
 * not, it came or went in between, and both are asked again.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "cluster/engine_private.h"
#include "cluster/refresh_private.h"

enum {
	TRIES = 3,
	HEAD_TIMEOUT_MS = 15 * 1000,
	ANSWER_MAX_BYTES = 16 * 1024 * 1024,
};

struct job {
	struct refresh_state base;
	char id[65];
	int tries;
	struct call list, inspect;
};

STEP(job_ask);
STEP(job_answered);

static void job_free(struct refresh_state *base)
{
	struct job *job = container_of(base, struct job, base);

	call_finish(&job->list);
	call_finish(&job->inspect);
	free(job);
}

static enum task_turn job_ask(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	auto_strbuf struct strbuf filter = STRBUF_INIT, query = STRBUF_INIT, path = STRBUF_INIT;

	strbuf_add_str(&filter, "{\"id\":{");
	strbuf_add_json_str(&filter, job->id, strlen(job->id));
	strbuf_add_str(&filter, ":true}}");
	uri_encode_query(&query, filter.buf);
	uri_encode_path(&path, job->id);
	job->tries++;
	refresh_ask(&job->base, &job->list, "/containers/json?all=1&filters=%s", query.buf);
	refresh_ask(&job->base, &job->inspect, "/containers/%s/json", path.buf);
	job->list.head_timeout_ms = job->inspect.head_timeout_ms = HEAD_TIMEOUT_MS;
	job->list.max_body = job->inspect.max_body = ANSWER_MAX_BYTES;
	return task_wait(t, &job_answered_step); /* the calls have deadlines */
}

/* The filter takes prefixes too. */
static yyjson_val *find_entry(const struct job *job)
{
	yyjson_val *root = yyjson_doc_get_root(job->list.json), *entry;
	size_t i, max;

	yyjson_arr_foreach(root, i, max, entry)
	{
		if (strcmp(json_get_str(entry, "Id", ""), job->id) == 0)
			return entry;
	}
	return NULL;
}

static void vanished(struct job *job)
{
	struct container *c = engine_find_container(job->base.engine, job->id);

	if (c && refresh_is_newest(&job->base, c))
		engine_remove_container(job->base.engine, c);
}

static bool fill(struct job *job, struct container *c, yyjson_val *entry, struct error *err)
{
	struct container_view view = engine_container_view(job->base.engine);
	yyjson_val *inspect = yyjson_doc_get_root(job->inspect.json);

	if (strcmp(json_get_str(inspect, "Id", ""), job->id) != 0)
		return error_set(
			err, ERROR_PROTOCOL, "asked for container %s, got another", job->id);
	return container_set_entry(c, entry, &view, err) &&
	       container_set_inspect(c, inspect, &view, err);
}

static bool add(struct job *job, yyjson_val *entry, struct error *err)
{
	struct engine *e = job->base.engine;
	struct container *c;

	if (refresh_log_removed_since(e->refresh_log, job->id, job->base.place.order))
		return true;
	c = container_create();
	c->seen = c->read = job->base.place.order;
	if (!fill(job, c, entry, err)) {
		container_destroy(c);
		return false;
	}
	engine_add_container(e, c);
	return true;
}

static bool store(struct job *job, yyjson_val *entry, struct error *err)
{
	struct engine *e = job->base.engine;
	struct container *c = engine_find_container(e, job->id);
	bool filled;

	if (!c)
		return add(job, entry, err);
	if (!refresh_is_newest(&job->base, c))
		return true;
	engine_before_change(e, c);
	filled = fill(job, c, entry, err);
	c->seen = job->base.place.order;
	if (filled)
		c->read = job->base.place.order;
	engine_after_change(e, c);
	return filled;
}

static bool is_missing(const struct error *err)
{
	return err->code == ERROR_ENGINE && err->status == 404;
}

/* Whoever asked goes on without what was not learnt: it comes with all the rest. */
static enum task_turn job_fail(struct job *job, struct error *err)
{
	engine_doubt(job->base.engine);
	return refresh_fail(&job->base, err);
}

static enum task_turn job_answered(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	auto_error struct error err = ERROR_INIT;
	yyjson_val *entry;
	bool inspected;

	if (!job->list.done || !job->inspect.done)
		return task_wait(t, &job_answered_step); /* the calls have deadlines */
	if (!refresh_answer(&job->base, &job->list, &err))
		return job_fail(job, &err);
	entry = find_entry(job);
	inspected = refresh_answer(&job->base, &job->inspect, &err);
	if (!inspected && !is_missing(&err))
		return job_fail(job, &err);
	if (!!entry != inspected && job->tries < TRIES)
		return task_go(t, &job_ask_step);
	error_clear(&err);
	if (!inspected)
		vanished(job);
	else if (!entry)
		error_set(
			&err, ERROR_PROTOCOL, "container %s is inspected but not listed", job->id);
	else
		store(job, entry, &err);
	return error_is_set(&err) ? job_fail(job, &err) : TASK_DONE;
}

void refresh_container(
	struct refresh *r, struct engine *e, const char *container_id, struct task *waiter)
{
	struct job *job = xnew(struct job);

	snprintf(job->id, sizeof(job->id), "%s", container_id);
	refresh_begin(r, &job->base, e, waiter, &job_ask_step, job_free);
}
