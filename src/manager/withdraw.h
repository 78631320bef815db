/*
 * manager/withdraw.h - before a container ends, those hear of it who send clients there.
 *
 * Embedded, zeroed, in the task that is about to stop a container.  The task waits until whoever
 * registers services has taken those of the container away, and goes on anyway when that takes too
 * long.  While the withdrawal lasts the container is not registered, whatever it does; after its
 * finish it counts as what its record says.
 */
#pragma once

#include "base/list.h"
#include "net/task.h"

struct container;
struct manager;

struct withdrawal {
	bool done;

	struct list link; /* manager::withdrawals; private */
	struct manager *manager;
	struct task *task;
	struct timer limit;
	char container_id[65];
	bool settled; /* taken away: only the time for clients to leave is waited for */
	/* The withdrawer's. */
	uint64_t moment;
	int64_t delay_ms;
};

enum { WITHDRAW_MS = 3 * 1000 }; /* so long is waited at most for a registry */

/* Embedded in who registers; manager::withdrawer. */
struct withdrawer {
	/* The container is not to be registered any more.  Calls withdrawal_settle, now or later.
	 */
	void (*handle_withdrawal)(
		struct withdrawer *w, struct withdrawal *s, const struct container *c);
	/* It has ended; the container may be registered. */
	void (*handle_end)(struct withdrawer *w, struct withdrawal *s);
};

/* The task is woken when s is done, which it may be at once. */
void withdrawal_start(
	struct withdrawal *s, struct manager *m, const struct container *c, struct task *t);
/* Any number of times; zeroed memory is fine. */
void withdrawal_finish(struct withdrawal *s);
/* For the withdrawer: it is done after so long. */
void withdrawal_settle(struct withdrawal *s, int64_t delay_ms);
bool withdrawal_covers(const struct manager *m, const char *container_id);
