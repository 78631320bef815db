#include "manager/network_find.h"

#include <string.h>

#include "base/parse.h"
#include "manager/node_name.h"

enum { SHORT_ID_LEN = 12 };

enum rank {
	RANK_ID,
	RANK_NAME,
	RANK_PREFIX,
	RANK_NONE,
};

struct search {
	struct network_found best;
	enum rank rank;
	bool ambiguous; /* another network has the same rank */
};

bool network_is_local(const struct network *n)
{
	return strcmp(n->scope, "local") == 0;
}

/* Whether further engines have instances of it. */
static bool is_spread(const struct network *n, const struct engine *e)
{
	for (size_t i = 0; n->spreads && i < e->cluster->engines_count; i++) {
		const struct engine *other = e->cluster->engines[i];

		if (other != e && network_on(other, n->logical_id))
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

static bool has_id(const struct network *n, const char *what, size_t len)
{
	return strncmp(n->id, what, len) == 0 || strncmp(n->logical_id, what, len) == 0;
}

static enum rank rank_of(const struct network *n, const struct engine *e, const char *what)
{
	size_t len = strlen(what);

	if (has_id(n, what, len == SHORT_ID_LEN ? len : len + 1))
		return RANK_ID;
	if (node_name_means(e, what, n->name))
		return RANK_NAME;
	return has_id(n, what, len) ? RANK_PREFIX : RANK_NONE;
}

bool network_is_removed(
	const struct cluster *cluster, const struct engine *e, const struct network *n)
{
	bool asked = false;

	if (e->swarm_control || strcmp(n->scope, "swarm") != 0)
		return false;
	for (size_t i = 0; i < cluster->engines_count; i++) {
		const struct engine *manager = cluster->engines[i];

		if (!manager->swarm_control || !engine_is_healthy(manager))
			continue;
		if (network_on(manager, n->logical_id))
			return false;
		asked = true;
	}
	return asked;
}

bool network_is_of_one_node(const struct network *n)
{
	return network_is_local(n) && !n->spreads;
}

/* Of several copies: who can answer for all of it. */
static int usefulness(const struct network_found *f)
{
	if (!engine_is_healthy(f->engine))
		return 0;
	if (network_is_local(f->network))
		return f->network->id == f->network->logical_id ? 2 : 1; /* interned */
	return f->engine->swarm_control ? 2 : 1;
}

static void consider(struct search *s, const struct network_found *f, enum rank rank)
{
	if (rank > s->rank)
		return;
	if (rank < s->rank) {
		*s = (struct search){ .best = *f, .rank = rank };
		return;
	}
	if (s->best.network->logical_id != f->network->logical_id) /* interned */
		s->ambiguous = true;
	else if (rank == RANK_NAME && network_is_of_one_node(f->network))
		s->ambiguous = true;
	else if (usefulness(f) > usefulness(&s->best))
		s->best = *f;
}

static void search_engine(struct search *s, struct engine *e, const char *what)
{
	for (size_t i = 0; i < e->networks_count; i++) {
		const struct network *n = &e->networks[i];
		enum rank rank = rank_of(n, e, what);

		if (rank != RANK_NONE && !network_is_removed(e->cluster, e, n))
			consider(s, &(struct network_found){ n, e }, rank);
	}
}

static bool fail(const struct search *s, const char *what, struct error *err)
{
	if (s->rank == RANK_NAME)
		return error_set(err, ERROR_NOT_FOUND,
			"No such network: %s: several nodes have one of that name, say %s/%s", what,
			s->best.engine->name, what);
	if (s->rank == RANK_PREFIX)
		return error_set(
			err, ERROR_NOT_FOUND, "No such network: %s: it begins several ids", what);
	return error_set(err, ERROR_NOT_FOUND, "No such network: %s", what);
}

bool network_find(
	struct cluster *cluster, const char *what, struct network_found *ret, struct error *err)
{
	struct search s = { .rank = RANK_NONE };

	for (size_t i = 0; *what && i < cluster->engines_count; i++) {
		if (cluster_engine_is_validated(cluster->engines[i]))
			search_engine(&s, cluster->engines[i], what);
	}
	if (s.rank == RANK_NONE || s.ambiguous)
		return fail(&s, what, err);
	*ret = s.best;
	return true;
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

const struct network *network_find_on(struct engine *e, const char *what)
{
	struct search s = { .rank = RANK_NONE };

	if (*what)
		search_engine(&s, e, what);
	return s.rank == RANK_NONE || s.ambiguous ? NULL : s.best.network;
}
