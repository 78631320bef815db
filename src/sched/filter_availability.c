/*
 * sched/filter_availability.c - what an operator has paused or drained takes nothing new.
 *
 * Always asked, whatever filters are configured, and last: who reads that it refused a node knows
 * that nothing else stood in the way.
 */
#include "base/mem.h"
#include "sched/filter.h"

static bool is_active(const struct node *n, const void *arg maybe_unused)
{
	return n->availability == AVAILABILITY_ACTIVE;
}

static size_t narrow(const struct round *r maybe_unused, struct node **nodes, size_t count)
{
	return filter_keep(nodes, count, is_active, NULL);
}

static void explain(const struct round *r, struct strv *reasons)
{
	enum { NAMED_MAX = 8 };
	size_t named = 0;

	for (size_t i = 0; i < r->count && named < NAMED_MAX; i++) {
		const struct node *n = &r->nodes[i];

		if (is_active(n, NULL))
			continue;
		named++;
		strv_take(reasons, xasprintf("availability of node %s is %s: docker node update "
					     "--availability active %s",
					   n->name, availability_text(n->availability), n->name));
	}
}

const struct filter filter_availability = {
	.name = "availability",
	.narrow = narrow,
	.explain = explain,
};
