/*
 * manager/network_spread.h - one more instance of a network that spreads (docker/objects.h), on an
 * engine where a container of it shall be.
 *
 * Embedded in the task that waits; the waiter is woken when `done`, and then the engine's record
 * has the instance or err says why not.  Two who want the same instance get one.
 */
#pragma once

#include "cluster/refresh.h"
#include "docker/config.h"
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

/* The network that `what` (name or id) means, when it spreads but has no instance on e; else
 * NULL. */
const struct network *network_spread_missing(struct engine *e, const char *what);
/* The first such of all that a container shall be in. */
const struct network *network_spread_missing_of(
	struct engine *e, const struct container_config *config);

/* What an engine must be able to do to have instances of all of them: one that does not know a word
 * of how the first was made would make another network. */
struct translate_need network_spread_need(
	struct cluster *cluster, const struct container_config *config);

/* s is zeroed memory.  An engine that cannot have an instance is not asked: err says why. */
void network_spread_start(struct network_spread *s, struct manager *m, struct engine *e,
	const struct network *n, struct task *waiter);
/* Cancels when under way, frees, leaves zeroed memory.  Zeroed memory is fine. */
void network_spread_finish(struct network_spread *s);

/* A sentence for each of the container's networks that has containers on other nodes, which one on
 * e will not reach. */
void network_spread_warn(
	const struct engine *e, const struct container_config *config, struct strv *ret);
