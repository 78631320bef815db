/* sched/filter.c - what the filters share. */
#include "sched/filter.h"

#include <string.h>

const struct filter *const filters[] = {
	&filter_health,
	&filter_port,
	&filter_slots,
	&filter_dependency,
	&filter_together,
	&filter_affinity,
	&filter_constraint,
	&filter_whitelist,
	NULL,
};

size_t filter_keep(struct node **nodes, size_t count, filter_test *test, const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (test(nodes[i], arg))
			nodes[kept++] = nodes[i];
	}
	return kept;
}

size_t filter_keep_most(
	struct node **nodes, size_t count, filter_count *score, const void *arg, size_t *ret_most)
{
	size_t most = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t n = score(nodes[i], arg);

		if (n > most) {
			most = n;
			kept = 0;
		}
		if (n == most)
			nodes[kept++] = nodes[i];
	}
	*ret_most = most;
	return kept;
}

size_t filter_require(const struct round *r, const struct expr_list *l, filter_by *by,
	struct node **nodes, size_t count)
{
	for (size_t i = 0; i < l->count && count > 0; i++) {
		if (!l->items[i].soft)
			count = by(r, &l->items[i], nodes, count);
	}
	return count;
}

size_t filter_prefer(const struct round *r, const struct expr_list *l, filter_by *by,
	struct node **nodes, size_t count)
{
	for (size_t i = 0; i < l->count; i++) {
		if (!l->items[i].soft)
			continue;
		memcpy(r->scratch, nodes, count * sizeof(*nodes));
		size_t left = by(r, &l->items[i], r->scratch, count);
		if (left == 0)
			continue;
		memcpy(nodes, r->scratch, left * sizeof(*nodes));
		count = left;
	}
	return count;
}

void filter_list_expressions(const struct expr_list *l, struct strv *items)
{
	for (size_t i = 0; i < l->count; i++) {
		struct strbuf sb = STRBUF_INIT;

		expr_format(&l->items[i], &sb);
		strbuf_addf(&sb, " (soft=%s)", l->items[i].soft ? "true" : "false");
		strv_take(items, strbuf_steal(&sb));
	}
}

static void write_items(struct strbuf *sb, const struct wish *w, const struct filter *f)
{
	auto_strv struct strv items = STRV_INIT;

	if (f->list)
		f->list(w, &items);
	if (items.count == 0)
		return;
	auto_free char *joined = strv_join(&items, " ");
	strbuf_addf(sb, "\n[%s]", joined);
}

void filter_write_conditions(
	struct strbuf *sb, const struct wish *w, const struct filter *const *chain, size_t count)
{
	strbuf_add_str(sb, "Unable to find a node that satisfies the following conditions ");
	for (size_t i = 0; i < count; i++)
		write_items(sb, w, chain[i]);
}

bool filter_syntax_error(const struct wish *w, const struct filter *at_fault,
	const struct error *why, struct error *err)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	size_t before = 0;

	while (filters[before] != at_fault)
		before++;
	filter_write_conditions(&sb, w, filters, before);
	return error_set(err, why->code, "%s\nerror from %s filter: %s", sb.buf, at_fault->name,
		error_text(why));
}
