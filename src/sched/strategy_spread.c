/* sched/strategy_spread.c - the emptiest node first; a failure weighs more than any load. */
#include "sched/strategy.h"

static struct standing judge(const struct wish *w, const struct node *n)
{
	return (struct standing){
		.weight = strategy_weight(w, n, -10),
		.containers = (int64_t)n->containers_count,
	};
}

const struct strategy strategy_spread = { .name = "spread", .judge = judge };
