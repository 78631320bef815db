/*
 * manager/candidates.h - which containers are to be made anew, the most important first.
 *
 * Those of nodes that failed before this manager's eyes, by their records, and those that are only
 * kept (desired.h).
 */
#pragma once

#include "manager/desired.h"
#include "manager/manager.h"

struct candidate {
	int64_t priority;
	struct container *record;        /* borrowed; NULL: only kept */
	const struct desired_lost *kept; /* borrowed */
};

struct candidates {
	struct candidate *items; /* owned; what they borrow lives until the loop turns */
	size_t count, cap;
	struct desired_lost *kept; /* owned */
};

#define auto_candidates __attribute__((cleanup(candidates_finish)))

void candidates_collect(struct candidates *cs, const struct manager *m);
void candidates_finish(struct candidates *cs);
const char *candidate_id(const struct candidate *c);

/* It ran when its node was last heard, or had ended just before: a daemon that is stopped, as when
 * its machine is shut down, stops its containers first and tells of it. */
bool candidate_ran(const struct container *c);
/* It is promised one copy at most, and its node may still run that. */
bool candidate_must_stay(const struct container *c);
