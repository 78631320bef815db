/*
 * kv/driver.h - what kv.c and the drivers know of each other; for kv/ only.
 *
 * A driver's create functions allocate and fill in what is theirs; kv.c then fills the common part
 * and calls start.
 */
#pragma once

#include "kv/kv.h"
#include "kv/location.h"
#include "kv/options.h"
#include "net/task.h"

struct kv_config {
	struct loop *loop;
	const struct kv_location *location; /* lent for the time of open() */
	const struct kv_options *options;   /* likewise */
};

struct kv {
	const struct kv_driver *driver;
	struct loop *loop;
	char *prefix; /* owned by kv.c */
};

struct kv_watch {
	struct kv *kv;
	char *directory; /* with the prefix; owned by kv.c */
	const struct kv_watch_ops *ops;
	void *arg;
	struct kv_entries entries; /* as last announced */
	bool announced, failing;
};

struct kv_lease {
	struct kv *kv;
	char *key, *value; /* the key with the prefix; owned by kv.c */
	int64_t heartbeat_ms, ttl_ms;
	const struct kv_lease_ops *ops;
	void *arg;
	bool held; /* said so through handle_held */
};

struct kv_lock {
	struct kv *kv;
	char *key, *value; /* the key with the prefix; owned by lock.c */
	int64_t ttl_ms;
	const struct kv_lock_ops *ops;
	void *arg;
	/* Private to lock.c. */
	bool held;
	int64_t until_ms; /* of the promise; meaningful while held */
	struct timer end; /* of the promise */
	char *holder;     /* as last told; owned */
	bool holder_told;
};

struct kv_write {
	struct kv_lock *lock;
	char *key, *value; /* the key with the prefix; owned by write.c; value NULL: taken away */
	void (*handle_done)(void *arg, const struct error *err);
	void *arg;
};

struct kv_driver {
	const char *name; /* its scheme */
	const char *default_port;
	bool (*check)(const struct kv_options *options, struct error *err); /* NULL: takes all */
	struct kv *(*open)(const struct kv_config *config, struct error *err);
	void (*close)(struct kv *kv);
	bool (*reload)(struct kv *kv, struct error *err); /* NULL: nothing to read again */
	struct kv_watch *(*watch_create)(struct kv *kv);
	void (*watch_start)(struct kv_watch *w);
	void (*watch_destroy)(struct kv_watch *w);
	struct kv_lease *(*lease_create)(struct kv *kv);
	void (*lease_start)(struct kv_lease *l);
	void (*lease_release)(struct kv_lease *l);
	void (*lease_destroy)(struct kv_lease *l);
	struct kv_lock *(*lock_create)(struct kv *kv);
	void (*lock_start)(struct kv_lock *l);
	void (*lock_release)(struct kv_lock *l);
	void (*lock_destroy)(struct kv_lock *l);
	struct kv_write *(*write_create)(struct kv *kv);
	void (*write_start)(struct kv_write *w);
	void (*write_destroy)(struct kv_write *w);
};

extern const struct kv_driver consul_driver;
extern const struct kv_driver etcd_driver;
extern const struct kv_driver zookeeper_driver;

/* What the store has now; takes the content.  Calls handle_entries when it is news. */
void kv_watch_report(struct kv_watch *w, struct kv_entries *entries);
/* The driver has changed w->entries itself. */
void kv_watch_announce(struct kv_watch *w);
/* What comes next may be another history: handle_recovered will precede it. */
void kv_watch_note_break(struct kv_watch *w);
/* The directory could be read, changed or not. */
void kv_watch_note_health(struct kv_watch *w);
void kv_watch_note_error(struct kv_watch *w, const struct error *err);

/* handle_held, once until the next error. */
void kv_lease_note_held(struct kv_lease *l);
void kv_lease_note_error(struct kv_lease *l, const struct error *err);

/* The store promises that nobody else gets it before from_ms + ttl_ms.  from_ms: when the request
 * was sent whose answer says so (clock_mono_ms). */
void kv_lock_note_held(struct kv_lock *l, int64_t from_ms, int64_t ttl_ms);
/* It is not ours any more, or may not be. */
void kv_lock_note_lost(struct kv_lock *l);
/* Somebody else's value (and so not ours), or NULL: nobody's. */
void kv_lock_note_holder(struct kv_lock *l, const char *value);
void kv_lock_note_error(struct kv_lock *l, const struct error *err);
void kv_lock_note_released(struct kv_lock *l, const struct error *err);
/* Between two renewals: two of them may get lost. */
static inline int64_t kv_lock_beat_ms(int64_t ttl_ms)
{
	return max_of(ttl_ms / 3, (int64_t)50);
}

enum { KV_WRITE_MS = 3 * 1000 }; /* for each request of a write */
/* Its end; err NULL: written.  For the last act of a step, which then returns TASK_WAIT: the write
 * may be gone. */
enum task_turn kv_write_end(struct kv_write *w, const struct error *err);
/* The same when the lock is not ours, and so nothing was written. */
enum task_turn kv_write_refuse(struct kv_write *w);
