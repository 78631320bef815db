/*
 * cluster/refresh.h - fetch a part of an engine's state and put it into the record.
 *
 * A refresh is embedded in the task that waits for it.  It holds a reference to the engine, has
 * deadlines, and reports its calls' outcomes to the engine.  Concurrent refreshes of one container
 * are ordered by their start: an older answer never overwrites a newer one.
 */
#pragma once

#include "cluster/engine.h"
#include "net/task.h"

struct refresh {
	bool done;
	struct error err; /* why nothing was learnt; a vanished container is not an error */
	struct refresh_state *state; /* private */
};

/*
 * Each starts anew; `r` is zeroed memory, or was used before (what was under way is cancelled).
 * The waiter is woken when `done`.
 */

/* One container: list entry and inspect, at once.  Gone on the engine: the record is removed. */
void refresh_container(
	struct refresh *r, struct engine *e, const char *container_id, struct task *waiter);
/* All containers: the list, and inspect for every one that is new or whose list state differs from
 * the record. */
void refresh_containers(struct refresh *r, struct engine *e, struct task *waiter);
void refresh_images(struct refresh *r, struct engine *e, struct task *waiter);
void refresh_networks(struct refresh *r, struct engine *e, struct task *waiter);
void refresh_volumes(struct refresh *r, struct engine *e, struct task *waiter);
/* /version and /info: range, id, resources, labels, clock.  Fails with what keeps it from being
 * a member, also when the ranges of API versions do not meet.  A validated engine
 * that shows another id goes back to pending, and the refresh fails. */
void refresh_specs(struct refresh *r, struct engine *e, struct task *waiter);
/* Cancels when under way; zeroed memory is fine. */
void refresh_finish(struct refresh *r);
