/*
 * kv/consul_session.c - sessions of Consul, which leases and locks live by, and the key they hold.
 */
#include <inttypes.h>

#include "base/mem.h"
#include "kv/consul.h"
#include "kv/consul_answer.h"

/*
 * As classic members make it, but for the checks: without them the session does not end with the
 * Consul node that happened to serve us.  LockDelay is short because whoever loses the key knows
 * that by himself.
 */
enum task_turn consul_session_create(
	struct worker *w, const char *behavior, int64_t ttl_ms, const struct task_step *next)
{
	bool whole = ttl_ms % 1000 == 0;

	return worker_ask(w,
		&(struct worker_request){
			.method = "PUT",
			.target = xstrdup("/v1/session/create"),
			.body = xasprintf("{\"Behavior\":\"%s\",\"LockDelay\":\"1ms\","
					  "\"NodeChecks\":[],\"TTL\":\"%" PRId64 "%s\"}",
				behavior, whole ? ttl_ms / 1000 : ttl_ms, whole ? "s" : "ms"),
			.content_type = "application/json",
			.mode = CALL_JSON,
		},
		next);
}

bool consul_session_created(const struct worker *w, char **ret_session, struct error *err)
{
	const char *id;

	if (!worker_answered(w, false, err))
		return false;
	if (!consul_parse_session(yyjson_doc_get_root(w->call.json), &id, err))
		return worker_blame(w, err);
	*ret_session = xstrdup(id);
	return true;
}

enum task_turn consul_session_ask(struct worker *w, const char *verb, const char *session,
	int64_t timeout_ms, const struct task_step *next)
{
	return worker_ask(w,
		&(struct worker_request){
			.method = "PUT",
			.target = xasprintf("/v1/session/%s/%s", verb, session),
			.mode = CALL_JSON,
			.head_timeout_ms = timeout_ms,
		},
		next);
}

enum task_turn consul_acquire(struct worker *w, const char *key, const char *value,
	const char *session, const struct task_step *next)
{
	auto_free char *suffix = xasprintf("?acquire=%s&flags=%s", session, CONSUL_FLAGS);

	return worker_ask(w,
		&(struct worker_request){
			.method = "PUT",
			.target = consul_key_target(key, suffix),
			.body = xstrdup(value),
			.content_type = "text/plain",
			.mode = CALL_JSON,
		},
		next);
}

bool consul_said_yes(const struct worker *w)
{
	return yyjson_is_true(yyjson_doc_get_root(w->call.json));
}
