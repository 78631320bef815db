/*
 * kv/consul_lease.c - a key of Consul that lives as long as its session.
 *
 *   read -> held by a session -> renew it ------------------------> rest -> read
 *     |                            | gone                             ^
 *     +-- free -> session -> acquire <-+   (with the value: nobody ever sees an empty key)
 *                              | refused: somebody was faster; read again
 *
 * A session found on the own key is renewed whoever made it: it is that of a predecessor of this
 * process, or of a classic agent for the same engine.  Nothing is written to the key unless the
 * session holds it, because a key without a session would stay for ever.
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "kv/consul.h"
#include "kv/consul_answer.h"

struct consul_lease {
	struct kv_lease base;
	struct worker worker;
	char *session;          /* that holds the key, or shall; owned; NULL: none known */
	bool session_is_new;    /* made by us, and holds nothing yet */
	bool rewrite;           /* the key's value or flags are not what they should be */
	int64_t session_ttl_ms; /* the store waits twice as long */
};

STEP(lease_read);
STEP(lease_found);
STEP(lease_renewed);
STEP(lease_create);
STEP(lease_created);
STEP(lease_acquired);
STEP(lease_discard);
STEP(lease_discarded);
STEP(lease_release);
STEP(lease_released);

static struct consul_lease *lease_of(struct task *t)
{
	return container_of(t, struct consul_lease, worker.task);
}

static void forget_session(struct consul_lease *l)
{
	free(steal(l->session));
	l->session_is_new = false;
}

/* Whatever was under way begins again, with the next server and a look at the key. */
static enum task_turn lease_failed(struct consul_lease *l, const struct error *err)
{
	kv_lease_note_error(&l->base, err);
	return worker_retry(&l->worker, l->session_is_new ? &lease_discard_step : &lease_read_step);
}

static bool answered(const struct consul_lease *l, bool absent_is_fine, struct error *err)
{
	return worker_answered(&l->worker, absent_is_fine, err);
}

/* --- what is there --- */

static enum task_turn lease_read(struct task *t)
{
	struct consul_lease *l = lease_of(t);

	return worker_ask(&l->worker,
		&(struct worker_request){
			.method = "GET",
			.target = consul_key_target(l->base.key, "?consistent="),
			.mode = CALL_JSON,
		},
		&lease_found_step);
}

static enum task_turn ask_session(
	struct consul_lease *l, const char *verb, int64_t timeout_ms, const struct task_step *next)
{
	return consul_session_ask(&l->worker, verb, l->session, timeout_ms, next);
}

static enum task_turn acquire(struct consul_lease *l)
{
	return consul_acquire(
		&l->worker, l->base.key, l->base.value, l->session, &lease_acquired_step);
}

static enum task_turn lease_found(struct task *t)
{
	struct consul_lease *l = lease_of(t);
	const struct call *c = &l->worker.call;
	struct consul_key key = { 0 };
	auto_error struct error err = ERROR_INIT;

	if (!answered(l, true, &err))
		return lease_failed(l, &err);
	if (c->answer.status == 200 &&
		!consul_parse_key(yyjson_doc_get_root(c->json), l->base.value, &key, &err)) {
		worker_blame(&l->worker, &err);
		return lease_failed(l, &err);
	}
	forget_session(l);
	if (!key.session)
		return task_go(t, &lease_create_step);
	l->session = xstrdup(key.session);
	l->rewrite = !key.value_is_right;
	return ask_session(l, "renew", 0, &lease_renewed_step);
}

/* --- held --- */

/* Twice within the time of the session, which the store doubles: three may get lost. */
static enum task_turn lease_rest(struct consul_lease *l)
{
	int64_t half = max_of(l->session_ttl_ms / 2, (int64_t)100);

	worker_succeeded(&l->worker);
	kv_lease_note_held(&l->base);
	return task_wait_ms(&l->worker.task, &lease_read_step, min_of(l->base.heartbeat_ms, half));
}

static enum task_turn lease_renewed(struct task *t)
{
	struct consul_lease *l = lease_of(t);
	const struct call *c = &l->worker.call;
	auto_error struct error err = ERROR_INIT;

	if (!answered(l, true, &err))
		return lease_failed(l, &err);
	if (c->answer.status == 404)
		return task_go(t, &lease_create_step);
	/* A predecessor may have chosen another time. */
	int64_t ttl_ms = consul_parse_renewed_ttl(yyjson_doc_get_root(c->json));
	l->session_ttl_ms = ttl_ms > 0 ? ttl_ms : l->base.ttl_ms / 2;
	return l->rewrite ? acquire(l) : lease_rest(l);
}

/* --- free --- */

static enum task_turn lease_create(struct task *t)
{
	struct consul_lease *l = lease_of(t);

	forget_session(l);
	return consul_session_create(&l->worker, "delete", l->base.ttl_ms / 2, &lease_created_step);
}

static enum task_turn lease_created(struct task *t)
{
	struct consul_lease *l = lease_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!consul_session_created(&l->worker, &l->session, &err))
		return lease_failed(l, &err);
	l->session_is_new = true;
	l->session_ttl_ms = l->base.ttl_ms / 2;
	return acquire(l);
}

static enum task_turn lease_acquired(struct task *t)
{
	struct consul_lease *l = lease_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!answered(l, false, &err))
		return lease_failed(l, &err);
	if (consul_said_yes(&l->worker)) {
		l->session_is_new = false;
		return lease_rest(l);
	}
	return task_wait_ms(t, l->session_is_new ? &lease_discard_step : &lease_read_step,
		backoff_next_ms(&l->worker.backoff));
}

/* A session that holds nothing is not left behind. */
static enum task_turn lease_discard(struct task *t)
{
	return ask_session(lease_of(t), "destroy", 0, &lease_discarded_step);
}

static enum task_turn lease_discarded(struct task *t)
{
	struct consul_lease *l = lease_of(t);

	/* When this failed, too, the session ends by its own time. */
	forget_session(l);
	return task_go(t, &lease_read_step);
}

/* --- the end --- */

static enum task_turn lease_release(struct task *t)
{
	struct consul_lease *l = lease_of(t);

	if (!l->session) {
		l->base.ops->handle_released(l->base.arg, NULL);
		return TASK_WAIT;
	}
	return ask_session(l, "destroy", CONSUL_RELEASE_TIMEOUT_MS, &lease_released_step);
}

static enum task_turn lease_released(struct task *t)
{
	struct consul_lease *l = lease_of(t);
	auto_error struct error err = ERROR_INIT;

	answered(l, true, &err);
	forget_session(l);
	l->base.ops->handle_released(l->base.arg, error_is_set(&err) ? &err : NULL);
	return TASK_WAIT;
}

struct kv_lease *consul_lease_create(maybe_unused struct kv *kv)
{
	return &xnew(struct consul_lease)->base;
}

void consul_lease_start(struct kv_lease *lease)
{
	struct consul_lease *l = container_of(lease, struct consul_lease, base);
	struct consul *c = container_of(lease->kv, struct consul, base);

	worker_start(&l->worker, &c->servers, lease->kv->loop, &lease_read_step);
}

void consul_lease_release(struct kv_lease *lease)
{
	worker_divert(&container_of(lease, struct consul_lease, base)->worker, &lease_release_step);
}

void consul_lease_destroy(struct kv_lease *lease)
{
	struct consul_lease *l = container_of(lease, struct consul_lease, base);

	worker_finish(&l->worker);
	forget_session(l);
	free(l);
}
