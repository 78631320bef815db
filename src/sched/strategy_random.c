/*
 * sched/strategy_random.c - every order of the nodes that have room is equally likely: all stand
 * alike, and chance decides.
 */
#include "sched/strategy.h"

static struct standing judge(const struct wish *w maybe_unused, const struct node *n maybe_unused)
{
	return (struct standing){ 0 };
}

const struct strategy strategy_random = { .name = "random", .judge = judge };
