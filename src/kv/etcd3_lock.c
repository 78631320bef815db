/*
 * kv/etcd3_lock.c - a key of etcd v3 that exists while its holder's lease lives.
 *
 *   look -> ours: keep the lease alive -> held -> rest -> look
 *        -> absent: a lease (granted, or kept) -> create the key with it, unless it exists -> look
 *        -> another's: that is the holder; watch the key -> news -> look
 *
 * The promise is the lease's time to live, which counts from when the keep-alive was sent.  What
 * became of a create that was not answered shows the next look: the key then has our lease.
 */
#include <inttypes.h>

#include "base/json.h"
#include "base/mem.h"
#include "kv/etcd.h"
#include "kv/etcd3_answer.h"

static enum task_turn lock_look(struct task *t);
static enum task_turn lock_revoke(struct task *t);
const struct task_step etcd3_lock_first = { .name = "lock_look", .run = lock_look };
const struct task_step etcd3_lock_last = { .name = "lock_revoke", .run = lock_revoke };
STEP(lock_seen);
STEP(lock_kept);
STEP(lock_granted);
STEP(lock_created);
STEP(lock_news);

static yyjson_val *answer_of(const struct etcd_lock *l)
{
	return yyjson_doc_get_root(l->worker.worker.call.json);
}

static bool answered(const struct etcd_lock *l, struct error *err)
{
	return worker_answered(&l->worker.worker, false, err);
}

/* A holder has no time for a silent server. */
static enum task_turn ask(
	struct etcd_lock *l, const char *path, char *body, const struct task_step *next)
{
	return etcd3_ask_within(
		&l->worker, l->is_ours ? kv_lock_beat_ms(l->base.ttl_ms) : 0, path, body, next);
}

static enum task_turn lock_look(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	auto_strbuf struct strbuf key = STRBUF_INIT;

	etcd3_write_bytes(&key, l->base.key);
	return ask(l, "/kv/range", xasprintf("{\"key\":%s}", key.buf), &lock_seen_step);
}

static enum task_turn keep(struct etcd_lock *l)
{
	if (!l->lease)
		return ask(l, "/lease/grant",
			xasprintf("{\"TTL\":\"%" PRId64 "\"}", etcd_lock_seconds(l)),
			&lock_granted_step);
	return ask(l, "/lease/keepalive", xasprintf("{\"ID\":\"%" PRId64 "\"}", l->lease),
		&lock_kept_step);
}

static enum task_turn follow(struct etcd_lock *l)
{
	auto_strbuf struct strbuf key = STRBUF_INIT;

	etcd3_write_bytes(&key, l->base.key);
	return etcd3_ask_stream(&l->worker, "/watch",
		xasprintf("{\"create_request\":{\"key\":%s,\"start_revision\":\"%" PRIu64 "\"}}",
			key.buf, l->seen + 1),
		&lock_news_step);
}

static enum task_turn lock_seen(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	auto_error struct error err = ERROR_INIT;
	struct etcd3_key found = { 0 };

	if (!answered(l, &err) || !etcd3_parse_key(answer_of(l), &found, &err))
		return etcd_worker_failed(&l->worker, &err);
	auto_free char *value = found.value;

	worker_succeeded(&l->worker.worker);
	l->seen = (uint64_t)found.revision;
	l->is_ours = value && l->lease && found.lease == l->lease;
	if (l->is_ours)
		return keep(l);
	kv_lock_note_lost(&l->base);
	kv_lock_note_holder(&l->base, value);
	if (!value)
		return keep(l);
	l->lease = 0; /* of no use: it ends by itself */
	return follow(l);
}

/* --- ours, or free --- */

/* Nobody else's key is ever overwritten. */
static enum task_turn create(struct etcd_lock *l)
{
	auto_strbuf struct strbuf key = STRBUF_INIT;
	auto_strbuf struct strbuf value = STRBUF_INIT;

	etcd3_write_bytes(&key, l->base.key);
	etcd3_write_bytes(&value, l->base.value);
	return ask(l, "/kv/txn",
		xasprintf("{\"compare\":[{\"key\":%s,\"target\":\"CREATE\",\"result\":\"EQUAL\","
			  "\"create_revision\":\"0\"}],"
			  "\"success\":[{\"request_put\":{\"key\":%s,\"value\":%s,\"lease\":"
			  "\"%" PRId64 "\"}}]}",
			key.buf, key.buf, value.buf, l->lease),
		&lock_created_step);
}

static enum task_turn lock_kept(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	auto_error struct error err = ERROR_INIT;
	bool alive;

	if (!answered(l, &err) || !etcd3_parse_keepalive(answer_of(l), &alive, &err))
		return etcd_worker_failed(&l->worker, &err);
	if (alive)
		return l->is_ours ? etcd_lock_rest(l, &etcd3_lock_first) : create(l);
	l->lease = 0;
	return task_go(t, &etcd3_lock_first);
}

static enum task_turn lock_granted(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!answered(l, &err) || !etcd3_parse_grant(answer_of(l), &l->lease, &err))
		return etcd_worker_failed(&l->worker, &err);
	return create(l);
}

/* Whoever was faster: the look tells. */
static enum task_turn lock_created(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!answered(l, &err))
		return etcd_worker_failed(&l->worker, &err);
	return task_go(t, &etcd3_lock_first);
}

/* --- another's --- */

static bool has_news(struct etcd_worker *w)
{
	struct evbuffer *in = w->worker.call.in;
	size_t len;
	char *line;
	bool news = false;

	while (!news && (line = etcd3_take_line(w, &len))) {
		auto_json yyjson_doc *doc = json_parse(line, len, NULL);

		news = etcd3_line_is_news(yyjson_doc_get_root(doc));
		free(line);
	}
	return news || evbuffer_get_length(in) >= WORKER_MAX_LINE;
}

static enum task_turn lock_news(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	struct worker *worker = &l->worker.worker;
	auto_error struct error err = ERROR_INIT;
	bool is_stream = worker->call.head_done && worker->call.answer.status == 200;

	if (is_stream && has_news(&l->worker))
		return task_go(t, &etcd3_lock_first);
	if (worker->call.done && !etcd_watch_was_quiet(&worker->call) && !answered(l, &err))
		return etcd_worker_failed(&l->worker, &err);
	if (worker->call.done)
		return task_wait_ms(t, &etcd3_lock_first, WORKER_SETTLE_MS);
	if (is_stream)
		call_resume(&worker->call);
	return task_wait(t, &lock_news_step); /* the call has deadlines of its own */
}

/* --- the end --- */

static enum task_turn lock_revoke(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);

	if (l->lease)
		return etcd3_ask_within(&l->worker, ETCD_RELEASE_TIMEOUT_MS, "/lease/revoke",
			xasprintf("{\"ID\":\"%" PRId64 "\"}", l->lease), &etcd_step_lock_released);
	kv_lock_note_released(&l->base, NULL);
	return TASK_WAIT;
}
