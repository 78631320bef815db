/*
 * manager/retire.h - the old copies of containers that were made anew elsewhere.
 *
 * A node that returns still has them.  Of containers with one swarm id on several healthy nodes the
 * one with the highest epoch label stays; the others are stopped and removed, their volumes kept.
 * While one runs, none that never ran stays for its epoch.  Of one epoch, made anew by two
 * managers, one that runs stays.  Copies that nobody made anew are nobody's to judge, and one id
 * twice is one container seen twice.  What is left over of one that was made anew and has been
 * removed since goes as well (desired.h).
 */
#pragma once

#include "cluster/refresh.h"
#include "manager/manager.h"
#include "manager/work.h"

/* So long the engine may take to stop it: its own time-out, and some. */
int64_t retire_stop_timeout_ms(const struct container *c);

/* Looks over all nodes, after reading the containers of this one, which is there (again); NULL: as
 * they are known. */
void retire_start(struct manager *m, struct engine *returned);
