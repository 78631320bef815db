/*
 * manager/fence.h - a program of the operator's that proves that a node is gone.
 *
 * Of containers that are promised one copy at most none is made anew before somebody says that
 * their node runs nothing any more.  A program can be that somebody: it switches the machine off,
 * or takes its disk away, and ends with status 0 when that is certain.  It is run for one node at a
 * time, only while containers may move at all, and after the node was asked once more.
 */
#pragma once

#include "base/error.h"
#include "manager/reschedule.h"

struct fence;
struct manager;

/* Whether it can be run; NULL: there is none, which is fine. */
bool fence_check(const char *command, struct error *err);
/* command: its path; copied.  reschedule outlives it. */
struct fence *fence_create(
	struct manager *m, struct reschedule *rs, const char *command) must_check;
/* A run that is under way is ended.  NULL is fine. */
void fence_destroy(struct fence *f);
