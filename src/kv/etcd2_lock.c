/*
 * kv/etcd2_lock.c - a key of etcd v2 that its holder writes again before it ends, as classic
 * managers elect.
 *
 *   look -> absent: create, unless it exists -> held -> rest -> renew -> held -> rest ...
 *        -> ours (renewed, though nobody has told us): renew
 *        -> another's: that is the holder; wait for an event -> look
 *
 * Every write names what it expects to find: no key, or the one that was written last.  A key that
 * was only ever renewed keeps the index of its creation, by which its maker knows it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/uri.h"
#include "kv/etcd.h"
#include "kv/etcd2_answer.h"

static enum task_turn lock_look(struct task *t);
static enum task_turn lock_delete(struct task *t);
const struct task_step etcd2_lock_first = { .name = "lock_look", .run = lock_look };
const struct task_step etcd2_lock_last = { .name = "lock_delete", .run = lock_delete };
STEP(lock_seen);
STEP(lock_created);
STEP(lock_renew);
STEP(lock_renewed);
STEP(lock_event);

static bool parse(const struct etcd_lock *l, struct etcd2_node *ret, struct error *err)
{
	return etcd2_parse_node(yyjson_doc_get_root(l->worker.worker.call.json), ret, err);
}

static enum task_turn get(
	struct etcd_lock *l, const char *suffix, bool waits, const struct task_step *next)
{
	return worker_ask(&l->worker.worker,
		&(struct worker_request){
			.method = "GET",
			.target = etcd2_target(l->base.key, suffix),
			.mode = CALL_JSON,
			.idle_timeout_ms = waits ? (int64_t)ETCD_WATCH_IDLE_MS : 0,
			.stream = waits,
		},
		next);
}

static enum task_turn put(struct etcd_lock *l, const char *suffix, const struct task_step *next)
{
	auto_strbuf struct strbuf body = STRBUF_INIT;

	strbuf_addf(&body, "ttl=%" PRId64 "&value=", etcd_lock_seconds(l));
	uri_encode_query(&body, l->base.value);
	return worker_ask(&l->worker.worker,
		&(struct worker_request){
			.method = "PUT",
			.target = etcd2_target(l->base.key, suffix),
			.body = strbuf_steal(&body),
			.content_type = "application/x-www-form-urlencoded",
			.mode = CALL_JSON,
			.head_timeout_ms = kv_lock_beat_ms(l->base.ttl_ms),
		},
		next);
}

static enum task_turn lock_look(struct task *t)
{
	return get(etcd_lock_of(t), "?quorum=true", false, &lock_seen_step);
}

static enum task_turn vacant(struct etcd_lock *l)
{
	l->created = 0;
	kv_lock_note_lost(&l->base);
	kv_lock_note_holder(&l->base, NULL);
	return put(l, "?prevExist=false", &lock_created_step);
}

static enum task_turn follow(struct etcd_lock *l, const char *holder)
{
	auto_free char *suffix = xasprintf("?wait=true&waitIndex=%" PRIu64, l->seen + 1);

	l->created = 0;
	kv_lock_note_holder(&l->base, holder);
	return get(l, suffix, true, &lock_event_step);
}

static enum task_turn lock_seen(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	struct worker *w = &l->worker.worker;
	auto_error struct error err = ERROR_INIT;
	struct etcd2_node node;

	if (!worker_answered(w, true, &err) || !etcd2_read_index(&w->call, &l->seen, &err))
		return etcd_worker_failed(&l->worker, &err);
	worker_succeeded(w);
	if (etcd2_call_error(&w->call) == ETCD2_KEY_NOT_FOUND)
		return vacant(l);
	if (!worker_answered(w, false, &err) || !parse(l, &node, &err))
		return etcd_worker_failed(&l->worker, &err);
	if (node.created != l->created)
		return follow(l, node.value);
	l->written = node.modified;
	return task_go(t, &lock_renew_step);
}

/* --- ours --- */

static enum task_turn lock_renew(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	auto_free char *suffix = xasprintf("?prevIndex=%" PRIu64, l->written);

	return put(l, suffix, &lock_renewed_step);
}

/* etcd's own "no": somebody was faster, or it is gone. */
static bool is_refused(const struct etcd_lock *l)
{
	int code = etcd2_call_error(&l->worker.worker.call);

	return code == ETCD2_KEY_EXISTS || code == ETCD2_COMPARE_FAILED ||
	       code == ETCD2_KEY_NOT_FOUND;
}

static enum task_turn written(struct etcd_lock *l)
{
	auto_error struct error err = ERROR_INIT;
	struct etcd2_node node;

	if (is_refused(l))
		return task_go(&l->worker.worker.task, &etcd2_lock_first);
	if (!worker_answered(&l->worker.worker, false, &err) || !parse(l, &node, &err))
		return etcd_worker_failed(&l->worker, &err);
	l->created = node.created;
	l->written = node.modified;
	return etcd_lock_rest(l, &lock_renew_step);
}

static enum task_turn lock_created(struct task *t)
{
	return written(etcd_lock_of(t));
}

static enum task_turn lock_renewed(struct task *t)
{
	return written(etcd_lock_of(t));
}

/* --- another's --- */

/* A renewal is an event, too, so this ends now and then; a history too short is a reason to look,
 * as well. */
static enum task_turn lock_event(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	const struct call *c = &l->worker.worker.call;
	auto_error struct error err = ERROR_INIT;

	if (!etcd_watch_was_quiet(c) && etcd2_call_error(c) != ETCD2_EVENT_INDEX_CLEARED &&
		!worker_answered(&l->worker.worker, false, &err))
		return etcd_worker_failed(&l->worker, &err);
	return task_go(t, &etcd2_lock_first);
}

/* --- the end --- */

/* By value, because a renewal that was under way may have moved the index. */
static enum task_turn lock_delete(struct task *t)
{
	struct etcd_lock *l = etcd_lock_of(t);
	auto_strbuf struct strbuf suffix = STRBUF_INIT;

	if (!l->created) {
		kv_lock_note_released(&l->base, NULL);
		return TASK_WAIT;
	}
	strbuf_add_str(&suffix, "?prevValue=");
	uri_encode_query(&suffix, l->base.value);
	return worker_ask(&l->worker.worker,
		&(struct worker_request){
			.method = "DELETE",
			.target = etcd2_target(l->base.key, suffix.buf),
			.mode = CALL_JSON,
			.head_timeout_ms = ETCD_RELEASE_TIMEOUT_MS,
		},
		&etcd_step_lock_released);
}
