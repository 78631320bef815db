/*
 * kv/zookeeper_lease.c - a node of ZooKeeper that ends with our session.
 *
 *   look -> absent: create (and its parents, when they are absent) -> look
 *        -> ours: rest -> look         -> another session's: replace -> look
 *
 * Another session's node is that of a process before us, and will go when ZooKeeper notices that
 * it has ended.  It is deleted and made anew in one transaction, so nobody sees the gap.
 *
 * The session is kept alive by the library; heartbeats only look whether the node is still there,
 * and a watch says so at once.
 */
#include <string.h>

#include "base/mem.h"
#include "kv/zookeeper.h"

struct zk_lease {
	struct kv_lease base;
	struct zk_worker worker;
	char *path; /* owned */
};

STEP(lease_look);
STEP(lease_found);
STEP(lease_rooted);
STEP(lease_made);
STEP(lease_delete);
STEP(lease_deleted);

static struct zk_lease *lease_of(struct task *t)
{
	return container_of(t, struct zk_lease, worker.task);
}

static enum task_turn lease_failed(struct zk_lease *l)
{
	struct zk_worker *w = &l->worker;
	auto_error struct error err = ERROR_INIT;

	if (zk_was_lost(w))
		return zk_wait_connected(w, &lease_look_step);
	zk_error_set(&w->user, &err, w->rc, l->path);
	kv_lease_note_error(&l->base, &err);
	return task_wait_ms(&w->task, &lease_look_step, backoff_next_ms(&w->backoff));
}

/* --- looking --- */

static enum task_turn lease_look(struct task *t)
{
	struct zk_lease *l = lease_of(t);

	l->worker.news = false;
	return zk_ask(&l->worker, &(struct zk_op){ .kind = ZK_GET, .path = l->path, .watch = true },
		&lease_found_step);
}

static bool is_ours(struct zk_lease *l)
{
	return l->worker.owner == zoo_client_id(zk_handle(&l->worker.user))->client_id &&
	       strcmp(l->worker.value, l->base.value) == 0;
}

static enum task_turn make(struct zk_lease *l, enum zk_op_kind kind)
{
	return zk_ask(&l->worker,
		&(struct zk_op){
			.kind = kind,
			.path = l->path,
			.value = l->base.value,
			.flags = ZOO_EPHEMERAL,
			.version = l->worker.version,
		},
		&lease_made_step);
}

static enum task_turn lease_found(struct task *t)
{
	struct zk_lease *l = lease_of(t);
	struct zk_worker *w = &l->worker;

	if (w->rc == ZNONODE)
		return make(l, ZK_CREATE);
	if (w->rc != ZOK)
		return lease_failed(l);
	if (!is_ours(l))
		return make(l, ZK_REPLACE);
	backoff_reset(&w->backoff);
	kv_lease_note_held(&l->base);
	return task_wait_for_ms(t, &w->news, &lease_look_step, l->base.heartbeat_ms);
}

/* --- making --- */

static enum task_turn lease_made(struct task *t)
{
	struct zk_lease *l = lease_of(t);
	struct zk_worker *w = &l->worker;

	if (w->rc == ZOK)
		return task_go(t, &lease_look_step); /* sets the watch */
	if (w->rc == ZNONODE)
		return zk_ask_parents(w, l->path, &lease_rooted_step);
	if (w->rc != ZNODEEXISTS && w->rc != ZBADVERSION)
		return lease_failed(l);
	/* Somebody was faster. */
	return task_wait_ms(t, &lease_look_step, backoff_next_ms(&w->backoff));
}

/* Or there were parents, and what was to be replaced has gone meanwhile. */
static enum task_turn lease_rooted(struct task *t)
{
	struct zk_lease *l = lease_of(t);

	if (l->worker.rc != ZOK && l->worker.rc != ZNODEEXISTS)
		return lease_failed(l);
	return make(l, ZK_CREATE);
}

/* --- the end --- */

static enum task_turn lease_delete(struct task *t)
{
	struct zk_lease *l = lease_of(t);

	/* What was under way was sent before and comes first: it cannot put the node back. */
	return zk_ask(&l->worker, &(struct zk_op){ .kind = ZK_DELETE, .path = l->path },
		&lease_deleted_step);
}

static enum task_turn lease_deleted(struct task *t)
{
	struct zk_lease *l = lease_of(t);
	struct zk_worker *w = &l->worker;
	auto_error struct error err = ERROR_INIT;

	if (zk_was_lost(w) && l->base.held)
		error_set(&err, ERROR_UNAVAILABLE, "not connected to ZooKeeper");
	else if (!zk_was_lost(w) && w->rc != ZOK && w->rc != ZNONODE)
		zk_error_set(&w->user, &err, w->rc, l->path);
	l->base.ops->handle_released(l->base.arg, error_is_set(&err) ? &err : NULL);
	return TASK_WAIT;
}

/* --- life --- */

static void handle_error(struct zk_user *u, const struct error *err)
{
	kv_lease_note_error(&container_of(u, struct zk_lease, worker.user)->base, err);
}

static void ignore_error(maybe_unused struct zk_user *u, maybe_unused const struct error *err)
{
}

struct kv_lease *zk_lease_create(maybe_unused struct kv *kv)
{
	struct zk_lease *l = xnew(struct zk_lease);

	l->worker.user.handle_error = handle_error;
	return &l->base;
}

void zk_lease_start(struct kv_lease *lease)
{
	struct zk_lease *l = container_of(lease, struct zk_lease, base);

	l->path = xasprintf("/%s", lease->key);
	l->worker.path = l->path;
	zk_worker_start(&l->worker, lease->kv, &lease_look_step);
}

void zk_lease_release(struct kv_lease *lease)
{
	struct zk_lease *l = container_of(lease, struct zk_lease, base);

	l->worker.user.handle_error = ignore_error;
	zk_worker_divert(&l->worker, &lease_delete_step);
}

void zk_lease_destroy(struct kv_lease *lease)
{
	struct zk_lease *l = container_of(lease, struct zk_lease, base);

	zk_worker_finish(&l->worker);
	free(l->path);
	free(l);
}
