/*
 * net/loop.h - the one event loop of the process.
 *
 * A thin layer over libevent: timers, signals, and things to do at the end of the turn.
 * A "turn" is everything that happens between two looks at the kernel.
 */
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct loop;

struct loop *loop_create(void);
/* All objects on the loop must be gone; asserts that nothing is still deferred. */
void loop_destroy(struct loop *loop);
/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Runs one turn, waiting at most wait_ms for something to happen (tests). */
void loop_turn(struct loop *loop, int64_t wait_ms);
/*
 * For whoever looks why a turn was long: from here until the next mark or the end of the turn the
 * time is `name`'s (a static text).
 */
void loop_mark(struct loop *loop, const char *name);
/* For work that can rest at any point: the piece of work that runs has not yet used up what it may
 * take of a turn before others have theirs. */
bool loop_has_time(struct loop *loop);
struct event_base *loop_base(struct loop *loop);

/* Work for the end of this turn, or for the next when this one has taken its time; always in the
 * order in which it was deferred.  Queued at most once; runs after the event that queued it has
 * returned. */
struct deferred {
	struct list link;
	void (*run)(struct deferred *d);
};
void deferred_init(struct deferred *d, void (*run)(struct deferred *d));
void loop_defer(struct loop *loop, struct deferred *d);
/* The same for a piece of long work: it runs when nothing that is deferred otherwise is left, or
 * when that has taken its time of the turn.  So who asks for little waits for one piece of one long
 * work, not for one of each. */
void loop_defer_behind(struct loop *loop, struct deferred *d);
void deferred_cancel(struct deferred *d);
/* The same for what is likely to be needless, and may be late: within LOOP_LATER_MS, all of it
 * together. */
#define LOOP_LATER_MS 50
void loop_defer_later(struct loop *loop, struct deferred *d);
/* Call release(object) at the end of this turn: "close now, free later", for callers up the stack.
 */
void loop_release_later(struct loop *loop, void *object, void (*release)(void *object));
/* For what is large and is no longer seen by anybody: free_part is called while there is time, in
 * this turn and later ones, until it returns false, because it has freed the last part and the
 * object. */
void loop_free_slowly(struct loop *loop, void *object, bool (*free_part)(void *object));
/* The same for an array of so many items of this size: `finish` for each, then free. */
void loop_free_items(
	struct loop *loop, void *items, size_t count, size_t size, void (*finish)(void *item));
/* All that is left of these, now. */
void loop_free_rest(struct loop *loop);

/* A one-shot timer, embedded in its owner. */
struct timer {
	struct event event;
	void (*handle)(struct timer *t);
};
void timer_init(struct timer *t, struct loop *loop, void (*handle)(struct timer *t));
/* (Re)start; replaces an earlier time. */
void timer_start(struct timer *t, int64_t after_ms);
void timer_stop(struct timer *t);
bool timer_pending(const struct timer *t);

/* A signal handler that runs in the loop. */
struct loop_signal {
	struct event event;
	void (*handle)(struct loop_signal *s);
	int number;
};
void loop_signal_start(struct loop_signal *s, struct loop *loop, int number,
	void (*handle)(struct loop_signal *s));
/* From now on the signal does nothing: it must not cut a process short that is ending in order. */
void loop_signal_stop(struct loop_signal *s);
