/*
 * cluster/refresh_job.h - what all refreshes share: a task of their own, their place in order, the
 * way back to who waits.  Only for refresh*.c and engine.c.
 *
 * Order: every refresh gets a number when it starts.  A record remembers the number of the refresh
 * that told its newest facts (container::seen), a removed record leaves a note for as long as a
 * refresh from before is under way, and lists that are replaced as a whole remember one number
 * each.  So an older answer, however late, never overwrites a newer one.
 */
#pragma once

#include "cluster/refresh.h"

enum object_kind {
	OBJECT_IMAGES,
	OBJECT_NETWORKS,
	OBJECT_VOLUMES,
	OBJECT_KINDS,
};

struct removal {
	char id[65];
	uint64_t order;
};

struct refresh_log {
	uint64_t order;           /* last number given */
	struct list jobs;         /* refresh_state::link, oldest first */
	struct removal *removals; /* owned */
	size_t removals_count, removals_cap;
	uint64_t objects_seen[OBJECT_KINDS];
};

struct refresh_log *refresh_log_create(void);
void refresh_log_destroy(struct refresh_log *log);
/* A container is no longer there. */
void refresh_log_removal(struct refresh_log *log, const char *id);
/* Removed after the refresh with this number began? */
bool refresh_log_removed_since(const struct refresh_log *log, const char *id, uint64_t order);

/* First member of the struct of each kind of refresh. */
struct refresh_state {
	struct task task;
	struct refresh *refresh; /* where the outcome goes; the owner is the waiting task */
	struct engine *engine;   /* counted */
	struct task *waiter;     /* borrowed */
	uint64_t order;
	struct list link;                           /* refresh_log::jobs */
	void (*destroy)(struct refresh_state *job); /* frees what the kind holds, and the memory */
};

void refresh_begin(struct refresh *r, struct refresh_state *job, struct engine *e,
	struct task *waiter, const struct task_step *first,
	void (*destroy)(struct refresh_state *job));
/* For the end of a step: nothing was learnt because of err (moved). */
enum task_turn refresh_fail(struct refresh_state *job, struct error *err);
/* GET; the answer is JSON. */
void refresh_ask(struct refresh_state *job, struct call *call, const char *fmt, ...)
	printf_like(3, 4);
/* True when the finished call brought JSON. */
bool refresh_check(struct refresh_state *job, const struct call *call, struct error *err);
/* The same, and reports the outcome to the engine. */
bool refresh_answer(struct refresh_state *job, const struct call *call, struct error *err);
/* The record may be changed by what this refresh learnt. */
bool refresh_is_newest(const struct refresh_state *job, const struct container *c);
