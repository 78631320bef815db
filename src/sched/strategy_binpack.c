/*
 * sched/strategy_binpack.c - the fullest node first, so that large requests find room on the
 * others.
 */
#include "sched/strategy.h"

static struct standing judge(const struct wish *w, const struct node *n)
{
	return (struct standing){
		.weight = -strategy_weight(w, n, 10),
		.containers = -(int64_t)n->containers_count,
	};
}

const struct strategy strategy_binpack = {
	.name = "binpack",
	.alias = "binpacking",
	.judge = judge,
};
