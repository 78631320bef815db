/*
 * net/task.h - work that takes several turns of the loop.
 *
 * A task is embedded in the struct that holds its data.  It is a sequence of named steps; each
 * runs to its end, and says what comes next.  Whatever a task waits for (a call, a dial, an
 * exchange) lands in memory that the task owns, and the end of every wait is the same: the task
 * is woken and runs the step it named.  A step must look at what it finds: wakes can be early.
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

/* STEP(create_step_answer, create_answer) declares a step with its name. */
#define TASK_STEP(step, function)                                                                  \
	static const struct task_step step = { .name = #function, .run = function }

struct task {
	struct loop *loop;
	const struct task_step *step;
	void (*done)(struct task *t); /* may be NULL */
	struct deferred wake;
	struct timer deadline;
	bool timed_out; /* the wait ended because of its deadline; reset by the next wait */
	bool *finished; /* private: tells the running step's caller that the task is gone */
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
/* Every wait has a deadline or a comment why not. */
static inline enum task_turn task_wait(struct task *t, const struct task_step *next)
{
	t->step = next;
	return TASK_WAIT;
}
/* Wait, but at most ms; then `timed_out` is set and the step runs. */
enum task_turn task_wait_ms(struct task *t, const struct task_step *next, int64_t ms);
