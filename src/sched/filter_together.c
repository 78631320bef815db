/*
 * sched/filter_together.c - what carries the same value of a known label stays on one node.
 *
 * The containers of one job, one test session or one development environment expect to share a
 * host.  Their tools mark them with a label; the keys are the scheduler's configuration.  Networks
 * and volumes with the label count as containers do, as they often come first.  A soft key draws to
 * where most of them are, a hard one allows nothing else.
 */
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "sched/filter.h"
#include "sched/node.h"

/* A key of the configuration with the wish's value. */
struct together {
	const char *key, *value; /* interned */
};

/* False when the wish does not carry it, or nothing else does. */
static bool read_together(const struct round *r, const struct together_key *key, struct together *t)
{
	const char *value = labels_get(&r->wish->labels, key->name);

	*t = (struct together){ .key = intern_find(key->name) };
	if (value && *value)
		t->value = intern_find(value);
	return t->key && t->value;
}

static size_t count_together(const struct node *n, const struct together *t)
{
	size_t count = label_tally_count(node_tally(n, t->key), t->value);

	for (size_t i = 0; i < n->networks_count; i++)
		count += labels_find(&n->networks[i].labels, t->key) == t->value;
	for (size_t i = 0; i < n->volumes_count; i++)
		count += labels_find(&n->volumes[i].labels, t->key) == t->value;
	return count;
}

static bool has_some(const struct node *n, const void *arg)
{
	return count_together(n, arg) > 0;
}

static bool is_anywhere(const struct round *r, const struct together *t)
{
	for (size_t i = 0; i < r->count; i++) {
		if (has_some(&r->nodes[i], t))
			return true;
	}
	return false;
}

static size_t narrow(const struct round *r, struct node **nodes, size_t count)
{
	for (size_t i = 0; i < r->together_count; i++) {
		struct together t;

		if (r->together[i].hard && read_together(r, &r->together[i], &t) &&
			is_anywhere(r, &t))
			count = filter_keep(nodes, count, has_some, &t);
	}
	return count;
}

static size_t keep_most_together(struct node **nodes, size_t count, const struct together *t)
{
	size_t most = 1, kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t some = count_together(nodes[i], t);

		if (some > most)
			kept = 0;
		if (some < most)
			continue;
		most = some;
		struct node *n = nodes[kept];
		nodes[kept++] = nodes[i];
		nodes[i] = n;
	}
	return kept ? kept : count;
}

static size_t prefer(const struct round *r, struct node **nodes, size_t count)
{
	for (size_t i = 0; i < r->together_count && count > 1; i++) {
		struct together t;

		if (read_together(r, &r->together[i], &t))
			count = keep_most_together(nodes, count, &t);
	}
	return count;
}

static void explain(const struct round *r, struct strv *reasons)
{
	for (size_t i = 0; i < r->together_count; i++) {
		auto_strv struct strv names = STRV_INIT;
		struct together t;

		if (!r->together[i].hard || !read_together(r, &r->together[i], &t))
			continue;
		for (size_t k = 0; k < r->count; k++) {
			if (has_some(&r->nodes[k], &t))
				strv_add(&names, r->nodes[k].name);
		}
		auto_free char *joined = strv_join(&names, ", ");
		strv_take(reasons, xasprintf("what has the label %s=%s stays together on %s", t.key,
					   t.value, joined));
	}
}

const struct filter filter_together = {
	.name = "together",
	.narrow = narrow,
	.prefer = prefer,
	.explain = explain,
};
