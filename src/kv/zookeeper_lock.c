/*
 * kv/zookeeper_lock.c - a queue of ephemeral nodes below a node of ZooKeeper, as classic managers
 * elect: whose number is lowest holds the lock, and writes its value to the node above.
 *
 *   sync -> list -> not in it: queue up -> sync
 *                -> lowest: write the value -> held -> rest -> sync
 *                -> behind others: read the value, that is the holder -> news -> sync
 *
 * The session is what is promised, so the lock's time is the session's.  It counts from when a sync
 * was sent that was answered before the list: a server that has lost the others would still list.
 * Whoever is not connected does not hold it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/parse.h"
#include "kv/zookeeper.h"

enum {
	FOLLOW_MS = 30 * 1000, /* look again though there are no news */
};

struct zk_lock {
	struct kv_lock base;
	struct zk_worker worker;
	char *path;      /* owned */
	uint64_t random; /* tells apart two locks of one session */
	char *own;       /* the path of our place in the queue; owned; NULL: not known */
	bool published;  /* the value is ours */
	int64_t from_ms; /* when the sync before the list was sent */
};

STEP(lock_begin);
STEP(lock_sync);
STEP(lock_synced);
STEP(lock_listed);
STEP(lock_queued);
STEP(lock_rooted);
STEP(lock_published);
STEP(lock_followed);
STEP(lock_leave);
STEP(lock_left);

static struct zk_lock *lock_of(struct task *t)
{
	return container_of(t, struct zk_lock, worker.task);
}

/* Of what the leader knows of a session, the last sign may be half a tick old. */
static int64_t promise_ms(const struct zk_lock *l)
{
	return zk_session_ms(&l->worker.user) * 5 / 6;
}

static enum task_turn lock_failed(struct zk_lock *l)
{
	struct zk_worker *w = &l->worker;
	auto_error struct error err = ERROR_INIT;

	if (zk_was_lost(w))
		return zk_wait_connected(w, &lock_begin_step);
	zk_error_set(&w->user, &err, w->rc, l->path);
	kv_lock_note_error(&l->base, &err);
	return task_wait_ms(&w->task, &lock_sync_step, backoff_next_ms(&w->backoff));
}

static enum task_turn lock_begin(struct task *t)
{
	return zk_wait_connected(&lock_of(t)->worker, &lock_sync_step);
}

static enum task_turn lock_sync(struct task *t)
{
	struct zk_lock *l = lock_of(t);

	l->worker.news = false;
	return zk_ask(
		&l->worker, &(struct zk_op){ .kind = ZK_SYNC, .path = l->path }, &lock_synced_step);
}

static enum task_turn lock_synced(struct task *t)
{
	struct zk_lock *l = lock_of(t);

	/* A node that is not there yet has nothing to wait for. */
	if (l->worker.rc != ZOK && l->worker.rc != ZNONODE)
		return lock_failed(l);
	l->from_ms = l->worker.sent_ms;
	return zk_ask(&l->worker,
		&(struct zk_op){ .kind = ZK_CHILDREN, .path = l->path, .watch = true },
		&lock_listed_step);
}

/* --- the queue --- */

/* The session is part of the name: a place that a session before has left is not ours. */
static char *own_prefix(const struct zk_lock *l)
{
	return xasprintf("_c_%016" PRIx64 "%016" PRIx64 "-lock-",
		(uint64_t)zoo_client_id(zk_handle((struct zk_user *)&l->worker.user))->client_id,
		l->random);
}

/* What follows the last hyphen; a child without a number is no candidate. */
static bool parse_number(const char *name, uint64_t *ret)
{
	const char *hyphen = strrchr(name, '-');

	return hyphen && parse_u64(hyphen + 1, ret);
}

static const char *first_in(const struct strv *names)
{
	const char *first = NULL;
	uint64_t lowest = UINT64_MAX, number;

	for (size_t i = 0; i < names->count; i++) {
		if (parse_number(names->items[i], &number) && number < lowest) {
			lowest = number;
			first = names->items[i];
		}
	}
	return first;
}

static const char *find_own(const struct zk_lock *l)
{
	auto_free char *prefix = own_prefix(l);
	const struct strv *names = &l->worker.names;

	for (size_t i = 0; i < names->count; i++) {
		if (str_starts_with(names->items[i], prefix))
			return names->items[i];
	}
	return NULL;
}

static enum task_turn queue_up(struct zk_lock *l)
{
	auto_free char *prefix = own_prefix(l);
	auto_free char *path = xasprintf("%s/%s", l->path, prefix);

	return zk_ask(&l->worker,
		&(struct zk_op){
			.kind = ZK_CREATE,
			.path = path,
			.value = "",
			.flags = ZOO_EPHEMERAL | ZOO_SEQUENCE,
		},
		&lock_queued_step);
}

static enum task_turn lock_queued(struct task *t)
{
	struct zk_lock *l = lock_of(t);

	if (l->worker.rc == ZOK)
		return task_go(t, &lock_sync_step);
	if (l->worker.rc != ZNONODE)
		return lock_failed(l);
	auto_free char *below = xasprintf("%s/", l->path);
	return zk_ask_parents(&l->worker, below, &lock_rooted_step);
}

static enum task_turn lock_rooted(struct task *t)
{
	struct zk_lock *l = lock_of(t);

	if (l->worker.rc != ZOK && l->worker.rc != ZNODEEXISTS)
		return lock_failed(l);
	return queue_up(l);
}

static enum task_turn lock_listed(struct task *t)
{
	struct zk_lock *l = lock_of(t);
	struct zk_worker *w = &l->worker;

	if (w->rc != ZOK && w->rc != ZNONODE)
		return lock_failed(l);
	const char *own = find_own(l);
	const char *first = first_in(&w->names);

	backoff_reset(&w->backoff);
	free(l->own);
	l->own = own ? xasprintf("%s/%s", l->path, own) : NULL;
	if (own && own == first && l->published) {
		w->rc = ZOK;
		return task_go(t, &lock_published_step);
	}
	l->published = false;
	kv_lock_note_lost(&l->base);
	if (!first)
		kv_lock_note_holder(&l->base, NULL);
	if (!own)
		return queue_up(l);
	if (own == first)
		return zk_ask(w,
			&(struct zk_op){ .kind = ZK_SET, .path = l->path, .value = l->base.value },
			&lock_published_step);
	return zk_ask(w, &(struct zk_op){ .kind = ZK_GET, .path = l->path, .watch = true },
		&lock_followed_step);
}

static enum task_turn lock_published(struct task *t)
{
	struct zk_lock *l = lock_of(t);

	if (l->worker.rc != ZOK)
		return lock_failed(l);
	l->published = true;
	kv_lock_note_held(&l->base, l->from_ms, promise_ms(l));
	return task_wait_for_ms(
		t, &l->worker.news, &lock_sync_step, kv_lock_beat_ms(promise_ms(l)));
}

static enum task_turn lock_followed(struct task *t)
{
	struct zk_lock *l = lock_of(t);

	if (l->worker.rc != ZOK)
		return lock_failed(l);
	kv_lock_note_holder(&l->base, l->worker.value);
	return task_wait_for_ms(t, &l->worker.news, &lock_sync_step, FOLLOW_MS);
}

/* --- the end --- */

static enum task_turn lock_leave(struct task *t)
{
	struct zk_lock *l = lock_of(t);

	if (l->own)
		return zk_ask(&l->worker, &(struct zk_op){ .kind = ZK_DELETE, .path = l->own },
			&lock_left_step);
	kv_lock_note_released(&l->base, NULL);
	return TASK_WAIT;
}

static enum task_turn lock_left(struct task *t)
{
	struct zk_lock *l = lock_of(t);
	auto_error struct error err = ERROR_INIT;

	if (l->worker.rc != ZOK && l->worker.rc != ZNONODE)
		error_set(&err, ERROR_UNAVAILABLE, "%s: %s", l->path, zerror(l->worker.rc));
	kv_lock_note_released(&l->base, error_is_set(&err) ? &err : NULL);
	return TASK_WAIT;
}

/* --- life --- */

static struct zk_lock *lock_of_user(struct zk_user *u)
{
	return container_of(u, struct zk_lock, worker.user);
}

static void handle_lost(struct zk_worker *w)
{
	struct zk_lock *l = container_of(w, struct zk_lock, worker);

	l->published = false;
	kv_lock_note_lost(&l->base);
}

static void handle_error(struct zk_user *u, const struct error *err)
{
	kv_lock_note_error(&lock_of_user(u)->base, err);
}

struct kv_lock *zk_lock_create(maybe_unused struct kv *kv)
{
	struct zk_lock *l = xnew(struct zk_lock);

	l->worker.handle_lost = handle_lost;
	l->worker.user.handle_error = handle_error;
	return &l->base;
}

void zk_lock_start(struct kv_lock *lock)
{
	struct zk_lock *l = container_of(lock, struct zk_lock, base);

	l->path = xasprintf("/%s", lock->key);
	l->random = random_below(UINT64_MAX);
	l->worker.path = l->path;
	zk_worker_start(&l->worker, lock->kv, &lock_begin_step);
}

void zk_lock_release(struct kv_lock *lock)
{
	zk_worker_divert(&container_of(lock, struct zk_lock, base)->worker, &lock_leave_step);
}

const char *zk_lock_place(const struct kv_lock *lock)
{
	const struct zk_lock *l = container_of(lock, struct zk_lock, base);

	return l->published ? l->own : NULL;
}

void zk_lock_destroy(struct kv_lock *lock)
{
	struct zk_lock *l = container_of(lock, struct zk_lock, base);

	zk_worker_finish(&l->worker);
	free(l->path);
	free(l->own);
	free(l);
}
