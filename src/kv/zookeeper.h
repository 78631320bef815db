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

#include "base/backoff.h"
#include "base/list.h"
#include "base/strv.h"
#include "kv/driver.h"
#include "net/task.h"

struct zk;

struct zk_user {
	struct list link; /* zk::users */
	struct zk *zk;    /* borrowed */
	/* Connected, for the first time or again. */
	void (*handle_connected)(struct zk_user *u);
	/* Not connected any more; NULL: does not matter. */
	void (*handle_disconnected)(struct zk_user *u);
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
/* How long the servers let the session live without a sign of it. */
int64_t zk_session_ms(const struct zk_user *u);
/* The handle, for a call; the loop is told to look at it again. */
zhandle_t *zk_handle(struct zk_user *u);
/* For watches: pass it with zk_handle's zk as context. */
void zk_handle_watch(zhandle_t *zh, int type, int state, const char *path, void *context);
/* "what: no node". */
bool zk_error_set(struct zk_user *u, struct error *err, int rc, const char *what);

/*
 * A task with one request at a time; embedded in a lease or a lock.  A step asks, and the next one
 * finds the answer here; an answer that was lost with the connection is ZCONNECTIONLOSS.
 */
struct zk_worker {
	struct zk_user user;
	struct task task;
	struct backoff backoff;
	void (*handle_lost)(struct zk_worker *w); /* the connection; NULL: does not matter */
	bool connected;                           /* as the user was told */
	bool news;        /* an event, or connected again; reset by whoever looks */
	const char *path; /* whose events are news; borrowed */

	struct zk_request *request; /* under way; NULL: none */
	bool done;
	int rc;
	bool guard_failed; /* rc is about the guard */
	int64_t sent_ms;   /* clock_mono_ms */
	char *value;       /* of ZK_GET; owned; NULL: none */
	int64_t owner;     /* ... the session of an ephemeral node, else 0 */
	int32_t version;   /* ... of the value */
	struct strv names; /* of ZK_CHILDREN; owned */

	/* Private to zk_ask_parents. */
	char *whole; /* owned */
	size_t parent_len;
	const struct task_step *after_parents;
};

enum zk_op_kind {
	ZK_SYNC, /* what is read afterwards is not older than this */
	ZK_GET,
	ZK_CHILDREN,
	ZK_SET,
	ZK_CREATE,
	ZK_REPLACE, /* deleted and created in one transaction */
	ZK_DELETE,
};
struct zk_op {
	enum zk_op_kind kind;
	const char *path;
	const char *value; /* of ZK_SET, ZK_CREATE and ZK_REPLACE */
	int flags;         /* of the latter two: ZOO_EPHEMERAL... */
	int32_t version;   /* of ZK_REPLACE: that the node must have */
	bool watch;        /* of ZK_GET and ZK_CHILDREN */
	/* Of ZK_SET, ZK_CREATE and ZK_DELETE: only if this node is there, in one transaction.
	 * NULL: in any case. */
	const char *guard;
};

/* The handlers of its user are set by this. */
void zk_worker_start(struct zk_worker *w, struct kv *kv, const struct task_step *first);
void zk_worker_finish(struct zk_worker *w);
/* Leave what is under way, and go on with this step. */
void zk_worker_divert(struct zk_worker *w, const struct task_step *step);
/* Next runs when the answer, or the loss of it, is there. */
enum task_turn zk_ask(struct zk_worker *w, const struct zk_op *op, const struct task_step *next);
/* Make the folders above path; those that exist are fine. */
enum task_turn zk_ask_parents(struct zk_worker *w, const char *path, const struct task_step *next);
/* The answer was lost with the connection. */
bool zk_was_lost(const struct zk_worker *w);
/* Runs next when there is a connection. */
enum task_turn zk_wait_connected(struct zk_worker *w, const struct task_step *next);

struct kv_lock *zk_lock_create(struct kv *kv);
void zk_lock_start(struct kv_lock *lock);
void zk_lock_release(struct kv_lock *lock);
void zk_lock_destroy(struct kv_lock *lock);

/* Its place in the queue while it holds the lock: borrowed; NULL: it does not. */
const char *zk_lock_place(const struct kv_lock *lock);

struct kv_write *zk_write_create(struct kv *kv);
void zk_write_start(struct kv_write *write);
void zk_write_destroy(struct kv_write *write);

struct kv_watch *zk_watch_create(struct kv *kv);
void zk_watch_start(struct kv_watch *watch);
void zk_watch_destroy(struct kv_watch *watch);

struct kv_lease *zk_lease_create(struct kv *kv);
void zk_lease_start(struct kv_lease *lease);
void zk_lease_release(struct kv_lease *lease);
void zk_lease_destroy(struct kv_lease *lease);
