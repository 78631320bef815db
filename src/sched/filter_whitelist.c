/*
 * sched/filter_whitelist.c - names of nodes, separated by '|', compared literally; the key says
 * nothing.
 */
#include <string.h>

#include "sched/filter.h"

static bool is_among(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = names;; s++) {
		size_t part = strcspn(s, "|");

		if (part == len && memcmp(s, name, len) == 0)
			return true;
		s += part;
		if (!*s)
			return false;
	}
}

static bool is_met(const struct node *n, const void *arg)
{
	const struct expr *e = arg;

	return expr_accepts(e, is_among(e->value, n->name));
}

static size_t by(
	const struct round *r maybe_unused, const struct expr *e, struct node **nodes, size_t count)
{
	return filter_keep(nodes, count, is_met, e);
}

static size_t narrow(const struct round *r, struct node **nodes, size_t count)
{
	return filter_require(r, &r->wish->whitelists, by, nodes, count);
}

static size_t prefer(const struct round *r, struct node **nodes, size_t count)
{
	return filter_prefer(r, &r->wish->whitelists, by, nodes, count);
}

static void list(const struct wish *w, struct strv *items)
{
	filter_list_expressions(&w->whitelists, items);
}

const struct filter filter_whitelist = {
	.name = "whitelist",
	.narrow = narrow,
	.prefer = prefer,
	.list = list,
};
