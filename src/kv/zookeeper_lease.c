/*
 * kv/zookeeper_lease.c - a node of ZooKeeper that ends with our session.
 *
 *   look -> absent: create (and its parents, when they are absent)
 *        -> ours: nothing to do        -> another session's: replace
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
	struct zk_user user;
	char *path;           /* owned */
	size_t parent_len;    /* of the parent that is being created */
	struct timer beat;    /* look again */
	struct deferred done; /* nothing to release */
	bool looking;         /* until the node is ours */
	bool releasing;
	struct backoff backoff;
};

static struct zk_lease *lease_of(struct zk_user *u)
{
	return container_of(u, struct zk_lease, user);
}

static void look(struct zk_lease *l);

static void lease_failed(struct zk_lease *l, int rc)
{
	auto_error struct error err = ERROR_INIT;

	l->looking = false;
	if (l->releasing)
		return;
	zk_error_set(&l->user, &err, rc, l->path);
	kv_lease_note_error(&l->base, &err);
	timer_start(&l->beat, backoff_next_ms(&l->backoff));
}

static void lease_held(struct zk_lease *l)
{
	l->looking = false;
	if (l->releasing)
		return;
	backoff_reset(&l->backoff);
	kv_lease_note_held(&l->base);
	timer_start(&l->beat, l->base.heartbeat_ms);
}

/* Somebody was faster, or it went meanwhile. */
static void look_again(struct zk_lease *l)
{
	l->looking = false;
	if (!l->releasing)
		timer_start(&l->beat, backoff_next_ms(&l->backoff));
}

/* ---- creating ---- */

static void create_next_parent(struct zk_lease *l);
static void create(struct zk_lease *l);

static void handle_parent(int rc, maybe_unused const char *name, const void *data)
{
	struct zk_user *u = zk_request_end(data, rc, NULL);

	if (!u)
		return;
	if (rc == ZOK || rc == ZNODEEXISTS)
		create_next_parent(lease_of(u));
	else
		lease_failed(lease_of(u), rc);
}

static void create_next_parent(struct zk_lease *l)
{
	const char *slash = strchr(l->path + l->parent_len + 1, '/');

	if (!slash) {
		create(l);
		return;
	}
	l->parent_len = (size_t)(slash - l->path);
	auto_free char *parent = xstrndup(l->path, l->parent_len);
	struct zk_request *r = zk_request_begin(&l->user, NULL);
	if (zoo_acreate(zk_handle(&l->user), parent, "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, handle_parent,
		    r) != ZOK)
		zk_request_drop(r);
}

static void handle_created(int rc, maybe_unused const char *name, const void *data)
{
	struct zk_user *u = zk_request_end(data, rc, NULL);

	if (!u)
		return;
	struct zk_lease *l = lease_of(u);
	if (rc == ZOK) {
		l->looking = false;
		look(l); /* sets the watch */
	} else if (rc == ZNODEEXISTS) {
		look_again(l);
	} else if (rc == ZNONODE && l->parent_len == 0) {
		create_next_parent(l);
	} else {
		lease_failed(l, rc);
	}
}

static void create(struct zk_lease *l)
{
	struct zk_request *r = zk_request_begin(&l->user, NULL);

	if (zoo_acreate(zk_handle(&l->user), l->path, l->base.value, (int)strlen(l->base.value),
		    &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, handle_created, r) != ZOK)
		zk_request_drop(r);
}

/* ---- looking ---- */

static void handle_replaced(int rc, const void *data)
{
	struct zk_user *u = zk_request_end(data, rc, NULL);

	if (!u)
		return;
	if (rc == ZOK || rc == ZNONODE || rc == ZNODEEXISTS || rc == ZBADVERSION) {
		lease_of(u)->looking = false;
		look_again(lease_of(u));
	} else {
		lease_failed(lease_of(u), rc);
	}
}

static void replace(struct zk_lease *l, int32_t version)
{
	struct zk_request *r = zk_request_begin(&l->user, NULL);
	zoo_op_t ops[2];

	zoo_delete_op_init(&ops[0], l->path, version);
	zoo_create_op_init(&ops[1], l->path, l->base.value, (int)strlen(l->base.value),
		&ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, r->created, sizeof(r->created));
	if (zoo_amulti(zk_handle(&l->user), 2, ops, r->results, handle_replaced, r) != ZOK)
		zk_request_drop(r);
}

static bool is_ours(struct zk_lease *l, const char *value, int len, const struct Stat *stat)
{
	return stat->ephemeralOwner == zoo_client_id(zk_handle(&l->user))->client_id &&
	       len == (int)strlen(l->base.value) && memcmp(value, l->base.value, (size_t)len) == 0;
}

static void handle_found(
	int rc, const char *value, int len, const struct Stat *stat, const void *data)
{
	struct zk_user *u = zk_request_end(data, rc, NULL);

	if (!u)
		return;
	struct zk_lease *l = lease_of(u);
	if (l->releasing)
		return;
	if (rc == ZNONODE) {
		l->parent_len = 0;
		create(l);
	} else if (rc != ZOK) {
		lease_failed(l, rc);
	} else if (is_ours(l, value, len, stat)) {
		lease_held(l);
	} else {
		replace(l, stat->version);
	}
}

static void look(struct zk_lease *l)
{
	if (l->looking || !zk_is_connected(&l->user))
		return;

	struct zk_request *r = zk_request_begin(&l->user, NULL);
	l->looking = true;
	if (zoo_awget(zk_handle(&l->user), l->path, zk_handle_watch, l->user.zk, handle_found, r) !=
		ZOK)
		zk_request_drop(r);
}

static void handle_beat(struct timer *t)
{
	look(container_of(t, struct zk_lease, beat));
}

/* ---- the end ---- */

static void handle_deleted(int rc, const void *data)
{
	struct zk_user *u = zk_request_end(data, rc, NULL);
	auto_error struct error err = ERROR_INIT;

	if (!u)
		return;
	struct zk_lease *l = lease_of(u);
	if (rc != ZOK && rc != ZNONODE)
		zk_error_set(u, &err, rc, l->path);
	l->base.ops->handle_released(l->base.arg, error_is_set(&err) ? &err : NULL);
}

static void handle_done(struct deferred *d)
{
	struct zk_lease *l = container_of(d, struct zk_lease, done);
	auto_error struct error err = ERROR_INIT;

	error_set(&err, ERROR_UNAVAILABLE, "not connected to ZooKeeper");
	l->base.ops->handle_released(l->base.arg, l->base.held ? &err : NULL);
}

void zk_lease_release(struct kv_lease *lease)
{
	struct zk_lease *l = container_of(lease, struct zk_lease, base);

	l->releasing = true;
	timer_stop(&l->beat);
	if (!zk_is_connected(&l->user)) {
		loop_defer(lease->kv->loop, &l->done);
		return;
	}
	/* What is under way was sent before and comes first: it cannot put the node back. */
	struct zk_request *r = zk_request_begin(&l->user, NULL);
	if (zoo_adelete(zk_handle(&l->user), l->path, -1, handle_deleted, r) != ZOK) {
		zk_request_drop(r);
		loop_defer(lease->kv->loop, &l->done);
	}
}

/* ---- events ---- */

static void handle_connected(struct zk_user *u)
{
	struct zk_lease *l = lease_of(u);

	l->looking = false;
	if (!l->releasing)
		look(l);
}

static void handle_event(struct zk_user *u, maybe_unused int type, const char *path)
{
	struct zk_lease *l = lease_of(u);

	if (strcmp(path, l->path) == 0 && !l->releasing)
		look(l);
}

static void handle_error(struct zk_user *u, const struct error *err)
{
	struct zk_lease *l = lease_of(u);

	if (!l->releasing)
		kv_lease_note_error(&l->base, err);
}

struct kv_lease *zk_lease_create(maybe_unused struct kv *kv)
{
	struct zk_lease *l = xnew(struct zk_lease);

	l->user.handle_connected = handle_connected;
	l->user.handle_event = handle_event;
	l->user.handle_error = handle_error;
	return &l->base;
}

void zk_lease_start(struct kv_lease *lease)
{
	struct zk_lease *l = container_of(lease, struct zk_lease, base);

	l->path = xasprintf("/%s", lease->key);
	timer_init(&l->beat, lease->kv->loop, handle_beat);
	deferred_init(&l->done, handle_done);
	zk_user_attach(&l->user, lease->kv);
}

void zk_lease_destroy(struct kv_lease *lease)
{
	struct zk_lease *l = container_of(lease, struct zk_lease, base);

	zk_user_detach(&l->user);
	timer_stop(&l->beat);
	deferred_cancel(&l->done);
	free(l->path);
	free(l);
}
