/*
 * manager/reschedule.h - containers of a node that failed are made anew on others.
 *
 * Only those that asked for it (policy on-node-failure), running or not, the most important first.
 * At least one copy is promised, unless the container says otherwise: a node that is cut off and
 * still works has a second one until it returns, when retire.h removes the old.  Of those that are
 * promised one copy at most, none is made before somebody says that their node is lost
 * (desired_declare_lost).
 *
 * A node that this manager has seen fail is known by its records.  What was on one that failed
 * before is kept (desired.h), and comes back in the same way.
 *
 * Nothing moves when more than a share of the nodes (half) is out of reach, as then it is more
 * likely we that are cut off; nor within a detection time after the start or a change of the
 * leader.  A node is asked once more before each container.  One that was taken out of discovery
 * while it answered has not failed.  Named volumes do not move, and a container with one waits for
 * its node, unless its label says that it begins anew with fresh ones.
 */
#pragma once

#include <stdbool.h>

#include "base/util.h"

struct engine;
struct manager;
struct reschedule;

/* Of an unhealthy engine: those that stay away although they have a policy, because one copy at
 * most is promised and nobody has said that the engine is lost. */
size_t reschedule_count_waiting(const struct engine *e);

/* Now, by all that is said above of when nothing moves. */
bool reschedule_may_move(struct reschedule *rs);

struct reschedule *reschedule_create(struct manager *m) must_check;
/* Before the manager's end.  NULL is fine. */
void reschedule_destroy(struct reschedule *rs);
