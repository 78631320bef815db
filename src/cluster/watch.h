/*
 * cluster/watch.h - the event stream of an engine.
 *
 * Events are taken in order.  Each one first has its effect on the record (a refresh of what it
 * names, an exec remembered, a record removed) and then goes to the bus.  A refresh covers all
 * events about the same thing that had come when it started.  The queue is bounded: when it runs
 * over it is thrown away, and a reconcile takes its place.
 *
 * After a break the stream resumes with `since` the last event; what was seen already is dropped.
 * The engine's clock tells that, so only what comes soon is taken for a replay: a clock that was
 * set back must not hide what happens from now on.
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

enum { WATCH_SEEN_MAX = 16 };

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

	int64_t last_ns;               /* newest event seen, by the engine's clock; 0: none */
	int64_t resume_ns;             /* replay: events up to here may have been seen; 0: live */
	int64_t opened_ms;             /* monotonic */
	int64_t refused_ms;            /* monotonic; a head that opens nothing came; 0: none */
	uint32_t breaks;               /* in a row, each soon after it was opened */
	uint64_t seen[WATCH_SEEN_MAX]; /* hashes of events at last_ns */
	size_t seen_count;
};

void watch_init(
	struct watch *w, struct engine *e, struct task *monitor, const struct watch_ops *ops);
/* Ends everything and forgets where it was. */
void watch_finish(struct watch *w);
/* From closed. */
void watch_open(struct watch *w);
/* The engine is a member now: what has come may be worked off. */
void watch_wake(struct watch *w);
