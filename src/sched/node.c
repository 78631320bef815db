#include "sched/node.h"

#include <string.h>

#include "base/id.h"
#include "base/parse.h"

#define SHORT_ID_LEN 12

/* Best first. */
enum rank {
	RANK_ID,
	RANK_NAME,
	RANK_SWARM_ID,
	RANK_PREFIX,
	RANK_NONE,
};

/* "node-1/web" on node-1 is "web". */
static const char *skip_prefix(const char *what, const char *prefix)
{
	size_t len = strlen(prefix);

	if (len > 0 && strncmp(what, prefix, len) == 0 && what[len] == '/')
		return what + len + 1;
	return NULL;
}

static const char *local_part(const struct node *n, const char *what)
{
	const char *rest = skip_prefix(what, n->name);

	if (!rest)
		rest = skip_prefix(what, n->engine_id);
	if (!rest)
		rest = skip_prefix(what, n->id);
	return rest ? rest : what + (*what == '/');
}

static bool has_name(const struct container *c, const char *name)
{
	for (size_t i = 0; i < c->names_count; i++) {
		const char *own = c->names[i];

		if (strcmp(own + (*own == '/'), name) == 0)
			return true;
	}
	return false;
}

static enum rank rank_of(const struct container *c, const char *what, const char *name)
{
	size_t len = strlen(what);

	if (strcmp(c->id, what) == 0)
		return RANK_ID;
	if (has_name(c, name))
		return RANK_NAME;
	if (strcmp(c->swarm_id, what) == 0 ||
		(len == SHORT_ID_LEN && strncmp(c->swarm_id, what, len) == 0))
		return RANK_SWARM_ID;
	if (strncmp(c->id, what, len) == 0 || strncmp(c->swarm_id, what, len) == 0)
		return RANK_PREFIX;
	return RANK_NONE;
}

const struct container *node_find_container(const struct node *n, const char *what)
{
	const char *name = local_part(n, what);
	const struct container *best = NULL;
	enum rank best_rank = RANK_NONE;

	if (!*what || !*name)
		return NULL;
	for (size_t i = 0; i < n->containers_count; i++) {
		enum rank rank = rank_of(n->containers[i], what, name);

		if (rank < best_rank) {
			best = n->containers[i];
			best_rank = rank;
		} else if (rank == best_rank) {
			best = NULL; /* ambiguous, unless something better comes */
		}
	}
	return best;
}

static bool is_id_of(const char *id, const char *what)
{
	return id_is_hex(what, SHORT_ID_LEN) && str_starts_with(id, what);
}

const struct network *node_find_network(const struct node *n, const char *what)
{
	const char *name = local_part(n, what);

	for (size_t i = 0; i < n->networks_count; i++) {
		const struct network *net = &n->networks[i];

		if (strcmp(net->name, name) == 0 || is_id_of(net->id, what) ||
			is_id_of(net->logical_id, what))
			return net;
	}
	return NULL;
}

static bool is_in_network(const struct container *c, const char *name)
{
	for (size_t i = 0; i < c->networks_count; i++) {
		if (strcmp(c->networks[i].name, name) == 0)
			return true;
	}
	return false;
}

size_t node_count_in_network(const struct node *n, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < n->containers_count; i++)
		count += is_in_network(n->containers[i], name);
	return count;
}

static bool mounts_volume(const struct container *c, const char *name)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		if (strcmp(c->mounts[i].name, name) == 0)
			return true;
	}
	return false;
}

bool node_has_volume(const struct node *n, const char *name)
{
	for (size_t i = 0; i < n->volumes_count; i++) {
		if (strcmp(n->volumes[i].name, name) == 0)
			return true;
	}
	for (size_t i = 0; i < n->containers_count; i++) {
		if (mounts_volume(n->containers[i], name))
			return true;
	}
	return false;
}

const char *node_label(const struct node *n, const char *key)
{
	const char *value = labels_get(n->labels, key);

	return value ? value : "";
}
