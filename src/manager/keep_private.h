/*
 * manager/keep_private.h - what keep.c and the places of rest know of each other; for keep*.c only.
 *
 * Every change makes its entry dirty.  A place of rest writes dirty entries in the order of their
 * changes, and settles them.
 */
#pragma once

#include "manager/keep.h"

struct kept {
	char *key;         /* owned */
	char *value;       /* owned; NULL: dropped, which is not at rest yet */
	struct list dirty; /* keep::dirty; alone: at rest as it is here */
	struct list waits; /* keep_write::link */
	uint64_t version;  /* of keep, when it changed */
};

struct keep_rest;

/* Embedded in a place of rest. */
struct keep_rest_ops {
	/* Something is dirty, or writing failed a while ago. */
	void (*write)(struct keep_rest *r);
	/* Errors if changes cannot be made here, now. */
	bool (*check)(const struct keep_rest *r, struct error *err);
	/* Of several managers this one leads now, or does not; NULL: there are no others. */
	void (*set_leading)(struct keep_rest *r, bool leading);
	/* Says what could not be made to be at rest any more. */
	void (*destroy)(struct keep_rest *r);
};
struct keep_rest {
	const struct keep_rest_ops *ops;
	struct keep *keep;
};

struct keep {
	struct loop *loop;
	struct keep_rest *rest; /* owned; NULL: memory only */
	struct kept **items;    /* owned; sorted by key */
	size_t count, cap;
	size_t bytes; /* of keys and values */
	struct list dirty;
	uint64_t version;
	bool whole;
	uint64_t readings;
	struct listeners listeners;
	struct deferred tell;
};

/* What is at rest says so; value NULL: it is not there.  Not for entries that are dirty. */
void keep_learn(struct keep *k, const char *key, const char *value);
void keep_set_whole(struct keep *k, bool whole); /* true: all was read, just now */
/* It is at rest as it was at this version; who waits for that, or less, is done. */
void keep_settle(struct keep *k, struct kept *e, uint64_t version);
/* Who waits hears of the error; the entry stays dirty. */
void keep_fail(struct kept *e, const struct error *err);
/* Of all that is dirty: who waits hears of the error, and nobody will write it. */
void keep_abandon(struct keep *k, const struct error *err);
/* It is not at rest as it is here, whatever was thought: it will be written. */
void keep_soil(struct keep *k, struct kept *e);
struct kept *keep_find(const struct keep *k, const char *key);
/* Nobody wants it, and it is not at rest (any more). */
void keep_forget(struct keep *k, struct kept *e);
