/* sched/named_volumes.c - which nodes the named volumes of a wish allow and prefer. */
#include "sched/named_volumes.h"

#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "sched/node.h"

/* One named volume, on all nodes. */
struct volume_sight {
	const char *name; /* interned; NULL: nothing of that name is known */
	bool there;
	bool draws; /* local, and not meant to be on every node */
	bool used;  /* something has, or may have, mounted a copy */
};

static bool is_fresh(const struct node *n, const char *name)
{
	const struct volume_use *use = volume_use_of(n->volume_uses, name);

	return use && use->fresh;
}

static bool is_everywhere(const struct volume *v)
{
	const char *mode = labels_get(&v->labels, LABEL_VOLUMES);

	return !volume_is_local(v) || (mode && strcmp(mode, VOLUMES_EVERY_NODE) == 0);
}

/* What shall live on when a node fails cannot wait for what is on it. */
static bool is_lost(const struct round *r, const struct node *n)
{
	return r->wish->outlives_node && !node_is_healthy(n);
}

static struct volume_sight look(const struct round *r, const char *name)
{
	struct volume_sight s = { .name = intern_find(name), .draws = !r->volumes_everywhere };

	for (size_t i = 0; s.name && i < r->count; i++) {
		const struct node *n = &r->nodes[i];
		const struct volume *v = node_volume(n, s.name);

		if (!node_has_volume(n, s.name) || is_lost(r, n))
			continue;
		s.there = true;
		s.draws = s.draws && !(v && is_everywhere(v));
		s.used = s.used || !is_fresh(n, s.name);
	}
	return s;
}

/* A copy with something in it, or that may have. */
static bool holds(const struct node *n, const void *arg)
{
	const struct volume_sight *s = arg;

	return node_has_volume(n, s->name) && !is_fresh(n, s->name);
}

size_t named_volumes_narrow(const struct round *r, struct node **nodes, size_t count)
{
	const struct strv *names = &r->wish->volumes;

	if (!r->wish->follows_volumes)
		return count;
	for (size_t i = 0; i < names->count; i++) {
		struct volume_sight s = look(r, names->items[i]);

		if (s.there && s.draws && s.used)
			count = filter_keep(nodes, count, holds, &s);
	}
	return count;
}

/* --- preferences --- */

/* When a container last had it; of one that runs, or is being made, now. */
static int64_t last_use(const struct node *n, const char *name)
{
	const struct volume_use *use = volume_use_of(n->volume_uses, name);
	int64_t last = 0;

	for (size_t i = 0; use && use->containers && i < n->containers_count; i++) {
		const struct container *c = n->containers[i];

		if (!node_container_mounts(c, name))
			continue;
		if (c->state == CONTAINER_PENDING || container_is_running(c))
			return INT64_MAX;
		last = max_of(last, max_of(c->created_ns, max_of(c->started_ns, c->finished_ns)));
	}
	return last;
}

static size_t keep_last_used(struct node **nodes, size_t count, const char *name)
{
	int64_t newest = 1;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t last = last_use(nodes[i], name);

		if (last > newest)
			kept = 0;
		if (last < newest)
			continue;
		newest = last;
		struct node *n = nodes[kept];
		nodes[kept++] = nodes[i];
		nodes[i] = n;
	}
	return kept ? kept : count;
}

static size_t count_held(const struct node *n, const void *arg)
{
	const struct strv *names = arg;
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++) {
		const char *name = intern_find(names->items[i]);

		count += name && node_has_volume(n, name);
	}
	return count;
}

size_t named_volumes_prefer(const struct round *r, struct node **nodes, size_t count)
{
	const struct strv *names = &r->wish->volumes;
	size_t most;

	if (names->count == 0)
		return count;
	count = filter_keep_most(nodes, count, count_held, names, &most);
	for (size_t i = 0; most && i < names->count && count > 1; i++) {
		const char *name = intern_find(names->items[i]);

		if (name)
			count = keep_last_used(nodes, count, name);
	}
	return count;
}

/* --- reasons --- */

void named_volumes_explain(const struct round *r, struct strv *reasons)
{
	const struct strv *names = &r->wish->volumes;

	for (size_t i = 0; r->wish->follows_volumes && i < names->count; i++) {
		struct volume_sight s = look(r, names->items[i]);
		auto_strv struct strv nodes = STRV_INIT;

		if (!s.there || !s.draws || !s.used)
			continue;
		for (size_t k = 0; k < r->count; k++) {
			if (holds(&r->nodes[k], &s))
				strv_add(&nodes, r->nodes[k].name);
		}
		auto_free char *joined = strv_join(&nodes, ", ");
		strv_take(reasons, xasprintf("volume %s is on %s", names->items[i], joined));
	}
}
