/*
 * register/registrar_private.h - what the parts of a registrar know of each other; for registrar*.c
 * only.
 *
 * places: which nodes there are, and what they claim.  lock: that of the registry's store.
 */
#pragma once

#include "base/backoff.h"
#include "cluster/engine.h"
#include "manager/withdraw.h"
#include "net/task.h"
#include "register/book.h"
#include "register/ledger.h"
#include "register/options.h"
#include "register/registrar.h"

/* A node, by its name. */
struct place {
	UT_hash_handle hh;
	char *name;          /* owned */
	char *registry_name; /* owned; NULL: nothing can be registered for it */
	struct ledger_owner owner;
	struct list dirty;     /* registrar::dirty */
	int64_t gone_since_ms; /* monotonic; 0: it is here, and its containers are known */
};

struct registrar {
	struct withdrawer withdrawer;
	struct manager *manager;                /* borrowed */
	const struct register_options *options; /* borrowed */
	struct kv *kv;                          /* owned */
	struct kv_lock *lock;                   /* owned; NULL: this manager does not lead */
	struct deferred drop_lock;
	struct book *book; /* owned */
	struct engine_listener listener;
	struct place *places; /* owned; by name */
	struct list dirty;    /* place::dirty */
	struct ledger ledger;
	struct timer sweep; /* of nodes that are gone, and of what nobody claims */
	struct task task;
	struct backoff backoff;
	int64_t not_before_ms; /* after a failure */
	int64_t read_ms;       /* when the registry was read */
	int64_t leading_since_ms;
	bool leading, resigning, stopped;
	bool stale;        /* the registry is to be read */
	bool sweeping;     /* orphans are to be looked at */
	bool tidying;      /* a node may have nothing left on it: read when all is written */
	bool failing;      /* said in the log once */
	bool lock_failing; /* likewise, of its lock */
	struct book_change batch[BOOK_BATCH]; /* under way; its texts are owned */
	size_t batch_count;
	size_t singles; /* changes to be tried one by one, because one of them was refused */
};

/* --- registrar_places.c --- */

/* Its listener hears of the engines. */
void registrar_watch_nodes(struct registrar *r);
/* What these nodes want is to be read again; the task is woken. */
void registrar_soil(struct registrar *r, const char *name);
void registrar_soil_all(struct registrar *r);
/* Its claims are right now.  It may be gone then. */
void registrar_read_place(struct registrar *r, struct place *p);
/* All that are to be read; false: there is more, for another turn. */
bool registrar_read_places(struct registrar *r);
/* For who knows that a record of nobody is to go. */
bool registrar_is_gone(void *arg, const char *key);
/* A node whose containers are known is called so in the registry. */
bool registrar_is_node(void *arg, const char *name);
void registrar_sweep_later(struct registrar *r);
void registrar_forget_nodes(struct registrar *r);

/* --- registrar_lock.c --- */

void registrar_init_lock(struct registrar *r);
/* What is held is given back; nothing else may be written then. */
void registrar_give_lock_back(struct registrar *r);
void registrar_begin_to_lead(struct registrar *r);

/* --- registrar.c --- */

void registrar_settle_withdrawals(struct registrar *r, bool all);
/* The registry is to be read: what stands there is not known. */
void registrar_read_anew(struct registrar *r);
/* Nothing is under way any more. */
void registrar_restart(struct registrar *r);
