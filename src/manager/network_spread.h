/*
 * manager/network_spread.h - one more instance of a network that spreads (docker/objects.h), on an
 * engine where a container of it shall be.
 *
 * Embedded in the task that waits; the waiter is woken when `done`, and then the engine's record
 * has the instance or err says why not.  Two who want the same instance get one.
 */
#pragma once

#include "base/strv.h"
#include "cluster/refresh.h"
#include "docker/translate.h"
#include "manager/manager.h"

struct network_spread {
	bool done;
	struct error err;

	struct task task;        /* private, as all below */
	struct task *waiter;     /* borrowed */
	struct manager *manager; /* borrowed */
	struct list link;        /* manager->network_spreads */
	struct engine *engine;   /* counted */
	char *logical_id, *body; /* owned */
	struct translate_need need;
	bool asking; /* the engine; others wait for this one */
	struct call call;
	struct refresh refresh;
};

/* What an engine must be able to do to have an instance of it, which spreads: one that does not
 * know a word of how the first was made would make another network. */
struct translate_need network_spread_need(const struct network *n);

/* s is zeroed memory.  An engine that cannot have an instance is not asked: err says why. */
void network_spread_start(struct network_spread *s, struct manager *m, struct engine *e,
	const struct network *n, struct task *waiter);
/* Cancels when under way, frees, leaves zeroed memory.  Zeroed memory is fine. */
void network_spread_finish(struct network_spread *s);

/* When the network has containers on other nodes: a sentence that one on e will not reach them.
 * Once in ret. */
void network_spread_warn(const struct engine *e, const struct network *n, struct strv *ret);
