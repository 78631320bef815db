/*
 * register/book.h - where services are written to: a row a layout.
 *
 * A registry is read as a whole and written in small batches, one of either at a time; its end sets
 * `done` and wakes the waiter.  Writes are tied to a lock of the registry's own store, so that of
 * several managers only one writes, whatever they think of themselves.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "kv/kv.h"
#include "net/task.h"
#include "register/service.h"

struct book;

/* Where a record stands, and whose it is. */
struct book_place {
	const char *node;    /* as the registry calls it */
	const char *address; /* of the node */
	const char *cluster;
	const char *base; /* of the URL: the prefix or domain; "" */
};

struct book_change {
	const char *key;
	const char *wanted; /* NULL: to be deleted */
	const char *found;  /* as far as is known; NULL: not there */
};

enum { BOOK_BATCH = 20 }; /* changes in one; Consul takes 64 operations */

struct book_ops {
	void (*read)(struct book *r);
	/* All or none is written.  The changes are the caller's until the end. */
	void (*write)(struct book *r, const struct book_change *changes, size_t count);
	/* What was begun is cut short, in silence. */
	void (*cancel)(struct book *r);
	void (*destroy)(struct book *r);
	/* What the node of that name is called there; NULL: nothing can be written for it. */
	char *(*node_name)(const struct book *r, const char *name);
};

struct book {
	const struct book_ops *ops;
	struct loop *loop;
	struct kv *kv;        /* borrowed */
	struct kv_lock *lock; /* borrowed; NULL: nothing is ever written */
	const char *cluster;  /* borrowed */
	const char *base;     /* borrowed */
	struct task *waiter;  /* borrowed */
	/* Nodes without an engine may be taken away when nothing is left on them. */
	bool (*is_node)(void *arg, const char *name);
	void *arg;

	bool done;
	struct error err;        /* owned.  ERROR_CONFLICT: the lock is not ours; ERROR_INVALID: the
				    registry will not have what was to be written */
	struct kv_entries found; /* of ours; sorted */
	struct strv foreign;     /* keys of others */
};

/* What the path of the URL is. */
enum layout_base {
	LAYOUT_LOCK,   /* where the lock is kept; records have a place of their own */
	LAYOUT_PATH,   /* where records begin */
	LAYOUT_DOMAIN, /* a DNS domain that they begin under */
};

struct layout {
	const char *scheme;
	const char *driver;       /* of kv/ */
	const char *store_option; /* that it cannot do without; NULL */
	enum layout_base base;
	size_t batch; /* changes at a time; at most BOOK_BATCH */
	struct book *(*create)(void);
	void (*add)(
		struct kv_entries *ret, const struct book_place *place, const struct service *s);
	/* The node of a record, as the registry calls it; NULL: its key does not tell.  Caller
	 * frees. */
	char *(*node_of)(const char *key);
};

extern const struct layout *const layouts[];
extern const size_t layouts_count;

extern const struct layout catalog_layout, consul_keys_layout, etcd_keys_layout, skydns_layout;

/* For the layouts. */
static inline void book_finish(struct book *b)
{
	error_clear(&b->err);
	kv_entries_finish(&b->found);
	strv_finish(&b->foreign);
}
static inline void book_begin(struct book *r)
{
	r->done = false;
	error_clear(&r->err);
}
static inline void book_end(struct book *r, const struct error *err)
{
	if (err)
		error_copy(&r->err, err);
	r->done = true;
	task_wake(r->waiter);
}
