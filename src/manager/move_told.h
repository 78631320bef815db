/*
 * manager/move_told.h - what the pool's events say of containers that move, or cannot.
 *
 *   reschedule         it is on another node now
 *   reschedule_failed  it could not be made there, or not be started, and is tried again
 *   reschedule_waits   it waits for its node
 *   reschedule_held    nothing moves at all: too many nodes are out of reach
 *   drain_leaves       it begins to leave a drained node
 *   drain_failed       it could not, and tries again
 */
#pragma once

#include "manager/manager.h"

struct move_told {
	const char *id;       /* of the container now; NULL: it has none */
	const char *name;     /* of the container */
	const char *old_id;   /* NULL: not another one */
	const char *from;     /* the node that it leaves or has left */
	struct engine *about; /* where it is, or was last; NULL: no engine of this manager */
	bool moved;           /* `about` is where it is now */
};

/* reason: NULL where there is nothing to say. */
void move_tell(
	struct manager *m, const char *action, const struct move_told *what, const char *reason);
/* Only when it is another reason than *told, which it becomes (owned by the caller; NULL at first).
 * True: it is. */
bool move_tell_reason(struct manager *m, const char *action, const struct move_told *what,
	const char *reason, char **told);
