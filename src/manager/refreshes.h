/*
 * manager/refreshes.h - several refreshes that one task waits for.
 *
 * Lives in that task; zeroed memory is an empty set that is done.
 */
#pragma once

#include "cluster/refresh.h"

struct refreshes {
	struct refresh *items; /* owned; they may not move */
	size_t count, room;
};

/* Cancels what is there, and makes room for so many. */
void refreshes_init(struct refreshes *r, size_t room);
/* The next one, to be started by the caller with one of the functions of cluster/refresh.h. */
struct refresh *refreshes_next(struct refreshes *r);
bool refreshes_done(const struct refreshes *r);
/* Cancels, frees, leaves zeroed memory. */
void refreshes_finish(struct refreshes *r);
