/*
 * kv/kv.h - a store outside of this process: Consul, etcd or ZooKeeper.
 *
 * What the product keeps there is small: entries that live only while somebody renews them
 * (members), read as whole lists by whoever watches their directory, and one key that only one
 * process holds (who leads).  The three stores differ in every call and agree on this page;
 * kv_drivers[] is the only place that knows which there are.
 *
 * A store may be down when it is opened, go away and come back: nothing here fails because of
 * that.  Watches, leases and locks try again by themselves, server after server, with a growing
 * and random pause, and say through handle_error what is wrong with which server.
 *
 * Keys are paths without a slash at the ends ("docker/swarm/nodes"), below the prefix of the URL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"
#include "kv/entries.h"
#include "net/loop.h"

struct kv;
struct kv_driver;
struct kv_lease;
struct kv_lock;
struct kv_watch;
struct kv_write;

extern const struct kv_driver *const kv_drivers[];
extern const size_t kv_drivers_count;

/* All that can be said about "host,host/prefix" and "key=value" options without touching the
 * store: well-formed, nothing that this store cannot honour.  Files are not read. */
bool kv_check(const char *driver, const char *rest, const struct strv *options, struct error *err);

/* Never waits.  Fails for what kv_check would say, and for certificates that cannot be read. */
struct kv *kv_open(struct loop *loop, const char *driver, const char *rest,
	const struct strv *options, struct error *err) must_check;
/* Its watches, leases and locks must be gone.  NULL is fine. */
void kv_close(struct kv *kv);
/* Read certificates again; open connections stay. */
bool kv_reload(struct kv *kv, struct error *err);

/*
 * A directory, watched.  Handlers are called from the loop, never inside kv_watch_create; they
 * may not destroy the watch.
 */
struct kv_watch_ops {
	/* All entries (borrowed), sorted by key: the first answer, and then every change.  Only a
	 * store in good health says that there are none. */
	void (*handle_entries)(void *arg, const struct kv_entries *entries);
	/* Healthy again after an error, or another history than before; told before the list.
	 * Entries that are missing in it may only not be back yet. */
	void (*handle_recovered)(void *arg);
	/* Survived; the last list stays true as far as anybody knows. */
	void (*handle_error)(void *arg, const struct error *err);
};
struct kv_watch *kv_watch_create(
	struct kv *kv, const char *directory, const struct kv_watch_ops *ops, void *arg) must_check;
void kv_watch_destroy(struct kv_watch *w);

/*
 * An entry that the store forgets unless this process keeps it alive.  Written as soon as the
 * store can be reached, looked after at every heartbeat, written anew when it got lost.
 */
struct kv_lease_ops {
	/* In the store now: after the first time, and after every failure. */
	void (*handle_held)(void *arg);
	void (*handle_error)(void *arg, const struct error *err);
	/* After kv_lease_release: gone from the store; or not, and err says why. */
	void (*handle_released)(void *arg, const struct error *err);
};
struct kv_lease_config {
	const char *key, *value; /* copied */
	int64_t heartbeat_ms;
	int64_t ttl_ms; /* > heartbeat_ms.  ZooKeeper has a session of its own instead: 10 s */
	const struct kv_lease_ops *ops;
	void *arg;
};
struct kv_lease *kv_lease_create(struct kv *kv, const struct kv_lease_config *config) must_check;
/* Take the entry away; one try, within a few seconds. */
void kv_lease_release(struct kv_lease *l);
/* Without a word to the store: the entry goes when its time is over.  NULL is fine. */
void kv_lease_destroy(struct kv_lease *l);

/*
 * A key that one of many processes holds at a time, with the holder's value.  Whoever has created
 * a lock waits for the key for as long as the lock lives, and hears who holds it meanwhile.
 *
 * Held means: the store has promised that nobody else gets the key before a moment that this
 * process knows.  That moment counts from when the last renewal was sent, by this process's own
 * clock, and a margin for clocks that run unequally is taken off.  When it comes without another
 * promise, the lock is lost, and nobody needs to be asked for that.  A promise that arrives later
 * gets it back.
 */
struct kv_lock_ops {
	void (*handle_won)(void *arg);
	/* until_ms (clock_mono_ms): the last moment at which it was surely ours; may be now. */
	void (*handle_lost)(void *arg, int64_t until_ms);
	/* Who holds it as far as the store says; NULL: nobody.  Borrowed; told once, then changes.
	 * It may be our own value without our holding it: that of a predecessor of this process. */
	void (*handle_holder)(void *arg, const char *value);
	void (*handle_error)(void *arg, const struct error *err);
	/* After kv_lock_release: others may have it; or they must wait, and err says why. */
	void (*handle_released)(void *arg, const struct error *err);
};
struct kv_lock_config {
	const char *key, *value; /* copied; the value differs from that of all others */
	int64_t ttl_ms; /* after which a silent holder is replaced.  ZooKeeper has a session of its
			   own instead: 10 s */
	const struct kv_lock_ops *ops;
	void *arg;
};
struct kv_lock *kv_lock_create(struct kv *kv, const struct kv_lock_config *config) must_check;
/* Now, by the clock: to be asked after every wait, before anything that only the holder may do. */
bool kv_lock_is_held(const struct kv_lock *l);
/* Lost at once (handle_lost, from inside), and given back; one try, within a few seconds. */
void kv_lock_release(struct kv_lock *l);
/* Without a word to the store and to the owner.  NULL is fine. */
void kv_lock_destroy(struct kv_lock *l);

/*
 * One write that only the holder of a lock makes: the store itself looks whether the lock is still
 * that of this process when it writes.  (etcd's v2 API cannot: there the key must be as it was a
 * moment before, and the lock ours by the clock before and after.)
 */
struct kv_write_config {
	const char *key, *value; /* copied; value NULL: the key is taken away */
	/* Once, from the loop.  err NULL: written.  ERROR_CONFLICT: not written, as the lock is not
	 * ours.  Anything else: perhaps written.  May destroy the write. */
	void (*handle_done)(void *arg, const struct error *err);
	void *arg;
};
/* The lock outlives it.  It ends within seconds, whatever the store does. */
struct kv_write *kv_write_create(
	struct kv_lock *lock, const struct kv_write_config *config) must_check;
/* Before its end nobody knows whether it was written.  NULL is fine. */
void kv_write_destroy(struct kv_write *w);
