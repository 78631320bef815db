/*
 * manager/waiting.h - why a container has not come back.
 */
#pragma once

#include "manager/manager.h"

/* A sentence about a container of a node that does not answer, with what can be done about it;
 * caller frees.  NULL: its node answers. */
char *waiting_reason(const struct manager *m, const struct container *c) must_check;
/* An event for each container of this node, which has failed, that waits for somebody's word about
 * it; WAITING_TOLD_MAX at most. */
enum { WAITING_TOLD_MAX = 64 };
void waiting_tell(struct manager *m, struct engine *e);
