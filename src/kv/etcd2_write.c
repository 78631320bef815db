/*
 * kv/etcd2_write.c - a write of etcd v2, which has no transactions over two keys.
 *
 *   look at the key -> write it as long as it is as it was -> is the lock still ours, by the clock?
 *
 * A holder that freezes between its last look at the clock and the arrival of its write can so
 * overwrite what its successor has not touched since; never what it has.
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/uri.h"
#include "kv/etcd.h"
#include "kv/etcd2_answer.h"

static enum task_turn write_look(struct task *t);
const struct task_step etcd2_write_first = { .name = "write_look", .run = write_look };
STEP(write_seen);
STEP(write_answered);

static enum task_turn ask(struct etcd_write *w, const char *method, const char *suffix, char *body,
	const struct task_step *next)
{
	if (!kv_lock_is_held(w->base.lock)) {
		free(body);
		return kv_write_refuse(&w->base);
	}
	return worker_ask(&w->worker,
		&(struct worker_request){
			.method = method,
			.target = etcd2_target(w->base.key, suffix),
			.body = body,
			.content_type = "application/x-www-form-urlencoded",
			.mode = CALL_JSON,
			.head_timeout_ms = KV_WRITE_MS,
			.idle_timeout_ms = KV_WRITE_MS,
		},
		next);
}

static enum task_turn write_look(struct task *t)
{
	return ask(etcd_write_of(t), "GET", "?quorum=true", NULL, &write_seen_step);
}

static char *format(const struct etcd_write *w)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_str(&sb, "value=");
	uri_encode_query(&sb, w->base.value);
	return strbuf_steal(&sb);
}

static enum task_turn write_seen(struct task *t)
{
	struct etcd_write *w = etcd_write_of(t);
	bool absent = etcd2_call_error(&w->worker.call) == ETCD2_KEY_NOT_FOUND;
	auto_error struct error err = ERROR_INIT;
	struct etcd2_node node;

	if (absent)
		return w->base.value
			       ? ask(w, "PUT", "?prevExist=false", format(w), &write_answered_step)
			       : kv_write_end(&w->base, NULL);
	if (!worker_answered(&w->worker, false, &err) ||
		!etcd2_parse_node(yyjson_doc_get_root(w->worker.call.json), &node, &err))
		return etcd_write_failed(w, &err);
	auto_free char *suffix = xasprintf("?prevIndex=%" PRIu64, node.modified);

	return w->base.value ? ask(w, "PUT", suffix, format(w), &write_answered_step)
			     : ask(w, "DELETE", suffix, NULL, &write_answered_step);
}

static enum task_turn write_answered(struct task *t)
{
	struct etcd_write *w = etcd_write_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!worker_answered(&w->worker, false, &err))
		return etcd_write_failed(w, &err);
	if (kv_lock_is_held(w->base.lock))
		return kv_write_end(&w->base, NULL);
	error_set(&err, ERROR_UNAVAILABLE, "the lock of the store was lost meanwhile");
	return kv_write_end(&w->base, &err);
}
