/*
 * kv/zookeeper_write.c - a write of ZooKeeper in one transaction with a look at the lock's place in
 * the queue.
 *
 *   set -> not there: create -> no folder: make the folders -> create
 */
#include "base/mem.h"
#include "kv/zookeeper.h"

struct zk_write {
	struct kv_write base;
	struct zk_worker worker;
	char *path;  /* owned */
	char *place; /* of the lock; owned; NULL: it was not held */
};

STEP(write_begin);
STEP(write_changed);
STEP(write_created);
STEP(write_rooted);

static struct zk_write *write_of(struct task *t)
{
	return container_of(t, struct zk_write, worker.task);
}

static enum task_turn ask(struct zk_write *w, enum zk_op_kind kind, const struct task_step *next)
{
	if (!w->place || !kv_lock_is_held(w->base.lock))
		return kv_write_refuse(&w->base);
	return zk_ask(&w->worker,
		&(struct zk_op){
			.kind = kind,
			.path = w->path,
			.value = w->base.value,
			.guard = w->place,
		},
		next);
}

static enum task_turn write_begin(struct task *t)
{
	struct zk_write *w = write_of(t);

	return ask(w, w->base.value ? ZK_SET : ZK_DELETE, &write_changed_step);
}

static enum task_turn write_failed(struct zk_write *w)
{
	auto_error struct error err = ERROR_INIT;

	if (w->worker.guard_failed)
		return kv_write_refuse(&w->base);
	if (zk_was_lost(&w->worker))
		error_set(&err, ERROR_UNAVAILABLE, "not connected to ZooKeeper");
	else
		zk_error_set(&w->worker.user, &err, w->worker.rc, w->path);
	return kv_write_end(&w->base, &err);
}

static enum task_turn write_changed(struct task *t)
{
	struct zk_write *w = write_of(t);
	bool absent = w->worker.rc == ZNONODE && !w->worker.guard_failed;

	if (w->worker.rc == ZOK || (absent && !w->base.value))
		return kv_write_end(&w->base, NULL);
	return absent ? ask(w, ZK_CREATE, &write_created_step) : write_failed(w);
}

static enum task_turn write_created(struct task *t)
{
	struct zk_write *w = write_of(t);

	if (w->worker.rc == ZOK)
		return kv_write_end(&w->base, NULL);
	if (w->worker.rc != ZNONODE || w->worker.guard_failed)
		return write_failed(w);
	return zk_ask_parents(&w->worker, w->path, &write_rooted_step);
}

static enum task_turn write_rooted(struct task *t)
{
	struct zk_write *w = write_of(t);

	if (w->worker.rc != ZOK && w->worker.rc != ZNODEEXISTS)
		return write_failed(w);
	return ask(w, ZK_CREATE, &write_created_step);
}

static void ignore_error(maybe_unused struct zk_user *u, maybe_unused const struct error *err)
{
}

struct kv_write *zk_write_create(maybe_unused struct kv *kv)
{
	struct zk_write *w = xnew(struct zk_write);

	w->worker.user.handle_error = ignore_error;
	return &w->base;
}

void zk_write_start(struct kv_write *write)
{
	struct zk_write *w = container_of(write, struct zk_write, base);

	w->path = xasprintf("/%s", write->key);
	w->place = xstrdup_null(zk_lock_place(write->lock));
	w->worker.path = w->path;
	zk_worker_start(&w->worker, write->lock->kv, &write_begin_step);
}

void zk_write_destroy(struct kv_write *write)
{
	struct zk_write *w = container_of(write, struct zk_write, base);

	zk_worker_finish(&w->worker);
	free(w->path);
	free(w->place);
	free(w);
}
