/*
 * kv/etcd.h - the etcd driver's parts; for etcd*.c only.
 *
 * etcd is two stores in one server: v2, which classic members use, and v3.  Which one it is gets
 * settled once, by whichever worker reaches a server first; until then every worker begins with
 * etcd_step_open, and after a failure again, so that a login that has become invalid is renewed.
 */
#pragma once

#include "kv/servers.h"
#include "net/lines.h"

enum etcd_api {
	ETCD_API_UNKNOWN,
	ETCD_API_V2,
	ETCD_API_V3,
};

struct etcd {
	struct kv base;
	struct servers servers;
	enum kv_etcd_api wanted;
	enum etcd_api api;
	const char *v3_path;       /* "/v3", "/v3beta"; static; NULL: not known */
	char *username, *password; /* owned; NULL: none */
	bool logged_in;            /* v3: the servers' headers have a token */
};

struct etcd_worker {
	struct worker worker;
	struct etcd *etcd;
	const struct task_step *first_v2, *first_v3; /* where to go when all is settled */
	void (*handle_error)(struct etcd_worker *w, const struct error *err);
	struct lines lines; /* of a stream */
};

extern const struct task_step etcd_step_open;

static inline struct etcd_worker *etcd_worker_of(struct task *t)
{
	return container_of(t, struct etcd_worker, worker.task);
}
void etcd_worker_start(struct etcd_worker *w, struct kv *kv);
/* Tell the error, and begin again with the next server. */
enum task_turn etcd_worker_failed(struct etcd_worker *w, struct error *err);
/* POST to "/v3" + path; body is taken. */
enum task_turn etcd3_ask(
	struct etcd_worker *w, const char *path, char *body, const struct task_step *next);
/* The same, giving up after so long. */
enum task_turn etcd3_ask_within(struct etcd_worker *w, int64_t ms, const char *path, char *body,
	const struct task_step *next);
/* The same for a stream of lines, which may be silent for ETCD_WATCH_IDLE_MS. */
enum task_turn etcd3_ask_stream(
	struct etcd_worker *w, const char *path, char *body, const struct task_step *next);
/* The next whole line of the stream, without its end; for the caller to free.  NULL: not there yet.
 */
char *etcd3_take_line(struct etcd_worker *w, size_t *ret_len);
/* "/v2/keys/" and the key, encoded; caller frees. */
char *etcd2_target(const char *key, const char *suffix) must_check;
/* X-Etcd-Index: without it, it is not etcd that speaks. */
bool etcd2_read_index(const struct call *c, uint64_t *ret, struct error *err);
/* The finished call's errorCode; 0 when there is none. */
int etcd2_call_error(const struct call *c);

struct etcd_watch {
	struct kv_watch base;
	struct etcd_worker worker;
	uint64_t seen; /* the index (v2) or revision (v3) of what we know */
};
extern const struct task_step etcd2_watch_first, etcd3_watch_first;
static inline struct etcd_watch *etcd_watch_of(struct task *t)
{
	return container_of(etcd_worker_of(t), struct etcd_watch, worker);
}
/* All entries, as of this index or revision: one below the last is another history. */
void etcd_watch_listed(struct etcd_watch *w, struct kv_entries *entries, uint64_t seen);

struct etcd_lease {
	struct kv_lease base;
	struct etcd_worker worker;
	int64_t id; /* v3: of the lease; 0: none */
};
extern const struct task_step etcd2_lease_first, etcd3_lease_first;
extern const struct task_step etcd2_lease_last, etcd3_lease_last;
static inline struct etcd_lease *etcd_lease_of(struct task *t)
{
	return container_of(etcd_worker_of(t), struct etcd_lease, worker);
}
/* After the call that took the entry away; one that was gone already is fine. */
extern const struct task_step etcd_step_released;
/* Held; rests until the next heartbeat. */
enum task_turn etcd_lease_rest(struct etcd_lease *l, const struct task_step *step);
/* The whole seconds of the time to live, rounded up. */
int64_t etcd_lease_seconds(const struct etcd_lease *l);

struct etcd_lock {
	struct kv_lock base;
	struct etcd_worker worker;
	int64_t lease;    /* v3: ours; 0: none */
	uint64_t created; /* v2: createdIndex of the key that we made; 0: none */
	uint64_t seen;    /* the index (v2) or revision (v3) of the last look */
	uint64_t written; /* v2: modifiedIndex of our key */
	bool is_ours;     /* v3: at the last look */
};
extern const struct task_step etcd2_lock_first, etcd3_lock_first;
extern const struct task_step etcd2_lock_last, etcd3_lock_last;
/* After the call that gave it back. */
extern const struct task_step etcd_step_lock_released;
static inline struct etcd_lock *etcd_lock_of(struct task *t)
{
	return container_of(etcd_worker_of(t), struct etcd_lock, worker);
}
/* The store looks for what has ended now and then: a second less, so that the next one has the lock
 * within the time that was asked for.  Of short times that would be too much. */
static inline int64_t etcd_lock_seconds(const struct etcd_lock *l)
{
	int64_t seconds = (l->base.ttl_ms + 999) / 1000;

	return seconds < 5 ? seconds : seconds - 1;
}
/* Held since the call that has just been answered was sent; rests until it must be renewed. */
enum task_turn etcd_lock_rest(struct etcd_lock *l, const struct task_step *renew);

struct etcd_write {
	struct kv_write base;
	struct worker worker; /* the lock's has settled all before */
	struct etcd *etcd;
};
extern const struct task_step etcd2_write_first, etcd3_write_first;
static inline struct etcd_write *etcd_write_of(struct task *t)
{
	return container_of(t, struct etcd_write, worker.task);
}
/* Its end, with the next server for whoever comes next. */
enum task_turn etcd_write_failed(struct etcd_write *w, const struct error *err);

enum {
	ETCD_RELEASE_TIMEOUT_MS = 3 * 1000,
	/* A watch that says nothing for so long is checked by reading all again. */
	ETCD_WATCH_IDLE_MS = 60 * 1000,
};
/* The wait for news ended only because there were none. */
bool etcd_watch_was_quiet(const struct call *c);
