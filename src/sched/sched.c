/*
 * sched/sched.c - one decision, from top to bottom in sched_place: filters, room, preferences, the
 * best.
 *
 * Classic Swarm ran everything twice, with all soft expressions as hard ones and then without any.
 * Here what must hold is settled first and preferences narrow what is left, one by one, so that one
 * that cannot be met costs nobody else theirs.
 */
#include "sched/sched.h"

#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "sched/filter.h"
#include "sched/sched_private.h"
#include "sched/strategy.h"

struct rank {
	struct standing standing;
	uint64_t chance;
};

/* --- configuration --- */

static const struct strategy *find_strategy(const char *name)
{
	for (size_t i = 0; strategies[i]; i++) {
		const struct strategy *s = strategies[i];

		if (strcmp(s->name, name) == 0 || (s->alias && strcmp(s->alias, name) == 0))
			return s;
	}
	return NULL;
}

static const struct filter *find_filter(const char *name)
{
	for (size_t i = 0; filters[i]; i++) {
		if (strcmp(filters[i]->name, name) == 0)
			return filters[i];
	}
	return NULL;
}

static bool add_filter(struct sched *s, const struct filter *f, struct error *err)
{
	if (!f)
		return error_set(err, ERROR_INVALID, "filter not supported");
	s->chain = xreallocarray(s->chain, s->chain_count + 1, sizeof(*s->chain));
	s->chain[s->chain_count++] = f;
	return true;
}

static bool add_filters(struct sched *s, const struct strv *names, struct error *err)
{
	for (size_t i = 0; names && i < names->count; i++) {
		if (!add_filter(s, find_filter(names->items[i]), err))
			return false;
	}
	for (size_t i = 0; (!names || names->count == 0) && filters[i]; i++)
		add_filter(s, filters[i], NULL);
	return add_filter(s, &filter_availability, err);
}

/* Labels of tools whose containers expect to share a host. */
static const char *const together_keys[] = {
	"com.gitlab.gitlab-runner.job.id",
	LABEL_TESTCONTAINERS,
	"devcontainer.local_folder",
};

void sched_keep_together(struct sched *s, const char *key, bool hard)
{
	for (size_t i = 0; i < s->together_count; i++) {
		if (strcmp(s->together[i].name, key) == 0) {
			s->together[i].hard = hard;
			return;
		}
	}
	s->together = xreallocarray(s->together, s->together_count + 1, sizeof(*s->together));
	s->together[s->together_count++] = (struct together_key){ xstrdup(key), hard };
}

void sched_spread_volumes(struct sched *s)
{
	s->volumes_everywhere = true;
}

struct sched *sched_create(const char *strategy, const struct strv *names, struct error *err)
{
	struct sched *s = xnew(struct sched);

	s->strategy = strategy ? find_strategy(strategy) : strategies[0];
	s->seed = random_below(UINT64_MAX);
	if (!s->strategy)
		error_set(err, ERROR_INVALID, "strategy not supported");
	if (!s->strategy || !add_filters(s, names, err)) {
		sched_destroy(s);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(together_keys); i++)
		sched_keep_together(s, together_keys[i], false);
	s->refused = xcalloc(s->chain_count, sizeof(*s->refused)); /* never without filters */
	return s;
}

void sched_destroy(struct sched *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->together_count; i++)
		free(s->together[i].name);
	free(s->together);
	free(s->chain);
	free(s->refused);
	free(s->nodes);
	free(s);
}

const char *sched_strategy_name(const struct sched *s)
{
	return s->strategy->name;
}

void sched_strategies(struct strv *ret)
{
	for (size_t i = 0; strategies[i]; i++)
		strv_add(ret, strategies[i]->name);
}

void sched_filters(struct strv *ret)
{
	for (size_t i = 0; filters[i]; i++)
		strv_add(ret, filters[i]->name);
}

char *sched_filter_names(const struct sched *s)
{
	auto_strv struct strv names = STRV_INIT;

	for (size_t i = 0; i < s->chain_count; i++) {
		if (s->chain[i] != &filter_availability)
			strv_add(&names, s->chain[i]->name);
	}
	return strv_join(&names, ", ");
}

void sched_seed(struct sched *s, uint64_t seed)
{
	s->seed = seed;
}

/* --- why there is no node --- */

/* "3 nodes: health refused 1, constraint refused 2" */
static void write_counts(struct strbuf *sb, const struct sched *s, size_t nodes)
{
	const char *separator = ":";

	strbuf_addf(sb, "\n%zu node%s", nodes, nodes == 1 ? "" : "s");
	for (size_t i = 0; i < s->chain_count; i++) {
		if (s->refused[i] == 0)
			continue;
		strbuf_addf(sb, "%s %s refused %zu", separator, s->chain[i]->name, s->refused[i]);
		separator = ",";
	}
}

static void write_reasons(struct strbuf *sb, const struct round *r, const struct filter *f)
{
	auto_strv struct strv reasons = STRV_INIT;

	if (f->explain)
		f->explain(r, &reasons);
	for (size_t i = 0; i < reasons.count; i++)
		strbuf_addf(sb, "\n%s", reasons.items[i]);
}

static bool filtered_out(
	const struct sched *s, const struct round *r, size_t last, struct error *err)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	if (s->chain[last] == &filter_health)
		return error_set(
			err, ERROR_UNAVAILABLE, "No healthy node available in the cluster");
	if (s->chain[last]->refuse && s->chain[last]->refuse(r, err))
		return false;
	filter_write_conditions(&sb, r->wish, s->chain, last + 1);
	write_counts(&sb, s, r->count);
	for (size_t i = 0; i <= last; i++) {
		if (s->refused[i])
			write_reasons(&sb, r, s->chain[i]);
	}
	sched_write_nearest(s, r, &sb);
	return error_set(err, ERROR_UNAVAILABLE, "%s", sb.buf);
}

static bool no_nodes(const struct sched *s, struct error *err)
{
	for (size_t i = 0; i < s->chain_count; i++) {
		if (s->chain[i] == &filter_health)
			return error_set(
				err, ERROR_UNAVAILABLE, "No healthy node available in the cluster");
	}
	return error_set(err, ERROR_UNAVAILABLE, "No nodes available in the cluster");
}

/* A node that lacks both counts in both. */
static bool no_room(const struct sched *s, const struct round *r, struct node *const *nodes,
	size_t count, struct error *err)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	size_t cpus = 0, memory = 0;

	for (size_t i = 0; i < count; i++) {
		cpus += !strategy_fits_cpus(r->wish, nodes[i]);
		memory += !strategy_fits_memory(r->wish, nodes[i]);
	}
	strbuf_add_str(&sb, "no resources available to schedule container");
	write_counts(&sb, s, r->count);
	strbuf_addf(&sb, "\n%zu left: too few CPUs on %zu, too little memory on %zu", count, cpus,
		memory);
	return error_set(err, ERROR_UNAVAILABLE, "%s", sb.buf);
}

/* --- placing --- */

static void reserve_scratch(struct sched *s, size_t count)
{
	if (count <= s->cap)
		return;
	s->cap = count;
	s->nodes = xreallocarray(s->nodes, count, sizeof(struct node *));
}

static bool run_filters(struct sched *s, const struct round *r, struct node **nodes, size_t *count,
	struct error *err)
{
	memset(s->refused, 0, s->chain_count * sizeof(*s->refused));
	for (size_t i = 0; i < s->chain_count; i++) {
		size_t left = s->chain[i]->narrow(r, nodes, *count);

		s->refused[i] = *count - left;
		*count = left;
		if (left == 0)
			return filtered_out(s, r, i, err);
	}
	return true;
}

static bool has_room(const struct node *n, const void *arg)
{
	return strategy_fits_cpus(arg, n) && strategy_fits_memory(arg, n);
}

/* Narrowing loses who was refused, and the error text counts them. */
static bool keep_those_with_room(struct sched *s, const struct round *r, struct node **nodes,
	size_t *count, struct error *err)
{
	memcpy(r->scratch, nodes, *count * sizeof(*nodes));
	size_t left = filter_keep(nodes, *count, has_room, r->wish);
	s->no_room = *count - left;
	if (left == 0)
		return no_room(s, r, r->scratch, *count, err);
	*count = left;
	return true;
}

static size_t run_preferences(
	const struct sched *s, const struct round *r, struct node **nodes, size_t count)
{
	for (size_t i = 0; i < s->chain_count; i++) {
		if (s->chain[i]->prefer)
			count = s->chain[i]->prefer(r, nodes, count);
	}
	return count;
}

/* splitmix64: a walk over all 64-bit numbers, well mixed. */
static uint64_t next_chance(struct sched *s)
{
	uint64_t z = s->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static bool is_better(const struct rank *a, const struct rank *b)
{
	if (a->standing.weight != b->standing.weight)
		return a->standing.weight < b->standing.weight;
	if (a->standing.containers != b->standing.containers)
		return a->standing.containers < b->standing.containers;
	return a->chance < b->chance;
}

/* Nobody asks who is second, and sorting a thousand nodes takes longer than all the rest. */
static void put_best_first(struct sched *s, const struct wish *w, struct node **nodes, size_t count)
{
	struct rank best;
	size_t best_at = 0;

	for (size_t i = 0; i < count; i++) {
		struct rank rank = {
			.standing = s->strategy->judge(w, nodes[i]),
			.chance = next_chance(s),
		};

		if (i > 0 && !is_better(&rank, &best))
			continue;
		best = rank;
		best_at = i;
	}
	struct node *node = nodes[best_at];
	nodes[best_at] = nodes[0];
	nodes[0] = node;
}

struct round sched_round(
	struct sched *s, const struct wish *w, const struct node *nodes, size_t count)
{
	reserve_scratch(s, count);
	return (struct round){
		.wish = w,
		.nodes = nodes,
		.count = count,
		.scratch = s->nodes,
		.together = s->together,
		.together_count = s->together_count,
		.volumes_everywhere = s->volumes_everywhere,
	};
}

/* What a filter did not refuse is left out: most refuse nobody. */
void sched_describe(const struct sched *s, struct strbuf *sb)
{
	const char *separator = "";

	strbuf_addf(sb, "{\"Strategy\":\"%s\",\"Nodes\":%zu,\"Refused\":{", s->strategy->name,
		s->asked);
	for (size_t i = 0; i < s->chain_count; i++) {
		if (!s->refused[i])
			continue;
		strbuf_addf(sb, "%s\"%s\":%zu", separator, s->chain[i]->name, s->refused[i]);
		separator = ",";
	}
	if (s->no_room)
		strbuf_addf(sb, "%s\"resources\":%zu", separator, s->no_room);
	strbuf_addf(sb, "},\"Fitting\":%zu,\"Preferred\":%zu}", s->fitting, s->preferred);
}

bool sched_place(struct sched *s, const struct wish *w, struct node *nodes, size_t count,
	struct node **ret, size_t *ret_count, struct error *err)
{
	struct round r = sched_round(s, w, nodes, count);

	s->asked = count;
	s->no_room = s->fitting = s->preferred = 0;
	if (count == 0)
		return no_nodes(s, err);
	for (size_t i = 0; i < count; i++)
		ret[i] = &nodes[i];
	if (!run_filters(s, &r, ret, &count, err) || !keep_those_with_room(s, &r, ret, &count, err))
		return false;
	s->fitting = count;
	count = s->preferred = run_preferences(s, &r, ret, count);
	put_best_first(s, w, ret, count);
	*ret_count = count;
	return true;
}
