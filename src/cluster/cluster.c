/*
 * cluster/cluster.c - questions about all engines.
 */
#include "cluster/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

void cluster_listen(struct cluster *cluster, struct engine_listener *l)
{
	listeners_add(&cluster->terms.listeners, &l->link);
}

struct engine *cluster_next(const struct cluster *cluster, enum cluster_which which, size_t *at)
{
	while (*at < cluster->engines_count) {
		struct engine *e = cluster->engines[(*at)++];

		if (which == CLUSTER_ALL ||
			(which == CLUSTER_HEALTHY ? engine_is_healthy(e) : engine_is_validated(e)))
			return e;
	}
	return NULL;
}

static bool answers_to(const struct engine *e, const char *what)
{
	return strcmp(e->name, what) == 0 || strcmp(e->id, what) == 0 ||
	       strcmp(e->daemon_id, what) == 0 || strcmp(e->addr, what) == 0;
}

struct engine *cluster_find_engine(struct cluster *cluster, const char *name_or_id)
{
	struct engine *pending = NULL;

	for (size_t i = 0; *name_or_id && i < cluster->engines_count; i++) {
		struct engine *e = cluster->engines[i];

		if (!answers_to(e, name_or_id))
			continue;
		if (engine_is_validated(e))
			return e;
		pending = e;
	}
	return pending;
}

int64_t cluster_most_cpus(const struct cluster *cluster)
{
	const struct engine *e;
	int64_t most = 0;

	cluster_each (e, cluster, CLUSTER_VALIDATED)
		most = max_of(most, e->cpus);
	return most;
}

struct engine *cluster_any_healthy(struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->engines_count; i++) {
		struct engine *e = cluster->engines[cluster->rotation++ % cluster->engines_count];

		if (engine_is_healthy(e))
			return e;
	}
	return NULL;
}

static int compare_engines(const void *x, const void *y)
{
	const struct engine *a = *(struct engine *const *)x, *b = *(struct engine *const *)y;
	int order = compare_natural(a->name, b->name);

	return order ? order : compare_natural(a->addr, b->addr);
}

struct engine **cluster_sorted_engines(struct cluster *cluster, size_t *ret_count)
{
	size_t count = cluster->engines_count;
	struct engine **sorted = xcalloc(count + 1, sizeof(struct engine *));

	if (count) {
		memcpy(sorted, cluster->engines, count * sizeof(struct engine *));
		qsort(sorted, count, sizeof(struct engine *), compare_engines);
	}
	*ret_count = count;
	return sorted;
}
