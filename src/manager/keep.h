/*
 * manager/keep.h - small texts by key that outlive this manager and its host.
 *
 * What was asked for, and what no engine remembers when its host is gone: how a container was to
 * be ("containers/<swarm id>"), where an old copy of it is ("left/<engine id>|<swarm id>"), what
 * was said about a node ("nodes/<name>", "lost/<engine id>"). At rest they are in the store by
 * which several managers elect their leader, or a file in the state folder; without either, they
 * live as long as the process.
 *
 * All is read from memory.  A change is visible at once and at rest a little later: who promises
 * something to somebody waits for that (struct keep_write).  Of several managers only the leader
 * writes, and every write is tied to its lock; with the others a put or drop fails, and memory is
 * as the store was a minute ago or later.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/listeners.h"
#include "net/task.h"

struct keep;
struct kv;
struct kv_lock;

enum {
	KEEP_MAX_KEY = 512,
	KEEP_MAX_VALUE = 256 * 1024,
	KEEP_MAX_BYTES = 16 * 1024 * 1024, /* of all keys and values together */
	KEEP_WRITE_MS = 5 * 1000,          /* so long is waited for a write to be at rest */
};

/* In memory only, until one of the two below says where else. */
struct keep *keep_create(struct loop *loop) must_check;
/* Reads what is in the folder's file, and keeps all there.  A folder that cannot be used, and a
 * malformed file, are errors. */
bool keep_open_folder(struct keep *k, const char *folder, struct error *err);
/* All is kept below docker/swarm/kept of the store, and read from there when this manager begins to
 * lead (keep_set_leading), and now and then while it does not.  kv and lock are borrowed until
 * keep_close. */
void keep_open_store(struct keep *k, struct kv *kv, struct kv_lock *lock);
void keep_set_leading(struct keep *k, bool leading);
/* Nothing is read or written any more; memory stays. */
void keep_close(struct keep *k);
/* Writes what is not at rest yet, when that needs nobody else.  Nobody may wait or listen any more.
 * NULL is fine. */
void keep_destroy(struct keep *k);

/* All that is at rest is in memory: before that, what is missing says nothing. */
bool keep_is_whole(const struct keep *k);
/* How often all was read. */
uint64_t keep_readings(const struct keep *k);

/*
 * Embedded, zeroed, in whoever waits for a change to be at rest.  It ends (done) when it is, or
 * with an error: it could not be written, or not in time.  After the latter it may be written yet;
 * who does not want that any more drops the key.
 */
struct keep_write {
	bool done;
	struct error err; /* owned */

	struct list link; /* private, as is all that follows */
	struct task *task;
	struct timer limit;
	struct keep *keep; /* NULL: not under way */
};
/* The end of waiting; the change goes on.  Any number of times. */
void keep_write_finish(struct keep_write *w);

/* The task is woken when w is done, which it may be at once; w NULL: nobody waits, and the log is
 * told of errors.  The key is "kind/name", both not empty and UTF-8, as is the value. */
void keep_put(
	struct keep *k, const char *key, const char *value, struct keep_write *w, struct task *t);
void keep_drop(struct keep *k, const char *key, struct keep_write *w, struct task *t);

/* Borrowed until the key changes; NULL: there is none. */
const char *keep_get(const struct keep *k, const char *key);

struct keep_entry {
	const char *key, *value; /* borrowed until the key changes */
};
/* The first entry whose key has the prefix and comes after `after` (NULL: all do), in the order of
 * bytes; false: there is none.   Nothing may change between two steps. */
bool keep_next(const struct keep *k, const char *prefix, const char *after, struct keep_entry *ret);
#define keep_each(entry, k, prefix)                                                                \
	for (const char *after_ = NULL; keep_next((k), (prefix), after_, (entry));                 \
		after_ = (entry)->key)

/* Embedded in who wants to know that something changed: told at the end of the turn, once for all
 * changes in it, one's own included; and when all has been read. */
struct keep_listener {
	struct listeners_link link;
	const char *prefix; /* of the keys that matter; static */
	void (*handle_change)(struct keep_listener *l);
	bool pending; /* private */
};
void keep_listen(struct keep *k, struct keep_listener *l);
void keep_unlisten(struct keep_listener *l);
