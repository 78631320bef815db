/*
 * manager/refreshes.h - several refreshes that one task waits for.
 *
 * Lives in that task; zeroed memory is an empty set that is done.
 */
#pragma once

#include "cluster/refresh.h"
#include "manager/fanout.h"

struct refreshes {
	struct refresh *items; /* owned; they may not move */
	size_t count, room;
};

/* Cancels what is there, and makes room for so many. */
void refreshes_init(struct refreshes *r, size_t room);
/* The next one, to be started by the caller with one of the functions of cluster/refresh.h. */
struct refresh *refreshes_next(struct refreshes *r);
/*
 * Starts one, by a function of cluster/refresh.h, for each item of a fan-out that is done; also
 * where the engine refused, because it may have done a part.  Who did not answer is left out: it
 * would keep everybody waiting for its list.
 */
void refreshes_after(struct refreshes *r, const struct fanout *f,
	void (*start)(struct refresh *r, struct engine *e, struct task *waiter),
	struct task *waiter);
bool refreshes_done(const struct refreshes *r);
/* Cancels, frees, leaves zeroed memory. */
void refreshes_finish(struct refreshes *r);
