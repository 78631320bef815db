/* cluster/find_network.c - networks by name and id. */
#include "cluster/find_network.h"

#include <string.h>

#include "base/parse.h"
#include "cluster/find_private.h"
#include "docker/answer.h"
#include "docker/name.h"

void find_network_index(struct index_marks *m, const struct finders *f, const struct network *n)
{
	index_marks_add(m, f->network_names, n->name, strlen(n->name), n);
	index_marks_add(m, f->network_ids, n->id, strlen(n->id), n);
	if (n->logical_id != n->id) /* interned */
		index_marks_add(m, f->network_ids, n->logical_id, strlen(n->logical_id), n);
}

/* Only what spreads has another id than its engine gave it; an overlay is one on any number of
 * engines, and is not looked for among them. */
const char *network_told_id(const struct engine *e, const char *id)
{
	const struct index_mark *m;

	if (!e->cluster)
		return id;
	index_each(m, index_find(e->cluster->finders->network_ids, id, strlen(id)))
	{
		const struct network *n = mark_network(m);

		if (!n->spreads)
			return id;
		if (m->of->engine == e && strcmp(n->id, id) == 0)
			return n->logical_id;
	}
	return id;
}

/* Whether further engines have instances of it. */
static bool is_spread(const struct network *n, const struct engine *e)
{
	const struct index_mark *m;

	if (!n->spreads)
		return false;
	index_each(m,
		index_find(e->cluster->finders->network_ids, n->logical_id, strlen(n->logical_id)))
	{
		if (m->of->engine != e && mark_network(m)->logical_id == n->logical_id)
			return true;
	}
	return false;
}

void network_write_name(struct strbuf *sb, const struct network *n, const struct engine *e)
{
	if (network_is_local(n) && !labels_get(&n->labels, "com.docker.compose.network") &&
		!is_spread(n, e))
		strbuf_addf(sb, "%s/", e->name);
	strbuf_add_str(sb, n->name);
}

static bool managers_can_tell(const struct cluster *cluster)
{
	const struct engine *e;

	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		if (e->swarm_control)
			return true;
	}
	return false;
}

bool network_is_removed(
	const struct cluster *cluster, const struct engine *e, const struct network *n)
{
	const struct index_mark *m;

	if (e->swarm_control || strcmp(n->scope, "swarm") != 0)
		return false;
	index_each(
		m, index_find(cluster->finders->network_ids, n->logical_id, strlen(n->logical_id)))
	{
		if (m->of->engine->swarm_control && engine_is_healthy(m->of->engine))
			return false;
	}
	return managers_can_tell(cluster);
}

/* --- look-up --- */

struct search {
	struct network_found best;
	enum answer rank;
	size_t others;           /* further networks of the same rank */
	bool on_several_engines; /* they are not all on the engine of the best */
};

/* Of several copies: who can answer for all of it. */
static int usefulness(const struct network_found *f)
{
	if (!engine_is_healthy(f->engine))
		return 0;
	if (network_is_local(f->network))
		return f->network->id == f->network->logical_id ? 2 : 1; /* interned */
	return f->engine->swarm_control ? 2 : 1;
}

/* One of the best's own copies or instances? */
static bool is_copy(const struct search *s, const struct network_found *f)
{
	return s->best.network->logical_id == f->network->logical_id && /* interned */
	       (s->rank != ANSWER_NAME || !network_is_of_one_node(f->network));
}

static void consider(struct search *s, const struct network_found *f, enum answer rank)
{
	if (rank > s->rank || rank == ANSWER_NONE || s->best.network == f->network)
		return;
	if (rank < s->rank) {
		*s = (struct search){ .best = *f, .rank = rank };
	} else if (!is_copy(s, f)) {
		s->others++;
		if (s->best.engine == f->engine)
			return;
		s->on_several_engines = true;
		if (compare_natural(f->engine->name, s->best.engine->name) < 0)
			s->best = *f; /* the one to name */
	} else if (usefulness(f) > usefulness(&s->best)) {
		s->best = *f;
	}
}

/* Of what a thousand engines have two are enough to know that it is not one. */
static void search_marks(struct search *s, const struct list *marks, const char *what)
{
	const struct index_mark *m;

	index_each(m, marks)
	{
		struct network_found f = { mark_network(m), m->of->engine };
		struct node_names names = engine_names(m->of->engine);

		if (s->on_several_engines)
			return;
		if (engine_is_validated(f.engine) &&
			!network_is_removed(f.engine->cluster, f.engine, f.network))
			consider(s, &f, network_answers(f.network, &names, what));
	}
}

static void search_prefix(struct search *s, const struct index *ids, const char *what)
{
	const struct list *marks;
	struct index_walk walk;

	index_walk_begin(&walk, ids, what);
	while ((marks = index_walk_next(&walk)))
		search_marks(s, marks, what);
}

static void search(struct search *s, const struct finders *f, const char *what)
{
	size_t len = strlen(what);

	search_marks(s, index_find(f->network_ids, what, len), what);
	if (s->rank != ANSWER_ID && len == SHORT_ID_LEN)
		search_prefix(s, f->network_ids, what);
	for (const char *name = what; s->rank > ANSWER_NAME && name; name = name_after_slash(name))
		search_marks(s, index_find(f->network_names, name, strlen(name)), what);
	if (s->rank == ANSWER_NONE)
		search_prefix(s, f->network_ids, what);
}

static bool fail(const struct search *s, const char *what, struct error *err)
{
	if (s->rank == ANSWER_NONE)
		return error_set(err, ERROR_NOT_FOUND, "network %s not found", what);
	if (s->rank == ANSWER_PREFIX)
		return error_set(err, ERROR_INVALID,
			"network %s is ambiguous (%zu matches found based on ID prefix)", what,
			s->others + 1);
	if (!s->on_several_engines)
		return error_set(err, ERROR_INVALID,
			"network %s is ambiguous (%zu matches found on name)", what, s->others + 1);
	return error_set(err, ERROR_NOT_FOUND,
		"network %s not found: several nodes have one of that name, say %s/%s", what,
		s->best.engine->name, what);
}

bool network_find(
	struct cluster *cluster, const char *what, struct network_found *ret, struct error *err)
{
	struct search s = { .rank = ANSWER_NONE };

	if (!name_check("network", what, err))
		return false;
	if (*what)
		search(&s, cluster->finders, what);
	if (s.rank == ANSWER_NONE || s.others)
		return fail(&s, what, err);
	*ret = s.best;
	return true;
}

bool network_find_name(const struct cluster *cluster, const char *name)
{
	const struct index_mark *m;

	index_each(m, index_find(cluster->finders->network_names, name, strlen(name)))
	{
		if (engine_is_validated(m->of->engine) &&
			!network_is_removed(cluster, m->of->engine, mark_network(m)))
			return true;
	}
	return false;
}

const struct network *network_on(const struct engine *e, const char *logical_id)
{
	for (size_t i = 0; i < e->networks_count; i++) {
		if (strcmp(e->networks[i].logical_id, logical_id) == 0)
			return &e->networks[i];
	}
	return NULL;
}

const struct network *network_part_on(const struct engine *e, const struct network_found *found)
{
	if (e == found->engine)
		return found->network;
	if (network_is_of_one_node(found->network))
		return NULL;
	return network_on(e, found->network->logical_id);
}

const struct network *network_find_on(const struct engine *e, const char *what)
{
	struct node_names names = engine_names(e);
	const struct network *n = network_pick(e->networks, e->networks_count, &names, what);

	return n && e->cluster && network_is_removed(e->cluster, e, n) ? NULL : n;
}
