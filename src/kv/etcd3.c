/*
 * kv/etcd3.c - etcd's v3 API through its JSON gateway.
 *
 *   watch:  range (all, and the revision R) -> watch from R + 1, each line applied -> any end:
 *           range again.  So neither a gap, nor a compaction, nor a store made anew is missed.
 *   lease:  grant -> write -> rest -> keep alive -> write if it is not there -> rest ...
 */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kv/etcd.h"
#include "kv/etcd3_answer.h"

/* --- watch --- */

static enum task_turn watch_range(struct task *t);
const struct task_step etcd3_watch_first = { .name = "watch_range", .run = watch_range };
STEP(watch_listed);
STEP(watch_follow);
STEP(watch_news);

static enum task_turn watch_range(struct task *t)
{
	struct etcd_watch *w = etcd_watch_of(t);
	auto_strbuf struct strbuf body = STRBUF_INIT;

	etcd3_write_range(&body, w->base.directory);
	strbuf_add_char(&body, '}');
	return etcd3_ask(&w->worker, "/kv/range", strbuf_steal(&body), &watch_listed_step);
}

static enum task_turn watch_listed(struct task *t)
{
	struct etcd_watch *w = etcd_watch_of(t);
	struct worker *worker = &w->worker.worker;
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	auto_error struct error err = ERROR_INIT;
	int64_t revision;

	if (!worker_answered(worker, false, &err) ||
		!etcd3_parse_range(yyjson_doc_get_root(worker->call.json), w->base.directory,
			&entries, &revision, &err))
		return etcd_worker_failed(&w->worker, &err);
	etcd_watch_listed(w, &entries, (uint64_t)revision);
	return task_go(t, &watch_follow_step);
}

static enum task_turn watch_follow(struct task *t)
{
	struct etcd_watch *w = etcd_watch_of(t);
	auto_strbuf struct strbuf body = STRBUF_INIT;

	strbuf_add_str(&body, "{\"create_request\":");
	etcd3_write_range(&body, w->base.directory);
	strbuf_addf(&body, ",\"start_revision\":\"%" PRIu64 "\"}}", w->seen + 1);
	return etcd3_ask_stream(&w->worker, "/watch", strbuf_steal(&body), &watch_news_step);
}

/* What the lines that have come say, all together. */
static bool read_lines(struct etcd_watch *w, struct etcd3_news *ret, struct error *err)
{
	struct evbuffer *in = w->worker.worker.call.in;
	bool ok = true;

	*ret = (struct etcd3_news){ 0 };
	while (ok && !ret->ended) {
		struct etcd3_news news = { 0 };
		size_t len;
		auto_free char *line = etcd3_take_line(&w->worker, &len);
		auto_json yyjson_doc *doc = NULL;

		if (!line)
			break;
		doc = json_parse(line, len, err);
		ok = doc && etcd3_parse_watch(yyjson_doc_get_root(doc), w->base.directory,
				    &w->base.entries, &news, err);
		ret->changed |= news.changed;
		ret->ended = news.ended;
	}
	if (ok && evbuffer_get_length(in) >= WORKER_MAX_LINE)
		ok = error_set(err, ERROR_TOO_LARGE, "an endless line in a watch of etcd");
	return ok;
}

static bool watch_broke(const struct worker *worker, struct error *err)
{
	if (!worker->call.done || etcd_watch_was_quiet(&worker->call))
		return false;
	return !worker_answered(worker, false, err);
}

static enum task_turn watch_news(struct task *t)
{
	struct etcd_watch *w = etcd_watch_of(t);
	struct worker *worker = &w->worker.worker;
	auto_error struct error err = ERROR_INIT;
	struct etcd3_news news = { 0 };

	bool is_stream = worker->call.head_done && worker->call.answer.status == 200;
	bool ok = !is_stream || read_lines(w, &news, &err);
	if (news.changed)
		kv_watch_announce(&w->base);
	if (!ok || watch_broke(worker, &err))
		return etcd_worker_failed(&w->worker, &err);
	if (news.ended || worker->call.done)
		return task_wait_ms(t, &etcd3_watch_first, WORKER_SETTLE_MS);
	if (is_stream)
		call_resume(&worker->call);
	/* Changes that come together are told together. */
	return news.changed ? task_wait_ms(t, &watch_news_step, WORKER_SETTLE_MS)
			    : task_wait(t, &watch_news_step);
}

/* --- lease --- */

static enum task_turn lease_grant(struct task *t);
static enum task_turn lease_keep(struct task *t);
static enum task_turn lease_revoke(struct task *t);
const struct task_step etcd3_lease_first = { .name = "lease_keep", .run = lease_keep };
const struct task_step etcd3_lease_last = { .name = "lease_revoke", .run = lease_revoke };
STEP(lease_granted);
STEP(lease_written);
STEP(lease_kept);

static yyjson_val *answer_of(const struct etcd_lease *l)
{
	return yyjson_doc_get_root(l->worker.worker.call.json);
}

static enum task_turn lease_grant(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);

	return etcd3_ask(&l->worker, "/lease/grant",
		xasprintf("{\"TTL\":\"%" PRId64 "\"}", etcd_lease_seconds(l)), &lease_granted_step);
}

/*
 * Written only when it is not there as it should be: nobody who watches is woken by a heartbeat,
 * and an entry that somebody has deleted comes back.
 */
static enum task_turn write_entry(struct etcd_lease *l)
{
	auto_strbuf struct strbuf key = STRBUF_INIT;
	auto_strbuf struct strbuf value = STRBUF_INIT;

	etcd3_write_bytes(&key, l->base.key);
	etcd3_write_bytes(&value, l->base.value);
	return etcd3_ask(&l->worker, "/kv/txn",
		xasprintf("{\"compare\":[{\"key\":%s,\"target\":\"LEASE\",\"result\":\"EQUAL\","
			  "\"lease\":\"%" PRId64 "\"},"
			  "{\"key\":%s,\"target\":\"VALUE\",\"result\":\"EQUAL\",\"value\":%s}],"
			  "\"failure\":[{\"request_put\":{\"key\":%s,\"value\":%s,\"lease\":"
			  "\"%" PRId64 "\"}}]}",
			key.buf, l->id, key.buf, value.buf, key.buf, value.buf, l->id),
		&lease_written_step);
}

static enum task_turn lease_granted(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!worker_answered(&l->worker.worker, false, &err) ||
		!etcd3_parse_grant(answer_of(l), &l->id, &err))
		return etcd_worker_failed(&l->worker, &err);
	return write_entry(l);
}

/* A lease that has ended between two calls: 404, "requested lease not found". */
static bool lease_is_lost(const struct error *err)
{
	return err->status == 404;
}

static enum task_turn lease_written(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);
	auto_error struct error err = ERROR_INIT;

	if (worker_answered(&l->worker.worker, false, &err))
		return etcd_lease_rest(l, &etcd3_lease_first);
	if (lease_is_lost(&err))
		l->id = 0;
	return etcd_worker_failed(&l->worker, &err);
}

/* Without a lease (at the start), or with one that may be gone (after a failure, too). */
static enum task_turn lease_keep(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);

	if (!l->id)
		return lease_grant(t);
	return etcd3_ask(&l->worker, "/lease/keepalive",
		xasprintf("{\"ID\":\"%" PRId64 "\"}", l->id), &lease_kept_step);
}

static enum task_turn lease_kept(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);
	auto_error struct error err = ERROR_INIT;
	bool alive;

	if (!worker_answered(&l->worker.worker, false, &err) ||
		!etcd3_parse_keepalive(answer_of(l), &alive, &err))
		return etcd_worker_failed(&l->worker, &err);
	if (alive)
		return write_entry(l);
	l->id = 0;
	return lease_grant(t);
}

static enum task_turn lease_revoke(struct task *t)
{
	struct etcd_lease *l = etcd_lease_of(t);

	if (!l->id) {
		l->base.ops->handle_released(l->base.arg, NULL);
		return TASK_WAIT;
	}
	return etcd3_ask_within(&l->worker, ETCD_RELEASE_TIMEOUT_MS, "/lease/revoke",
		xasprintf("{\"ID\":\"%" PRId64 "\"}", l->id), &etcd_step_released);
}
