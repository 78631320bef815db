/*
 * discovery/guard.h - a second look before many members are dropped at once; for discovery/ only.
 *
 * Engines leave one by one.  When more than half of them, and at least two, are gone from one list
 * to the next, it is more likely that somebody deleted the folder, or that the store came back
 * without its data, than that so many hosts ended in the same moment; their agents will enter them
 * again.  Such members stay for a time of grace.  Members that are back by then were never away.
 *
 * Just after the source was away even a single missing member is held back: if the source has lost
 * its data, the others may only have been faster to enter themselves again.
 */
#pragma once

#include <stdint.h>

#include "base/strv.h"

struct guard_member {
	char *address;     /* owned */
	int64_t leaves_ms; /* monotonic; 0: in the list */
};

struct guard {
	int64_t grace_ms;
	int64_t distrust_until_ms;    /* monotonic */
	struct guard_member *members; /* owned */
	size_t count, cap;
};

void guard_init(struct guard *g, int64_t grace_ms);
void guard_finish(struct guard *g);
/* The list is now this one.  Returns how many members are newly held back. */
size_t guard_update(struct guard *g, const struct strv *list, int64_t now_ms);
/* The source was away, or tells another history: nobody is dropped at once for a time of grace. */
void guard_distrust(struct guard *g, int64_t now_ms);
/* Drop those whose time is over. */
void guard_expire(struct guard *g, int64_t now_ms);
/* The list, then the members that are held back; appended. */
void guard_list(const struct guard *g, struct strv *ret);
/* When the next one leaves; -1 when none is held back. */
int64_t guard_next_ms(const struct guard *g);
