/*
 * kv/consul_lock.c - a key of Consul that one session holds at a time, as classic managers elect.
 *
 *   look -> ours: renew -> held; look again, answered when it changes or when a third has passed
 *        -> free: create a session, acquire with the value, look
 *        -> another's: that is the holder; look again, answered when it changes
 *
 * The promise is the session's time to live, which counts from when its renewal was sent.  Consul
 * waits about twice as long, so the session gets half of the lock's time.  Its behaviour is
 * "release": value and flags stay behind, and a key without a session is nobody's.
 *
 * A session outlives failures: what became of a request that was not answered shows the next look.
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "kv/consul.h"
#include "kv/consul_answer.h"

enum {
	WAIT_MS = 30 * 1000, /* for another's key to change */
	SLACK_MS = 5 * 1000, /* for an answer, after the wait */
};

struct consul_lock {
	struct kv_lock base;
	struct worker worker;
	char *session;   /* ours; owned; NULL: none known */
	int64_t made_ms; /* when its creation was sent */
	uint64_t index;  /* of the last look; 0: look at once */
	bool is_ours;    /* at the last look */
};

STEP(lock_look);
STEP(lock_seen);
STEP(lock_renewed);
STEP(lock_created);
STEP(lock_acquired);
STEP(lock_discarded);
STEP(lock_release);
STEP(lock_released);

static struct consul_lock *lock_of(struct task *t)
{
	return container_of(t, struct consul_lock, worker.task);
}

static int64_t session_ttl_ms(const struct consul_lock *l)
{
	return l->base.ttl_ms / 2;
}

static void forget_session(struct consul_lock *l)
{
	free(steal(l->session));
	l->is_ours = false;
}

static enum task_turn lock_failed(struct consul_lock *l, const struct error *err)
{
	kv_lock_note_error(&l->base, err);
	l->index = 0;
	return worker_retry(&l->worker, &lock_look_step);
}

/* --- looking --- */

static enum task_turn lock_look(struct task *t)
{
	struct consul_lock *l = lock_of(t);
	int64_t beat_ms = kv_lock_beat_ms(session_ttl_ms(l));
	int64_t wait_ms = l->is_ours ? beat_ms : (int64_t)WAIT_MS;
	auto_free char *suffix =
		l->index ? xasprintf("?consistent=&index=%" PRIu64 "&wait=%" PRId64 "ms", l->index,
				   wait_ms)
			 : xstrdup("?consistent=");

	if (!l->index)
		wait_ms = 0;
	/* Consul adds up to a sixteenth to a wait.  A holder has no time for a silent server. */
	return worker_ask(&l->worker,
		&(struct worker_request){
			.method = "GET",
			.target = consul_key_target(l->base.key, suffix),
			.mode = CALL_JSON,
			.head_timeout_ms =
				wait_ms + wait_ms / 16 + (l->is_ours ? beat_ms : (int64_t)SLACK_MS),
		},
		&lock_seen_step);
}

static enum task_turn renew(struct consul_lock *l)
{
	return consul_session_ask(&l->worker, "renew", l->session,
		kv_lock_beat_ms(session_ttl_ms(l)), &lock_renewed_step);
}

static enum task_turn campaign(struct consul_lock *l)
{
	kv_lock_note_lost(&l->base);
	kv_lock_note_holder(&l->base, NULL);
	if (!l->session)
		return consul_session_create(
			&l->worker, "release", session_ttl_ms(l), &lock_created_step);
	return consul_acquire(
		&l->worker, l->base.key, l->base.value, l->session, &lock_acquired_step);
}

/* A session that waits would have to be renewed, too: it is made when the key is free. */
static enum task_turn follow(struct consul_lock *l, const char *holder)
{
	kv_lock_note_holder(&l->base, holder);
	if (l->session)
		return consul_session_ask(
			&l->worker, "destroy", l->session, 0, &lock_discarded_step);
	return task_go(&l->worker.task, &lock_look_step);
}

/* An index that goes backwards is another history, and zero is none. */
static bool read_key(struct consul_lock *l, struct consul_holder *ret, struct error *err)
{
	const struct call *c = &l->worker.call;
	uint64_t index;

	if (!worker_answered(&l->worker, true, err))
		return false;
	if (!consul_read_index(c, &index, err))
		return worker_blame(&l->worker, err);
	l->index = index < l->index ? 0 : index;
	if (c->answer.status == 404)
		return true;
	return consul_parse_holder(yyjson_doc_get_root(c->json), ret, err) ||
	       worker_blame(&l->worker, err);
}

static enum task_turn lock_seen(struct task *t)
{
	struct consul_lock *l = lock_of(t);
	struct consul_holder found = { 0 };
	auto_error struct error err = ERROR_INIT;

	if (!read_key(l, &found, &err))
		return lock_failed(l, &err);
	auto_free char *value = found.value;

	worker_succeeded(&l->worker);
	l->is_ours = found.session && l->session && strcmp(found.session, l->session) == 0;
	if (l->is_ours)
		return renew(l);
	return found.session ? follow(l, value) : campaign(l);
}

/* --- held --- */

static enum task_turn lock_renewed(struct task *t)
{
	struct consul_lock *l = lock_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!worker_answered(&l->worker, true, &err))
		return lock_failed(l, &err);
	if (l->worker.call.answer.status == 404) {
		forget_session(l);
		l->index = 0;
	} else {
		kv_lock_note_held(&l->base, l->worker.sent_ms, session_ttl_ms(l));
	}
	return task_go(t, &lock_look_step);
}

/* --- free --- */

static enum task_turn lock_created(struct task *t)
{
	struct consul_lock *l = lock_of(t);
	auto_error struct error err = ERROR_INIT;

	if (!consul_session_created(&l->worker, &l->session, &err))
		return lock_failed(l, &err);
	l->made_ms = l->worker.sent_ms;
	return campaign(l);
}

/* "no" is another's luck, or the delay that Consul keeps after a session that has died. */
static enum task_turn lock_acquired(struct task *t)
{
	struct consul_lock *l = lock_of(t);
	auto_error struct error err = ERROR_INIT;
	bool answered = worker_answered(&l->worker, false, &err);

	/* A session that Consul does not know is an error, and then of no use. */
	if (!answered && l->worker.call.answer.status)
		forget_session(l);
	if (!answered)
		return lock_failed(l, &err);
	l->index = 0;
	if (!consul_said_yes(&l->worker))
		return task_wait_ms(t, &lock_look_step, backoff_next_ms(&l->worker.backoff));
	l->is_ours = true;
	kv_lock_note_held(&l->base, l->made_ms, session_ttl_ms(l));
	return task_go(t, &lock_look_step);
}

static enum task_turn lock_discarded(struct task *t)
{
	/* When it failed the session ends by its own time. */
	forget_session(lock_of(t));
	return task_go(t, &lock_look_step);
}

/* --- the end --- */

static enum task_turn lock_release(struct task *t)
{
	struct consul_lock *l = lock_of(t);

	if (l->session)
		return consul_session_ask(&l->worker, "destroy", l->session,
			CONSUL_RELEASE_TIMEOUT_MS, &lock_released_step);
	kv_lock_note_released(&l->base, NULL);
	return TASK_WAIT;
}

static enum task_turn lock_released(struct task *t)
{
	struct consul_lock *l = lock_of(t);
	auto_error struct error err = ERROR_INIT;

	worker_answered(&l->worker, true, &err);
	forget_session(l);
	kv_lock_note_released(&l->base, error_is_set(&err) ? &err : NULL);
	return TASK_WAIT;
}

struct kv_lock *consul_lock_create(maybe_unused struct kv *kv)
{
	return &xnew(struct consul_lock)->base;
}

void consul_lock_start(struct kv_lock *lock)
{
	struct consul_lock *l = container_of(lock, struct consul_lock, base);
	struct consul *c = container_of(lock->kv, struct consul, base);

	worker_start(&l->worker, &c->servers, lock->kv->loop, &lock_look_step);
}

void consul_lock_release(struct kv_lock *lock)
{
	worker_divert(&container_of(lock, struct consul_lock, base)->worker, &lock_release_step);
}

const char *consul_lock_session(const struct kv_lock *lock)
{
	return container_of(lock, struct consul_lock, base)->session;
}

void consul_lock_destroy(struct kv_lock *lock)
{
	struct consul_lock *l = container_of(lock, struct consul_lock, base);

	worker_finish(&l->worker);
	forget_session(l);
	free(l);
}
