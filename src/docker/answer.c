/* docker/answer.c - one record against what a client wrote. */
#include "docker/answer.h"

#include <string.h>

static bool is_qualified(const char *what, const char *node, const char *name)
{
	size_t len = strlen(node);

	return len && strncmp(what, node, len) == 0 && what[len] == '/' &&
	       strcmp(what + len + 1, name) == 0;
}

bool name_means(const struct node_names *node, const char *what, const char *name)
{
	return strcmp(name, what) == 0 || is_qualified(what, node->name, name) ||
	       is_qualified(what, node->id, name) || is_qualified(what, node->daemon_id, name);
}

static bool has_name(const struct container *c, const struct node_names *node, const char *what)
{
	what += *what == '/';
	for (size_t i = 0; *what && i < c->names_count; i++) {
		if (name_means(node, what, c->names[i] + (c->names[i][0] == '/')))
			return true;
	}
	return false;
}

enum answer container_answers(
	const struct container *c, const struct node_names *node, const char *what)
{
	size_t len = strlen(what);

	if (len == 0)
		return ANSWER_NONE;
	if (strcmp(c->id, what) == 0)
		return ANSWER_ID;
	if (has_name(c, node, what))
		return ANSWER_NAME;
	if (strcmp(c->swarm_id, what) == 0)
		return ANSWER_SWARM_ID;
	if (strncmp(c->id, what, len) == 0 || strncmp(c->swarm_id, what, len) == 0)
		return ANSWER_PREFIX;
	return ANSWER_NONE;
}

static bool has_id(const struct network *n, const char *what, size_t len)
{
	return strncmp(n->id, what, len) == 0 || strncmp(n->logical_id, what, len) == 0;
}

enum answer network_answers(
	const struct network *n, const struct node_names *node, const char *what)
{
	size_t len = strlen(what);

	if (len == 0)
		return ANSWER_NONE;
	if (has_id(n, what, len == SHORT_ID_LEN ? len : len + 1))
		return ANSWER_ID;
	if (name_means(node, what, n->name))
		return ANSWER_NAME;
	return has_id(n, what, len) ? ANSWER_PREFIX : ANSWER_NONE;
}

enum answer image_answers(const struct image *i, const char *what, enum image_match how)
{
	if (image_has_id(i, what))
		return ANSWER_ID;
	if (image_has_reference(i, what, how))
		return ANSWER_NAME;
	return image_has_id_prefix(i, what) ? ANSWER_PREFIX : ANSWER_NONE;
}

enum answer volume_answers(const struct volume *v, const struct node_names *node, const char *what)
{
	return name_means(node, what, v->name) ? ANSWER_NAME : ANSWER_NONE;
}

/* --- one of a list --- */

struct pick {
	const void *best;
	enum answer rank;
};

static void pick_add(struct pick *p, const void *item, enum answer rank)
{
	if (rank > p->rank || rank == ANSWER_NONE)
		return;
	/* several of the best are none, unless something better comes */
	p->best = rank < p->rank ? item : NULL;
	p->rank = rank;
}

const struct container *container_pick(struct container *const *items, size_t count,
	const struct node_names *node, const char *what)
{
	struct pick p = { .rank = ANSWER_NONE };

	for (size_t i = 0; i < count; i++)
		pick_add(&p, items[i], container_answers(items[i], node, what));
	return p.best;
}

const struct network *network_pick(
	const struct network *items, size_t count, const struct node_names *node, const char *what)
{
	struct pick p = { .rank = ANSWER_NONE };

	for (size_t i = 0; i < count; i++)
		pick_add(&p, &items[i], network_answers(&items[i], node, what));
	return p.best;
}

const struct volume *volume_pick(
	const struct volume *items, size_t count, const struct node_names *node, const char *what)
{
	struct pick p = { .rank = ANSWER_NONE };

	for (size_t i = 0; i < count; i++)
		pick_add(&p, &items[i], volume_answers(&items[i], node, what));
	return p.best;
}
