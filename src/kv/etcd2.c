/*
 * kv/etcd2.c - etcd's v2 API, which classic members use.
 *
 *   watch:  list (all, and the index I) -> wait for an event from I + 1 -> news: list again; a mere
 *           heartbeat of a classic agent: wait for the next
 *   lease:  write -> rest -> refresh (wakes nobody) -> rest ...; gone: write
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/uri.h"
#include "kv/etcd.h"
#include "kv/etcd2_answer.h"

#define FORM "application/x-www-form-urlencoded"

/* --- watch --- */

static enum task_turn watch_list(struct task *t);
const struct task_step etcd2_watch_first = { .name = "watch_list", .run = watch_list };
STEP(watch_listed);
STEP(watch_wait);
STEP(watch_event);

static enum task_turn watch_list(struct task *t)
{
	struct etcd_watch *w = etcd_watch_of(t);

	return worker_ask(&w->worker.worker,
		&(struct worker_request){
			.method = "GET",
			.target = etcd2_target(
				w->base.directory, "?quorum=true&recursive=true&sorted=true"),
			.mode = CALL_JSON,
		},
		&watch_listed_step);
}

/* An absent directory is an empty one, but only in etcd's own words. */
static bool read_list(
	const struct etcd_watch *w, struct kv_entries *ret, uint64_t *ret_index, struct error *err)
{
	const struct worker *worker = &w->worker.worker;
	const struct call *c = &worker->call;

	if (!worker_answered(worker, true, err) || !etcd2_read_index(c, ret_index, err))
		return false;
	if (c->answer.status != 404)
		return etcd2_parse_list(yyjson_doc_get_root(c->json), ret, err);
	return etcd2_call_error(c) == ETCD2_KEY_NOT_FOUND || worker_answered(worker, false, err);
}

static enum task_turn watch_listed(struct task *t)
{
	struct etcd_watch *w = etcd_watch_of(t);
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	auto_error struct error err = ERROR_INIT;
	uint64_t index;

	if (!read_list(w, &entries, &index, &err))
		return etcd_worker_failed(&w->worker, &err);
	etcd_watch_listed(w, &entries, index);
	return task_go(t, &watch_wait_step);
}

static enum task_turn watch_wait(struct task *t)
{
	struct etcd_watch *w = etcd_watch_of(t);
	auto_free char *suffix =
		xasprintf("?recursive=true&wait=true&waitIndex=%" PRIu64, w->seen + 1);

	return worker_ask(&w->worker.worker,
		&(struct worker_request){
			.method = "GET",
			.target = etcd2_target(w->base.directory, suffix),
			.mode = CALL_JSON,
			.idle_timeout_ms = ETCD_WATCH_IDLE_MS,
			.stream = true,
		},
		&watch_event_step);
}

static enum task_turn watch_event(struct task *t)
{
	struct etcd_watch *w = etcd_watch_of(t);
	struct worker *worker = &w->worker.worker;
	auto_error struct error err = ERROR_INIT;
	struct etcd2_event event;

	/* Nothing for a long time, or so much that the history is too short: look at all. */
	if ((etcd_watch_was_quiet(&worker->call) && !worker->call.json) ||
		etcd2_call_error(&worker->call) == ETCD2_EVENT_INDEX_CLEARED)
		return task_wait_ms(t, &etcd2_watch_first, WORKER_SETTLE_MS);
	if (!worker_answered(worker, false, &err) ||
		!etcd2_parse_event(yyjson_doc_get_root(worker->call.json), &event, &err))
		return etcd_worker_failed(&w->worker, &err);
	w->seen = event.index;
	if (!event.is_news)
		return task_go(t, &watch_wait_step);
	return task_wait_ms(t, &etcd2_watch_first, WORKER_SETTLE_MS);
}

/* --- lease --- */

static enum task_turn lease_write(struct task *t);
static enum task_turn lease_delete(struct task *t);
const struct task_step etcd2_lease_first = { .name = "lease_write", .run = lease_write };
const struct task_step etcd2_lease_last = { .name = "lease_delete", .run = lease_delete };
STEP(lease_written);
STEP(lease_refresh);
STEP(lease_refreshed);

static enum task_turn put(
	struct etcd_lease *l, const char *suffix, char *body, const struct task_step *next)
{
	return worker_ask(&l->worker.worker,
		&(struct worker_request){
			.method = "PUT",
			.target = etcd2_target(l->base.key, suffix),
			.body = body,
			.content_type = FORM,
			.mode = CALL_JSON,
		},
		next);
}

static enum task_turn lease_write(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);
	auto_strbuf struct strbuf body = STRBUF_INIT;

	strbuf_addf(&body, "ttl=%" PRId64 "&value=", etcd_lease_seconds(l));
	uri_encode_query(&body, l->base.value);
	return put(l, "", strbuf_steal(&body), &lease_written_step);
}

/* etcd says what it has written; whoever else says "200 OK" has written nothing. */
static bool read_written(const struct etcd_lease *l, struct error *err)
{
	const struct call *c = &l->worker.worker.call;

	return etcd2_value_is(yyjson_doc_get_root(c->json), l->base.value) ||
	       error_set(err, ERROR_PROTOCOL,
		       "answers %d without what was written: is it etcd, with its v2 API enabled?",
		       c->answer.status);
}

static enum task_turn lease_written(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!worker_answered(&l->worker.worker, false, &err) || !read_written(l, &err))
		return etcd_worker_failed(&l->worker, &err);
	return etcd_lease_rest(l, &lease_refresh_step);
}

static enum task_turn lease_refresh(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);

	return put(l, "?prevExist=true",
		xasprintf("ttl=%" PRId64 "&refresh=true", etcd_lease_seconds(l)),
		&lease_refreshed_step);
}

static enum task_turn lease_refreshed(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);
	const struct call *c = &l->worker.worker.call;
	auto_error struct error err = ERROR_INIT;

	if (etcd2_call_error(c) == ETCD2_KEY_NOT_FOUND)
		return task_go(t, &etcd2_lease_first);
	if (!worker_answered(&l->worker.worker, false, &err))
		return etcd_worker_failed(&l->worker, &err);
	if (!etcd2_value_is(yyjson_doc_get_root(c->json), l->base.value))
		return task_go(t, &etcd2_lease_first);
	return etcd_lease_rest(l, &lease_refresh_step);
}

static enum task_turn lease_delete(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);

	return worker_ask(&l->worker.worker,
		&(struct worker_request){
			.method = "DELETE",
			.target = etcd2_target(l->base.key, ""),
			.mode = CALL_JSON,
			.head_timeout_ms = ETCD_RELEASE_TIMEOUT_MS,
		},
		&etcd_step_released);
}
