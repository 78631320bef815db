/*
 * sched/sched_private.h - what sched.c and explain.c share.
 */
#pragma once

#include "sched/filter.h"
#include "sched/sched.h"

struct sched {
	const struct strategy *strategy;
	const struct filter **chain; /* owned */
	size_t chain_count;
	uint64_t seed;                 /* state of the generator */
	struct together_key *together; /* owned */
	size_t together_count;
	bool volumes_everywhere;

	/* Scratch for one decision, and what came of the latest; all owned. */
	size_t *refused; /* by filter of the chain */
	struct node **nodes;
	size_t cap; /* of nodes */
	size_t asked, no_room, fitting, preferred;
};

/* A decision about these nodes; makes room for its scratch. */
struct round sched_round(
	struct sched *s, const struct wish *w, const struct node *nodes, size_t count);
/* "\nnearest is node-1, refused by constraint alone": of nodes of which some lack more than others;
 * nothing when all lack as much. */
void sched_write_nearest(const struct sched *s, const struct round *r, struct strbuf *sb);
