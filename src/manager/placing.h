/*
 * manager/placing.h - where a container goes: one decision, for all that place one.
 *
 * A placing holds a container's configuration over all attempts to make it.  placing_choose decides
 * in one turn of the loop and changes nothing in the cluster, so that who only wants to know stops
 * there; placing_reserve makes the choice hold for those who choose next; placing_leave gives it up
 * again, and another choice may follow.  create -> choose, reserve, make, leave is all there is:
 * a failed attempt leaves nothing behind.
 *
 * Where engines mean different images by the name of its image, it goes to who has what was made
 * last; only if none of these fits, anywhere.
 *
 * What the configuration names is resolved once for each choice: "node/net" pins the container to
 * the node, a network that spreads gets its plain name, a container that is meant by its swarm id
 * or "node/name" the id that its engine knows.  The document says afterwards what the chosen engine
 * is to be told.
 */
#pragma once

#include "docker/config.h"
#include "docker/version.h"
#include "manager/manager.h"

/* A network that the container will be in. */
struct placing_network {
	char *name;                  /* as the engine is told; owned */
	char *node;                  /* the only one that has it, of "node/net"; owned; NULL: any */
	char *logical_id;            /* of one that spreads, as of the latest choice; owned; NULL */
	const struct network *meant; /* while choosing; borrowed; NULL */
	bool exists;                 /* some network has the name; while choosing */
};

struct placing {
	struct manager *manager;        /* borrowed */
	struct container_config config; /* owned; names in it change with each choice */
	struct api_version version;     /* of the client; 0.0: of nobody */

	/* The caller's, before a choice. */
	char *os;        /* of the image, as an engine has complained; owned; NULL */
	bool at_holders; /* only where the image is */

	/* The choice. */
	struct engine *engine;         /* counted; NULL: none */
	struct container *reservation; /* in the engine's list; NULL: not reserved */

	char *why; /* the choice, as sched_describe tells it; owned; NULL */

	struct wish *wish;                /* private; owned */
	struct placing_network *networks; /* private; owned */
	size_t networks_count;
	char replaces[65]; /* private; see placing_replace; "" for none */
	char *elsewhere;   /* private; the node of that one; owned; NULL */
};

/* Takes the config, which is then zeroed. */
void placing_init(struct placing *p, struct manager *m, struct container_config *config,
	struct api_version version);
/* Also when zeroed, and with a choice still held. */
void placing_finish(struct placing *p);
/* It comes in the place of this one, on another node: its name is free for it, and its node is
 * never chosen. */
void placing_replace(struct placing *p, const struct container *old);

/*
 * The best engine for it, now; *err says why there is none: ERROR_CONFLICT in the engine's words
 * when the name is taken, ERROR_INVALID for expressions that are none and for what the engine that
 * fits is too old for, ERROR_UNAVAILABLE with the scheduler's reasons.  Nothing must be chosen.
 */
bool placing_choose(struct placing *p, struct error *err) must_check;
/* What is to be said of each engine, after placing_choose, whatever came of it, and in the same
 * turn; in an array that the caller frees, as of manager_judge.  NULL: it came to no wish. */
struct sched_verdict *placing_judge(struct placing *p, size_t *ret_count) must_check;
/* Name, ports, networks, volumes and resources are held on the chosen engine, for the swarm id that
 * the container has from then on; and the manager remembers why it was chosen. */
void placing_reserve(struct placing *p);
/* Gives up choice and reservation, if there are any. */
void placing_leave(struct placing *p);

/* One of its networks that the chosen engine must be given an instance of first (network_spread.h);
 * borrowed; NULL: it has all. */
const struct network *placing_missing_network(const struct placing *p);
/* A sentence for each of its networks that has containers on other nodes, which it will not reach,
 * and for each of its ports that another node's container has at the manager's address, and for
 * an engine's socket that shows one node only, and where the image's name means an older one. */
void placing_warn(const struct placing *p, struct strv *ret);
