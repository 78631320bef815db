/*
 * kv/zookeeper.h - the ZooKeeper driver's parts; for zookeeper*.c only.
 *
 * One session for all watches and leases of a store (its users), kept by libzookeeper's
 * single-threaded flavour, which asks which descriptor to wait for and is told when it is ready.
 *
 * A user is told when there is a session in good health, and then begins from scratch: answers
 * that were under way are lost together with the connection.  Watch events go to all users by
 * their path, so nothing in the library points to a user.
 */
#pragma once

/* The single-threaded flavour has its prototypes without THREADED. */
#undef THREADED
#include <zookeeper/zookeeper.h>

#include "base/list.h"
#include "kv/backoff.h"
#include "kv/driver.h"

struct zk;

struct zk_user {
	struct list link; /* zk::users */
	struct zk *zk;    /* borrowed */
	/* Connected, for the first time or again. */
	void (*handle_connected)(struct zk_user *u);
	/* type is a ZOO_..._EVENT of a watch that somebody has set on path. */
	void (*handle_event)(struct zk_user *u, int type, const char *path);
	/* All servers were tried in vain. */
	void (*handle_error)(struct zk_user *u, const struct error *err);
};

void zk_user_attach(struct zk_user *u, struct kv *kv);
/* Its requests are forgotten: their completions find nobody. */
void zk_user_detach(struct zk_user *u);

/* A request under way: data of its completion. */
struct zk_request {
	struct list link;     /* zk::requests */
	struct zk_user *user; /* NULL: forgotten */
	char *name;           /* what it is about; owned; may be NULL */
	zoo_op_result_t results[2];
	char created[1]; /* where the library may write a name nobody needs */
};
struct zk_request *zk_request_begin(struct zk_user *u, const char *name);
/* The library has refused it. */
void zk_request_drop(struct zk_request *r);
/*
 * In a completion: who waits for it, or NULL when nobody does any more, or the answer was lost
 * with the connection (then handle_connected will come).  ret_name, owned by the caller, may be
 * NULL.
 */
struct zk_user *zk_request_end(const void *data, int rc, char **ret_name) must_check;

bool zk_is_connected(const struct zk_user *u);
/* The handle, for a call; the loop is told to look at it again. */
zhandle_t *zk_handle(struct zk_user *u);
/* For watches: pass it with zk_handle's zk as context. */
void zk_handle_watch(zhandle_t *zh, int type, int state, const char *path, void *context);
/* "what: no node". */
bool zk_error_set(struct zk_user *u, struct error *err, int rc, const char *what);

struct kv_watch *zk_watch_create(struct kv *kv);
void zk_watch_start(struct kv_watch *watch);
void zk_watch_destroy(struct kv_watch *watch);

struct kv_lease *zk_lease_create(struct kv *kv);
void zk_lease_start(struct kv_lease *lease);
void zk_lease_release(struct kv_lease *lease);
void zk_lease_destroy(struct kv_lease *lease);
