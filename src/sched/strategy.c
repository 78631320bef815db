/* sched/strategy.c - what the strategies share. */
#include "sched/strategy.h"

const struct strategy *const strategies[] = {
	&strategy_spread,
	&strategy_binpack,
	&strategy_random,
	NULL,
};

/* Used can exceed total, when overcommit was lowered or a host shrank. */
static bool fits(int64_t requested, int64_t used, int64_t total)
{
	return requested <= 0 || (total > 0 && requested <= total - used);
}

bool strategy_fits_cpus(const struct wish *w, const struct node *n)
{
	return fits(w->nano_cpus, n->used_nano_cpus, n->total_nano_cpus);
}

bool strategy_fits_memory(const struct wish *w, const struct node *n)
{
	return fits(w->memory_bytes, n->used_memory, n->total_memory);
}

/* Multiplied before it is divided, so that whole percents come out whole. */
static int64_t fullness(int64_t requested, int64_t used, int64_t total)
{
	if (requested <= 0)
		return 100 * WEIGHT_SCALE;
	return (int64_t)((double)(used + requested) * (double)(100 * WEIGHT_SCALE) / (double)total);
}

int64_t strategy_weight(const struct wish *w, const struct node *n, int health_factor)
{
	return fullness(w->nano_cpus, n->used_nano_cpus, n->total_nano_cpus) +
	       fullness(w->memory_bytes, n->used_memory, n->total_memory) +
	       health_factor * n->health * WEIGHT_SCALE;
}
