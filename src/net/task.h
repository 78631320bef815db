/*
 * net/task.h - work that takes several turns of the loop.
 *
 * A task is embedded in the struct that holds its data.  It is a sequence of named steps; each
 * runs to its end, and says what comes next.  Whatever a task waits for (a call, a dial, an
 * exchange) lands in memory that the task owns, and the end of every wait is the same: the task
 * is woken and runs the step it named.  A wait names its condition (task_wait_for), and the step
 * runs when that holds; after a plain task_wait it must look at what it finds: wakes can be early.
 *
 * Nothing runs inside task_start or task_wake: steps run at the end of the turn.
 * Cancelling is destroying: after task_finish no step runs any more.  A step may even finish and
 * free its own task; it then returns TASK_WAIT.
 */
#pragma once

#include "net/loop.h"

struct task;

enum task_turn {
	TASK_WAIT, /* until woken, or until the deadline */
	TASK_GO,   /* run the next step now */
	TASK_DONE, /* `done` is called, once; it may free the task */
};

struct task_step {
	const char *name; /* for logs */
	enum task_turn (*run)(struct task *t);
};

/* STEP(create_answered) declares the step's function, and create_answered_step for task_go and the
 * waits. */
#define STEP(function)                                                                             \
	static enum task_turn function(struct task *t);                                            \
	static const struct task_step function##_step = { .name = #function, .run = function }

struct task {
	struct loop *loop;
	const struct task_step *step;
	void (*done)(struct task *t); /* may be NULL */
	struct deferred wake;
	struct timer deadline;
	const bool *until; /* what task_wait_for waits for; borrowed from the task's owner; NULL */
	bool timed_out;    /* the wait ended because of its deadline; reset by the next wait */
	bool *finished;    /* private: tells the running step's caller that the task is gone */
};

void task_init(struct task *t, struct loop *loop, const struct task_step *first,
	void (*done)(struct task *t));
/* Run the first step at the end of this turn. */
void task_start(struct task *t);
/* Run the current step at the end of this turn; NULL, finished or already woken is fine. */
void task_wake(struct task *t);
/* Forget all wakes and deadlines.  Any number of times; also from inside a step (which then returns
 * TASK_WAIT). */
void task_finish(struct task *t);

/* For the end of a step. */
static inline enum task_turn task_go(struct task *t, const struct task_step *next)
{
	t->step = next;
	return TASK_GO;
}
/* Until woken, whatever for.  Every wait has a deadline or a comment why not. */
static inline enum task_turn task_wait(struct task *t, const struct task_step *next)
{
	t->step = next;
	return TASK_WAIT;
}
/* Until woken when *until (in memory that lives as long as the task) is true.  What sets it has
 * deadlines of its own. */
static inline enum task_turn task_wait_for(
	struct task *t, const bool *until, const struct task_step *next)
{
	t->until = until;
	return task_wait(t, next);
}
/* For long work, between its pieces: everybody goes first who has something short to do. */
enum task_turn task_yield(struct task *t, const struct task_step *next);
/* Wait, but at most ms; then `timed_out` is set and the step runs. */
enum task_turn task_wait_ms(struct task *t, const struct task_step *next, int64_t ms);
/* Both: the step runs when *until is true, or when ms have passed. */
enum task_turn task_wait_for_ms(
	struct task *t, const bool *until, const struct task_step *next, int64_t ms);
