/*
 * sched/filter_slots.c - the node label `containerslots` says how many containers a node takes;
 * all states count, and reservations too.  A negative number is 0: the node takes none.  What is
 * no number is no limit.
 */
#include "base/intern.h"
#include "base/parse.h"
#include "sched/filter.h"
#include "sched/node.h"

static bool has_slot(const struct node *n, const void *arg maybe_unused)
{
	const char *label = node_label(n, intern_find("containerslots"));
	int64_t slots;

	if (!label || !parse_i64(label, &slots))
		return true;
	return slots > 0 && n->containers_count < (uint64_t)slots;
}

/* Networks, volumes and builds take no slot. */
static size_t narrow(const struct round *r, struct node **nodes, size_t count)
{
	return r->wish->is_container ? filter_keep(nodes, count, has_slot, NULL) : count;
}

static void list(const struct wish *w maybe_unused, struct strv *items)
{
	strv_add(items, "available container slots");
}

const struct filter filter_slots = {
	.name = "containerslots",
	.narrow = narrow,
	.list = list,
};
