/* sched/filter_health.c - only healthy nodes take new work. */
#include "sched/filter.h"
#include "sched/node.h"

static bool is_healthy(const struct node *n, const void *arg maybe_unused)
{
	return node_is_healthy(n);
}

static size_t narrow(const struct round *r maybe_unused, struct node **nodes, size_t count)
{
	return filter_keep(nodes, count, is_healthy, NULL);
}

const struct filter filter_health = { .name = "health", .narrow = narrow };
