/* manager/candidates.c - records of nodes that failed, what is kept, and their order. */
#include "manager/candidates.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "docker/policy.h"

/* So long a daemon that is stopped waits for its containers, unless it was told otherwise. */
#define SHUTDOWN_NS (15 * NS_PER_S)

bool candidate_must_stay(const struct container *c)
{
	return !c->engine->lost && policy_of(&c->labels) == POLICY_AT_MOST_ONCE;
}

bool candidate_ran(const struct container *c)
{
	int64_t silent_ms = clock_mono_ms() - c->engine->heard_ms;
	int64_t heard_ns = clock_wall_ns() - silent_ms * (NS_PER_S / 1000);

	return container_is_running(c) || (c->state == CONTAINER_EXITED && c->finished_ns > 0 &&
						  c->finished_ns >= heard_ns - SHUTDOWN_NS);
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
