/*
 * kv/consul.h - the Consul driver's parts; for consul*.c, and for register/catalog.c, which
 * keeps more than keys there.
 */
#pragma once

#include "kv/servers.h"

struct consul {
	struct kv base;
	struct servers servers;
};

struct kv_watch *consul_watch_create(struct kv *kv);
void consul_watch_start(struct kv_watch *watch);
void consul_watch_destroy(struct kv_watch *watch);

struct kv_lease *consul_lease_create(struct kv *kv);
void consul_lease_start(struct kv_lease *lease);
void consul_lease_release(struct kv_lease *lease);
void consul_lease_destroy(struct kv_lease *lease);

struct kv_lock *consul_lock_create(struct kv *kv);
void consul_lock_start(struct kv_lock *lock);
void consul_lock_release(struct kv_lock *lock);
void consul_lock_destroy(struct kv_lock *lock);

/* Of the lock: borrowed; NULL: it has none. */
const char *consul_lock_session(const struct kv_lock *lock);

struct kv_write *consul_write_create(struct kv *kv);
void consul_write_start(struct kv_write *write);
void consul_write_destroy(struct kv_write *write);

/* "/v1/kv/" and the key, encoded; caller frees. */
char *consul_key_target(const char *key, const char *suffix) must_check;
/* X-Consul-Index.  Without one it is not Consul that speaks, and an absent key or list means
 * nothing.  Nor does it when a server that knows no leader says so. */
bool consul_read_index(const struct call *c, uint64_t *ret, struct error *err);

enum {
	CONSUL_RELEASE_TIMEOUT_MS = 3 * 1000,
};

/* --- consul_session.c --- */

/* behavior: what becomes of its keys when it ends, "delete" or "release".  Consul waits ttl_ms at
 * least, and about twice that. */
enum task_turn consul_session_create(
	struct worker *w, const char *behavior, int64_t ttl_ms, const struct task_step *next);
/* Of the call that created it: its id, for the caller to free. */
bool consul_session_created(const struct worker *w, char **ret_session, struct error *err);
/* "renew" or "destroy".  timeout_ms 0: the usual. */
enum task_turn consul_session_ask(struct worker *w, const char *verb, const char *session,
	int64_t timeout_ms, const struct task_step *next);
/* Take the key, with the value; consul_said_yes: it is taken. */
enum task_turn consul_acquire(struct worker *w, const char *key, const char *value,
	const char *session, const struct task_step *next);
bool consul_said_yes(const struct worker *w);
