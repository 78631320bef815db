/*
 * sched/filter_constraint.c - labels of the node, be they its engine's or an operator's, and the
 * node itself under the key `node`: name, address, engine id, or the engine id with the address.
 *
 * When a value is literally what some node is called, it means that node and is no pattern: the '|'
 * of a composite id, or the '.' of a host name, must not hit others.
 */
#include <string.h>

#include "base/intern.h"
#include "sched/filter.h"
#include "sched/node.h"

static bool is_called(const struct node *n, const char *what)
{
	return strcmp(n->name, what) == 0 || strcmp(n->engine_id, what) == 0 ||
	       strcmp(n->id, what) == 0 || strcmp(n->addr, what) == 0;
}

static bool someone_is_called(const struct round *r, const char *what)
{
	for (size_t i = 0; i < r->count; i++) {
		if (is_called(&r->nodes[i], what))
			return true;
	}
	return false;
}

static bool is_node_literally(const struct node *n, const void *arg)
{
	const struct expr *e = arg;

	return expr_accepts(e, is_called(n, e->value));
}

/* An engine that has never been reached has neither name nor id: that is no candidate. */
static bool matches(const struct expr *e, const char *candidate)
{
	return *candidate && expr_matches(e, candidate);
}

static bool is_node(const struct node *n, const void *arg)
{
	const struct expr *e = arg;

	return expr_accepts(
		e, matches(e, n->name) || matches(e, n->engine_id) || matches(e, n->id));
}

struct label_test {
	const struct expr *expr;
	const char *key; /* interned; NULL: nothing has it */
	struct expr_memo memo;
};

static bool has_label(const struct node *n, const void *arg)
{
	struct label_test *test = (struct label_test *)arg;
	const char *value = test->key ? node_label(n, test->key) : NULL;

	if (!value)
		return expr_accepts(test->expr, expr_matches(test->expr, ""));
	return expr_accepts(test->expr, expr_matches_interned(test->expr, &test->memo, value));
}

static size_t by(const struct round *r, const struct expr *e, struct node **nodes, size_t count)
{
	struct label_test test = { .expr = e, .key = intern_find(e->key) };

	if (strcmp(e->key, "node") != 0)
		return filter_keep(nodes, count, has_label, &test);
	if (someone_is_called(r, e->value))
		return filter_keep(nodes, count, is_node_literally, e);
	return filter_keep(nodes, count, is_node, e);
}

static size_t narrow(const struct round *r, struct node **nodes, size_t count)
{
	return filter_require(r, &r->wish->constraints, by, nodes, count);
}

static size_t prefer(const struct round *r, struct node **nodes, size_t count)
{
	return filter_prefer(r, &r->wish->constraints, by, nodes, count);
}

static void list(const struct wish *w, struct strv *items)
{
	for (size_t i = 0; i < w->constraints.count; i++) {
		struct strbuf sb = STRBUF_INIT;

		expr_format(&w->constraints.items[i], &sb);
		strv_take(items, strbuf_steal(&sb));
	}
}

const struct filter filter_constraint = {
	.name = "constraint",
	.narrow = narrow,
	.prefer = prefer,
	.list = list,
};
