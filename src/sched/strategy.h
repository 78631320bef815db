/*
 * sched/strategy.h - which of the nodes that fit is best.
 *
 * Private to this floor.
 */
#pragma once

#include "sched/sched.h"
#include "sched/wish.h"

/* Lower is better: by weight, then by containers, then by chance. */
struct standing {
	int64_t weight;
	int64_t containers;
};

struct strategy {
	const char *name;
	const char *alias; /* NULL: none */
	struct standing (*judge)(const struct wish *w, const struct node *n);
};

/* All there are, the default first; ends with NULL. */
extern const struct strategy *const strategies[];

extern const struct strategy strategy_spread, strategy_binpack, strategy_random;

/* What is used and what is asked for together do not exceed the total; no request always fits. */
bool strategy_fits_cpus(const struct wish *w, const struct node *n);
bool strategy_fits_memory(const struct wish *w, const struct node *n);

/* One percent in a weight. */
#define WEIGHT_SCALE INT64_C(1000000)

/*
 * How full the node would be: percent of CPUs plus percent of memory, 100 for what is not asked for
 * at all, and health_factor for every percent of health; times WEIGHT_SCALE.  For nodes that fit.
 */
int64_t strategy_weight(const struct wish *w, const struct node *n, int health_factor);
