/*
 * manager/reschedule.h - containers of a node that failed are made anew on others.
 *
 * Only those that asked for it (policy on-node-failure), running or not, the most important first.
 * The promise is at least one copy: a node that is cut off and still works has a second one until
 * it returns, when retire.h removes the old.
 *
 * Nothing moves when more than half of the nodes are out of reach, as then it is more likely we
 * that are cut off; nor within a detection time after the start or a change of the leader.  A node
 * is asked once more before each container.  One that was taken out of discovery while it answered
 * has not failed.  Named volumes do not move, and a container with one waits for its node.
 */
#pragma once

#include "base/util.h"

struct manager;
struct reschedule;

struct reschedule *reschedule_create(struct manager *m) must_check;
/* Before the manager's end.  NULL is fine. */
void reschedule_destroy(struct reschedule *rs);
