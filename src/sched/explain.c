/*
 * sched/explain.c - one node at a time: what each filter says of it, whatever the others say.
 *
 * A decision only counts what each filter refused of what those before it had left.  Who asks why
 * wants to know all that stands in the way of a node, and which node lacks least.
 */
#include <string.h>

#include "sched/filter.h"
#include "sched/sched_private.h"
#include "sched/strategy.h"

static void refuse(struct sched_verdict *v, const char *what)
{
	v->refused_by[v->refused_count++] = what;
}

static void judge_node(
	const struct sched *s, const struct round *r, struct node *n, struct sched_verdict *v)
{
	*v = (struct sched_verdict){ .node = n };
	for (size_t i = 0; i < s->chain_count && v->refused_count < SCHED_REFUSALS_MAX - 2; i++) {
		struct node *alone = n;

		if (s->chain[i]->narrow(r, &alone, 1) == 0)
			refuse(v, s->chain[i]->name);
	}
	if (!strategy_fits_cpus(r->wish, n))
		refuse(v, "cpus");
	if (!strategy_fits_memory(r->wish, n))
		refuse(v, "memory");
	if (v->refused_count > 0)
		return;
	struct standing standing = s->strategy->judge(r->wish, n);

	v->weight = (double)standing.weight / WEIGHT_SCALE;
	v->containers = standing.containers;
}

void sched_judge(struct sched *s, const struct wish *w, struct node *nodes, size_t count,
	struct sched_verdict *ret)
{
	struct round r = sched_round(s, w, nodes, count);

	for (size_t i = 0; i < count; i++)
		judge_node(s, &r, &nodes[i], &ret[i]);
}

void sched_write_nearest(const struct sched *s, const struct round *r, struct strbuf *sb)
{
	struct sched_verdict nearest = { 0 };
	size_t most = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct node n = r->nodes[i];
		struct sched_verdict v;

		judge_node(s, r, &n, &v);
		if (!nearest.node || v.refused_count < nearest.refused_count) {
			nearest = v;
			nearest.node = &r->nodes[i];
		}
		most = max_of(most, v.refused_count);
	}
	if (!nearest.node || nearest.refused_count == most)
		return;
	strbuf_addf(sb, "\nnearest is %s, refused by", nearest.node->name);
	for (size_t i = 0; i < nearest.refused_count; i++)
		strbuf_addf(sb, "%s %s", i ? "," : "", nearest.refused_by[i]);
	strbuf_add_str(sb, " alone");
}
