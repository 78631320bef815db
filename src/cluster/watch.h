/*
 * cluster/watch.h - the event stream of an engine.
 *
 * Events are taken in order.  Each one first has its effect on the record (a refresh of what it
 * names, an exec remembered, a record removed) and then goes to the bus.  A refresh covers all
 * events about the same thing that had come when it started.  The queue is bounded: when it runs
 * over, all that waits is told at once, and a reconcile takes the place of its effects.
 *
 * After a break the stream resumes a little before the last event, because engines do not write
 * theirs down in the order of their times; what was seen already is dropped, by what it says.  The
 * times are the engine's, which may be wrong: nothing is asked for from the future, and only what
 * comes soon is taken for a replay.
 */
#pragma once

#include "cluster/engine.h"
#include "cluster/refresh.h"
#include "cluster/watch_queue.h"
#include "net/lines.h"
#include "net/task.h"

enum watch_state {
	WATCH_CLOSED, /* or broken: `err` says why */
	WATCH_OPENING,
	WATCH_OPEN,
};

enum { WATCH_SEEN_MAX = 256 }; /* as an engine remembers */

struct watch;

/* Called from the stream's own task; watch_finish is not allowed within. */
struct watch_ops {
	void (*handle_break)(struct watch *w);    /* an open stream is closed, `err` says why */
	void (*handle_overflow)(struct watch *w); /* events were thrown away */
	void (*handle_reload)(struct watch *w);   /* labels, resources may have changed */
};

struct watch {
	struct engine *engine; /* borrowed: owns the monitor, which owns us */
	struct task *monitor;  /* borrowed; woken when the state changes */
	const struct watch_ops *ops;
	enum watch_state state;
	struct error err;
	struct task task;
	struct call call;
	struct lines lines;

	struct watch_queue queue;
	struct refresh refresh; /* for the event at the head of the queue */
	bool refreshing;

	int64_t last_ns;     /* of the newest event seen, or of the first opening, by the engine's
				clock; 0: never opened */
	int64_t followed_ns; /* of that opening, likewise */
	int64_t opened_ms;   /* monotonic */
	int64_t refused_ms;  /* monotonic; a head that opens nothing came; 0: none */
	uint32_t breaks;     /* in a row, each soon after it was opened */
	uint64_t *seen;      /* keys of the newest events, a ring; owned */
	size_t seen_count, seen_cap, seen_at;
	uint64_t *expected; /* of those, what a replay has not brought again yet; owned */
	size_t expected_count;
};

void watch_init(
	struct watch *w, struct engine *e, struct task *monitor, const struct watch_ops *ops);
/* Ends everything and forgets where it was. */
void watch_finish(struct watch *w);
/* From closed. */
void watch_open(struct watch *w);
/* The engine is a member now: what has come may be worked off. */
void watch_wake(struct watch *w);
