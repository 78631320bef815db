/*
 * cluster/past.h - what happened on engines before this manager followed them.
 *
 * Engines remember their newest events (Docker 256).  They are asked for them when somebody wants
 * to know, each once, a few at a time, and what they say goes into the journal.  So it does not
 * matter to a client that another manager led at that time, or that this one has just started.
 */
#pragma once

#include "cluster/cluster.h"
#include "net/task.h"

struct past;

struct past *past_create(struct cluster *cluster) must_check;
/* NULL is fine; before the cluster. */
void past_destroy(struct past *p);

/* Embedded in who waits; zeroed memory waits for nothing. */
struct past_wait {
	struct list link; /* private */
	bool listed;      /* private */
	struct task *waiter;
	bool done; /* all that were to be asked have answered, or failed */
};

/* Asks those healthy engines that have not been asked yet.  False: all have answered, and w is not
 * begun.  Every question has a deadline. */
bool past_ask(struct past *p, struct past_wait *w, struct task *waiter);
/* Any number of times. */
void past_wait_finish(struct past_wait *w);
