/*
 * kv/zookeeper_worker.c - requests to ZooKeeper as the waits of a task.
 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kv/zookeeper.h"

static struct zk_worker *worker_of(struct zk_user *u)
{
	return container_of(u, struct zk_worker, user);
}

/* --- what the session says --- */

static void end_request(struct zk_worker *w, int rc)
{
	w->request = NULL;
	w->done = true;
	w->rc = rc;
	task_wake(&w->task);
}

/* A request that is still under way belongs to the connection before. */
static void handle_connected(struct zk_user *u)
{
	struct zk_worker *w = worker_of(u);

	if (w->request) {
		w->request->user = NULL;
		end_request(w, ZCONNECTIONLOSS);
	}
	w->connected = w->news = true;
	task_wake(&w->task);
}

static void handle_disconnected(struct zk_user *u)
{
	struct zk_worker *w = worker_of(u);

	w->connected = false;
	if (w->handle_lost)
		w->handle_lost(w);
}

static void handle_event(struct zk_user *u, maybe_unused int type, const char *path)
{
	struct zk_worker *w = worker_of(u);

	if (strcmp(path, w->path) != 0)
		return;
	w->news = true;
	task_wake(&w->task);
}

/* --- answers --- */

/* The request is over; who asked, or NULL when nobody waits for it any more. */
static struct zk_worker *take(const void *data)
{
	struct zk_request *r = (struct zk_request *)data;
	struct zk_worker *w = r->user ? worker_of(r->user) : NULL;

	assert(!w || w->request == r);
	zk_request_drop(r);
	return w;
}

static void handle_plain(int rc, const void *data)
{
	struct zk_worker *w = take(data);

	if (w)
		end_request(w, rc);
}

static void handle_guarded(int rc, const void *data)
{
	bool guard_failed = ((const struct zk_request *)data)->results[0].err != ZOK;
	struct zk_worker *w = take(data);

	if (!w)
		return;
	w->guard_failed = rc != ZOK && guard_failed;
	end_request(w, rc);
}

static void handle_name(int rc, maybe_unused const char *name, const void *data)
{
	handle_plain(rc, data);
}

static void handle_stat(int rc, maybe_unused const struct Stat *stat, const void *data)
{
	handle_plain(rc, data);
}

static void handle_value(
	int rc, const char *value, int len, const struct Stat *stat, const void *data)
{
	struct zk_worker *w = take(data);

	if (!w)
		return;
	if (rc == ZOK) {
		w->value = xstrndup(len > 0 ? value : "", len > 0 ? (size_t)len : 0);
		w->owner = stat->ephemeralOwner;
		w->version = stat->version;
	}
	end_request(w, rc);
}

static void handle_names(int rc, const struct String_vector *names, const void *data)
{
	struct zk_worker *w = take(data);

	if (!w)
		return;
	for (int i = 0; rc == ZOK && i < names->count; i++)
		strv_add(&w->names, names->data[i]);
	end_request(w, rc);
}

/* --- questions --- */

static int send_replace(zhandle_t *zh, const struct zk_op *op, int len, struct zk_request *r)
{
	zoo_op_t ops[2];

	zoo_delete_op_init(&ops[0], op->path, op->version);
	zoo_create_op_init(&ops[1], op->path, op->value, len, &ZOO_OPEN_ACL_UNSAFE, op->flags,
		r->created, sizeof(r->created));
	return zoo_amulti(zh, 2, ops, r->results, handle_plain, r);
}

/* Whoever queued first stays first for as long as its node is there, so that this is a proof. */
static int send_guarded(zhandle_t *zh, const struct zk_op *op, int len, struct zk_request *r)
{
	zoo_op_t ops[2];

	zoo_check_op_init(&ops[0], op->guard, -1);
	if (op->kind == ZK_SET)
		zoo_set_op_init(&ops[1], op->path, op->value, len, -1, NULL);
	else if (op->kind == ZK_DELETE)
		zoo_delete_op_init(&ops[1], op->path, -1);
	else
		zoo_create_op_init(&ops[1], op->path, op->value, len, &ZOO_OPEN_ACL_UNSAFE,
			op->flags, r->created, sizeof(r->created));
	return zoo_amulti(zh, 2, ops, r->results, handle_guarded, r);
}

static int send_op(struct zk_worker *w, const struct zk_op *op, struct zk_request *r)
{
	zhandle_t *zh = zk_handle(&w->user);
	watcher_fn watcher = op->watch ? zk_handle_watch : NULL;
	int len = op->value ? (int)strlen(op->value) : 0;

	if (op->guard)
		return send_guarded(zh, op, len, r);
	switch (op->kind) {
	case ZK_SYNC: return zoo_async(zh, op->path, handle_name, r);
	case ZK_GET: return zoo_awget(zh, op->path, watcher, w->user.zk, handle_value, r);
	case ZK_CHILDREN:
		return zoo_awget_children(zh, op->path, watcher, w->user.zk, handle_names, r);
	case ZK_SET: return zoo_aset(zh, op->path, op->value, len, -1, handle_stat, r);
	case ZK_CREATE:
		return zoo_acreate(zh, op->path, op->value, len, &ZOO_OPEN_ACL_UNSAFE, op->flags,
			handle_name, r);
	case ZK_REPLACE: return send_replace(zh, op, len, r);
	case ZK_DELETE: return zoo_adelete(zh, op->path, -1, handle_plain, r);
	}
	assert(false);
	return ZBADARGUMENTS;
}

enum task_turn zk_ask(struct zk_worker *w, const struct zk_op *op, const struct task_step *next)
{
	int rc = ZCONNECTIONLOSS;

	assert(!w->request);
	free(steal(w->value));
	strv_finish(&w->names);
	w->done = w->guard_failed = false;
	w->sent_ms = clock_mono_ms();
	if (w->connected) {
		w->request = zk_request_begin(&w->user, NULL);
		rc = send_op(w, op, w->request);
	}
	if (rc != ZOK) {
		if (w->request)
			zk_request_drop(w->request);
		end_request(w, rc);
	}
	/* The session ends when the servers are silent, and the request with it. */
	return task_wait_for(&w->task, &w->done, next);
}

bool zk_was_lost(const struct zk_worker *w)
{
	return w->rc == ZCLOSING || w->rc == ZCONNECTIONLOSS || w->rc == ZOPERATIONTIMEOUT ||
	       w->rc == ZSESSIONEXPIRED || w->rc == ZINVALIDSTATE;
}

enum task_turn zk_wait_connected(struct zk_worker *w, const struct task_step *next)
{
	if (w->connected)
		return task_go(&w->task, next);
	/* Without a deadline: the session's owner goes on trying, and tells errors. */
	return task_wait_for(&w->task, &w->connected, next);
}

/* --- parents --- */

STEP(parent_made);

static enum task_turn make_next_parent(struct zk_worker *w)
{
	const char *slash = strchr(w->whole + w->parent_len + 1, '/');

	if (!slash)
		return task_go(&w->task, w->after_parents);
	w->parent_len = (size_t)(slash - w->whole);
	auto_free char *parent = xstrndup(w->whole, w->parent_len);
	return zk_ask(w, &(struct zk_op){ .kind = ZK_CREATE, .path = parent, .value = "" },
		&parent_made_step);
}

static enum task_turn parent_made(struct task *t)
{
	struct zk_worker *w = container_of(t, struct zk_worker, task);

	if (w->rc == ZOK || w->rc == ZNODEEXISTS)
		return make_next_parent(w);
	return task_go(t, w->after_parents); /* which finds rc */
}

enum task_turn zk_ask_parents(struct zk_worker *w, const char *path, const struct task_step *next)
{
	free(w->whole);
	w->whole = xstrdup(path);
	w->parent_len = 0;
	w->after_parents = next;
	return make_next_parent(w);
}

/* --- life --- */

void zk_worker_start(struct zk_worker *w, struct kv *kv, const struct task_step *first)
{
	w->user.handle_connected = handle_connected;
	w->user.handle_disconnected = handle_disconnected;
	w->user.handle_event = handle_event;
	task_init(&w->task, kv->loop, first, NULL);
	task_start(&w->task);
	zk_user_attach(&w->user, kv);
}

static void forget_request(struct zk_worker *w)
{
	if (w->request)
		w->request->user = NULL;
	w->request = NULL;
}

void zk_worker_divert(struct zk_worker *w, const struct task_step *step)
{
	struct loop *loop = w->task.loop;

	task_finish(&w->task);
	forget_request(w);
	task_init(&w->task, loop, step, NULL);
	task_start(&w->task);
}

void zk_worker_finish(struct zk_worker *w)
{
	task_finish(&w->task);
	forget_request(w);
	zk_user_detach(&w->user);
	free(steal(w->value));
	free(steal(w->whole));
	strv_finish(&w->names);
}
