/*
 * manager/hold.h - when no container is made anew, whatever it asked for.
 */
#pragma once

#include "manager/manager.h"

enum hold {
	HOLD_NOTHING,
	HOLD_NOT_LEADING,
	HOLD_SETTLING, /* it has just started, or begun to lead, and may not see all yet */
	HOLD_SHARE,    /* so many nodes are out of reach that it is more likely this manager */
};

struct outage {
	size_t gone, all; /* nodes, those that were declared lost left out */
};

/* ret: filled with HOLD_NOTHING and HOLD_SHARE only; NULL is fine. */
enum hold hold_now(const struct manager *m, struct outage *ret);
/* A detection time has passed since the start or the change of the leader. */
bool hold_has_settled(const struct manager *m);
