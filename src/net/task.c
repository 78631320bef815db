/* net/task.c - the turns of a task, and its timer. */
#include "net/task.h"

#include <assert.h>
#include <stddef.h>

static void handle_wake(struct deferred *d);

static void handle_deadline(struct timer *timer)
{
	struct task *t = container_of(timer, struct task, deadline);

	t->timed_out = true;
	task_wake(t);
}

void task_init(struct task *t, struct loop *loop, const struct task_step *first,
	void (*done)(struct task *t))
{
	*t = (struct task){ .loop = loop, .step = first, .done = done };
	deferred_init(&t->wake, handle_wake);
	timer_init(&t->deadline, loop, handle_deadline);
}

void task_start(struct task *t)
{
	assert(t->step);
	task_wake(t);
}

void task_wake(struct task *t)
{
	if (t && t->step)
		loop_defer(t->loop, &t->wake);
}

void task_finish(struct task *t)
{
	if (!t->loop)
		return;
	if (t->finished)
		*t->finished = true;
	t->finished = NULL;
	t->step = NULL;
	t->until = NULL;
	deferred_cancel(&t->wake);
	timer_stop(&t->deadline);
}

/* False when a step has finished the task: its memory may be gone. */
static bool run_steps(struct task *t, enum task_turn *ret_turn)
{
	bool finished = false;

	t->finished = &finished; /* cppcheck-suppress autoVariables; taken back before it ends */
	do {
		assert(t->step);
		loop_mark(t->loop, t->step->name);
		*ret_turn = t->step->run(t);
	} while (!finished && *ret_turn == TASK_GO);
	if (finished)
		return false;
	t->finished = NULL;
	return true;
}

static void handle_wake(struct deferred *d)
{
	struct task *t = container_of(d, struct task, wake);
	void (*done)(struct task * t);
	enum task_turn turn;

	/* This is a good place to be paranoid: no step runs that nobody asked for. */
	assert(t->loop && t->step && !t->finished);
	if (t->until && !*t->until && !t->timed_out)
		return; /* an early wake: the wait goes on, and its deadline */
	/* Whatever woke it, the wait is over and so is its deadline. */
	t->until = NULL;
	timer_stop(&t->deadline);
	if (!run_steps(t, &turn))
		return;
	if (turn == TASK_WAIT) {
		/* A deadline that this step set has not passed yet. */
		t->timed_out = false;
		return;
	}
	done = t->done;
	task_finish(t);
	if (done)
		done(t);
}

enum task_turn task_yield(struct task *t, const struct task_step *next)
{
	loop_defer_behind(t->loop, &t->wake);
	return task_wait(t, next);
}

enum task_turn task_wait_ms(struct task *t, const struct task_step *next, int64_t ms)
{
	timer_start(&t->deadline, ms);
	return task_wait(t, next);
}

enum task_turn task_wait_for_ms(
	struct task *t, const bool *until, const struct task_step *next, int64_t ms)
{
	t->until = until;
	return task_wait_ms(t, next, ms);
}
