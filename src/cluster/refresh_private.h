/*
 * cluster/refresh_private.h - what all refreshes share: a task of their own, their place in order,
 * the way back to who waits.  Only for refresh*.c.
 */
#pragma once

#include "cluster/refresh.h"
#include "cluster/refresh_log.h"

/* First member of the struct of each kind of refresh. */
struct refresh_state {
	struct task task;
	struct refresh *refresh;    /* where the outcome goes; the owner is the waiting task */
	struct engine *engine;      /* counted */
	struct task *waiter;        /* borrowed */
	struct refresh_place place; /* in the engine's log */
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
/* --- lists --- */

/* A list of an engine, read entry by entry as it comes; in the struct of a kind of refresh. */
struct refresh_list {
	struct call call;
	struct json_pieces pieces;
	const char *path;
	const char *opened[2]; /* the member that holds it, for pieces; none: the answer is it */
	size_t count;          /* of entries so far */
};

/* Path and member (NULL: none) are static texts. */
void refresh_ask_list(
	struct refresh_state *job, struct refresh_list *l, const char *path, const char *member);
/*
 * The next entry, lent until the next call.  MORE: the step runs again, when there is more or
 * because others must have their turn.  END or FAILED: the outcome has been reported to the engine.
 * null is an empty list.
 */
enum json_pieces_turn refresh_next_entry(
	struct refresh_state *job, struct refresh_list *l, yyjson_val **ret, struct error *err);
void refresh_list_finish(struct refresh_list *l);

/* The record may be changed by what this refresh learnt. */
bool refresh_is_newest(const struct refresh_state *job, const struct container *c);
