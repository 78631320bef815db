/*
 * kv/etcd3_write.c - a write of etcd v3 in one transaction with a look at whose lease the lock's
 * key has.
 */
#include <inttypes.h>

#include "base/mem.h"
#include "kv/etcd.h"
#include "kv/etcd3_answer.h"

static enum task_turn write_send(struct task *t);
const struct task_step etcd3_write_first = { .name = "write_send", .run = write_send };
STEP(write_answered);

static char *format(const struct etcd_write *w, int64_t lease)
{
	const struct kv_write *base = &w->base;
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_str(&sb, "{\"compare\":[{\"key\":");
	etcd3_write_bytes(&sb, base->lock->key);
	strbuf_addf(&sb,
		",\"target\":\"LEASE\",\"result\":\"EQUAL\",\"lease\":\"%" PRId64 "\"}],"
		"\"success\":[{\"%s\":{\"key\":",
		lease, base->value ? "request_put" : "request_delete_range");
	etcd3_write_bytes(&sb, base->key);
	if (base->value) {
		strbuf_add_str(&sb, ",\"value\":");
		etcd3_write_bytes(&sb, base->value);
	}
	strbuf_add_str(&sb, "}}]}");
	return strbuf_steal(&sb);
}

static enum task_turn write_send(struct task *t)
{
	struct etcd_write *w = etcd_write_of(t);
	int64_t lease = container_of(w->base.lock, struct etcd_lock, base)->lease;

	if (!lease || !kv_lock_is_held(w->base.lock))
		return kv_write_refuse(&w->base);
	return worker_ask(&w->worker,
		&(struct worker_request){
			.method = "POST",
			.target = xasprintf("%s/kv/txn", w->etcd->v3_path),
			.body = format(w, lease),
			.content_type = "application/json",
			.mode = CALL_JSON,
			.head_timeout_ms = KV_WRITE_MS,
			.idle_timeout_ms = KV_WRITE_MS,
		},
		&write_answered_step);
}

static enum task_turn write_answered(struct task *t)
{
	struct etcd_write *w = etcd_write_of(t);
	auto_error struct error err = ERROR_INIT;
	bool succeeded;

	if (!worker_answered(&w->worker, false, &err) ||
		!etcd3_parse_txn(yyjson_doc_get_root(w->worker.call.json), &succeeded, &err))
		return etcd_write_failed(w, &err);
	return succeeded ? kv_write_end(&w->base, NULL) : kv_write_refuse(&w->base);
}
