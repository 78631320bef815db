/*
 * net/child.h - a program that runs beside the loop, for a bounded time.
 *
 * It is started without a shell, in a process group of its own, and ended with all that it has
 * started when its time is over or nobody wants it any more.  What it says goes to our stderr.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "net/task.h"

struct child {
	bool done;
	struct error err; /* owned; set unless it ended with status 0 */

	pid_t pid; /* private, as is all that follows; 0: none */
	int fd;
	struct event ended;
	struct timer limit;
	struct task *task;
	bool over; /* its time */
};

/* arguments: the program's path first; environment: "KEY=value" beside our own; both ended by NULL.
 * The task is woken when it is done, which it may be at once. */
void child_start(struct child *c, struct loop *loop, const char *const *arguments,
	const char *const *environment, int64_t limit_ms, struct task *t);
/* Any number of times, also when zeroed. */
void child_finish(struct child *c);
