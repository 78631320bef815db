/*
 * manager/knock.h - is anybody at an engine's address?  Asked at the last moment.
 *
 * Any answer is one, whatever it says: what runs there is not known to be dead.
 */
#pragma once

#include "cluster/cluster.h"

enum { KNOCK_TIMEOUT_MS = 2 * 1000 };

struct knock {
	struct call call;
	struct endpoint *endpoint; /* owned; NULL: the engine's own was used */
};

/* engine NULL: none of the members is there.  The task is woken when call.done; an address that is
 * none is done at once. */
void knock_send(struct knock *k, struct cluster *cluster, struct engine *engine,
	const char *address, struct task *t);
bool knock_was_answered(const struct knock *k);
/* Any number of times, also when zeroed. */
void knock_finish(struct knock *k);
