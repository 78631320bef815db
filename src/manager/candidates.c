/* manager/candidates.c - records of nodes that failed, what is kept, and their order. */
#include "manager/candidates.h"

#include <stdlib.h>

#include "base/mem.h"
#include "docker/policy.h"

bool candidate_must_stay(const struct container *c)
{
	return !c->engine->lost && policy_of(&c->labels) == POLICY_AT_MOST_ONCE;
}

const char *candidate_id(const struct candidate *c)
{
	return c->record ? c->record->id : c->kept->id;
}

static bool must_move(const struct container *c)
{
	return c->state != CONTAINER_PENDING && c->blueprint && *container_name(c) &&
	       !candidate_must_stay(c);
}

static void add(struct candidates *cs, const struct candidate *one)
{
	array_reserve(cs->items, cs->count, cs->cap);
	cs->items[cs->count++] = *one;
}

static void add_record(struct candidates *cs, struct container *c)
{
	add(cs, &(struct candidate){ .priority = policy_priority(&c->labels), .record = c });
}

static int compare(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;

	return (a->priority < b->priority) - (a->priority > b->priority);
}

void candidates_collect(struct candidates *cs, const struct manager *m)
{
	size_t kept;
	struct engine *e;

	cs->kept = desired_list_lost(m->desired, &kept);
	for (size_t i = 0; i < kept; i++)
		add(cs, &(struct candidate){
				.priority = cs->kept[i].priority, .kept = &cs->kept[i] });
	cluster_each (e, m->cluster, CLUSTER_VALIDATED) {
		for (size_t i = 0; e->state == ENGINE_UNHEALTHY && i < e->containers_count; i++) {
			if (must_move(e->containers[i]))
				add_record(cs, e->containers[i]);
		}
	}
	if (cs->count)
		qsort(cs->items, cs->count, sizeof(*cs->items), compare);
}

void candidates_finish(struct candidates *cs)
{
	free(cs->items);
	free(cs->kept);
}
