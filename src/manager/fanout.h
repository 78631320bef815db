/*
 * manager/fanout.h - the same question to many engines at once.
 *
 * Lives in the task that waits; the waiter is woken as answers come and looks at fanout_done.
 * Engines that are not healthy are not asked.
 */
#pragma once

#include "base/strv.h"
#include "cluster/cluster.h"

/*
 * Answers in JSON that are not held in their calls, but taken as they come, each of 64 MiB at most
 * and in slices: what takes them.
 */
struct fanout_reader {
	const char *const *open; /* for json_pieces.h */
	/* A piece of the answer of items[i].  False with err: then that is what the engine said. */
	bool (*take)(void *arg, size_t i, const struct json_piece *piece, struct error *err);
	size_t (*bytes)(const void *arg); /* that arg holds of them; NULL: not worth counting */
	void (*finish)(void *arg);        /* with the fan-out; NULL: arg lives longer */
};

struct fanout_item {
	struct engine *engine; /* counted */
	struct call call;
	struct error err;          /* set once done and the answer is no success */
	bool counted;              /* done, and reported to the engine */
	struct json_pieces pieces; /* with a reader */
};

struct fanout {
	struct fanout_item *items; /* owned */
	size_t count, cap, sent, pending;
	size_t at_once; /* calls under way; 0: all */
	size_t checked; /* before it all are counted */
	size_t bytes;   /* of the answers that are counted */
	bool sends_all;
	const struct fanout_reader *reader; /* static; NULL: calls hold their answers */
	void *reader_arg;
	struct task *waiter; /* borrowed */
};

/* Adds an engine, or all healthy ones; then the caller fills each item's call (remote_call_init)
 * and sends. */
struct fanout_item *fanout_add(struct fanout *f, struct engine *e);
void fanout_add_healthy(struct fanout *f, struct cluster *cluster);
void fanout_send(struct fanout *f, struct task *waiter);
/* Only the next one. */
void fanout_send_next(struct fanout *f, struct task *waiter);
/* To be called before that. */
void fanout_read(struct fanout *f, const struct fanout_reader *reader, void *arg);
/* All answers to what was sent are in; outcomes have been reported to the engines. */
bool fanout_done(struct fanout *f);
/* The answer is a success, and has not just been taken for one. */
bool fanout_item_succeeded(const struct fanout_item *item);
/*
 * Did all succeed, when all are done?  Otherwise err has a line "node: error" for each that failed,
 * the lines of `more` (may be NULL) behind them, and where it did succeed: a line "node: done" for
 * each, or one for all when `done` is NULL.  The status is that of the engines that refused, where
 * they agree, and the greatest of several refusals is a conflict; that there was no such thing
 * counts least.  What all refuse in the same words is told in these (fanout_refusal).
 */
bool fanout_check(
	const struct fanout *f, const struct strv *more, const char *done, struct error *err);
/* What all engines that were asked say, if they refuse in the same words; NULL. */
const struct error *fanout_refusal(const struct fanout *f);
/* Done, and the engine said something, be it a refusal: it is there, and may be asked again. */
bool fanout_item_answered(const struct fanout_item *item);
/* Memory of the answers that are there. */
size_t fanout_bytes(const struct fanout *f);
void fanout_finish(struct fanout *f);
