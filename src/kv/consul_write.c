/*
 * kv/consul_write.c - a write of Consul in one transaction with a look at the lock's session.
 */
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "kv/consul.h"

struct consul_write {
	struct kv_write base;
	struct worker worker;
};

STEP(write_send);
STEP(write_answered);

static struct consul_write *write_of(struct task *t)
{
	return container_of(t, struct consul_write, worker.task);
}

static void add_operation(struct strbuf *sb, const char *verb, const char *key)
{
	strbuf_addf(sb, "{\"KV\":{\"Verb\":\"%s\",\"Key\":", verb);
	strbuf_add_json_str(sb, key, strlen(key));
}

static char *format(const struct consul_write *w, const char *session)
{
	const struct kv_write *base = &w->base;
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_char(&sb, '[');
	add_operation(&sb, "check-session", base->lock->key);
	strbuf_add_str(&sb, ",\"Session\":");
	strbuf_add_json_str(&sb, session, strlen(session));
	strbuf_add_str(&sb, "}},");
	add_operation(&sb, base->value ? "set" : "delete", base->key);
	if (base->value) {
		strbuf_add_str(&sb, ",\"Value\":\"");
		base64_encode(&sb, base->value, strlen(base->value));
		strbuf_add_char(&sb, '"');
	}
	strbuf_add_str(&sb, "}}]");
	return strbuf_steal(&sb);
}

static enum task_turn write_send(struct task *t)
{
	struct consul_write *w = write_of(t);
	const char *session = consul_lock_session(w->base.lock);

	if (!session || !kv_lock_is_held(w->base.lock))
		return kv_write_refuse(&w->base);
	return worker_ask(&w->worker,
		&(struct worker_request){
			.method = "PUT",
			.target = xstrdup("/v1/txn"),
			.body = format(w, session),
			.content_type = "application/json",
			.mode = CALL_JSON,
			.head_timeout_ms = KV_WRITE_MS,
			.idle_timeout_ms = KV_WRITE_MS,
		},
		&write_answered_step);
}

/* 409 is Consul's word for a transaction of which nothing was done. */
static enum task_turn write_answered(struct task *t)
{
	struct consul_write *w = write_of(t);
	auto_error struct error err = ERROR_INIT;

	if (worker_answered(&w->worker, false, &err))
		return kv_write_end(&w->base, NULL);
	if (err.status == 409)
		return kv_write_refuse(&w->base);
	worker_leave_server(&w->worker);
	return kv_write_end(&w->base, &err);
}

struct kv_write *consul_write_create(maybe_unused struct kv *kv)
{
	return &xnew(struct consul_write)->base;
}

void consul_write_start(struct kv_write *write)
{
	struct consul_write *w = container_of(write, struct consul_write, base);
	struct consul *c = container_of(write->lock->kv, struct consul, base);

	worker_start(&w->worker, &c->servers, write->lock->kv->loop, &write_send_step);
}

void consul_write_destroy(struct kv_write *write)
{
	struct consul_write *w = container_of(write, struct consul_write, base);

	worker_finish(&w->worker);
	free(w);
}
