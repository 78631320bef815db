/* docker/answer.c - one record against what a client wrote. */
#include "docker/answer.h"

#include <string.h>

/* What a client wrote, as one node reads it. */
struct query {
	const char *what;
	size_t len;
	const char *plain; /* without the leading '/' */
	const char *local; /* after the node's name or id; NULL when it names no node, or another */
};

static const char *after_prefix(const char *what, const char *prefix)
{
	size_t len = strlen(prefix);

	return len && strncmp(what, prefix, len) == 0 && what[len] == '/' ? what + len + 1 : NULL;
}

static const char *local_part(const struct node_names *node, const char *what)
{
	const char *local;

	if (!strchr(what, '/'))
		return NULL;
	local = after_prefix(what, node->name);
	if (!local)
		local = after_prefix(what, node->id);
	return local ? local : after_prefix(what, node->daemon_id);
}

static struct query read_query(const struct node_names *node, const char *what)
{
	const char *plain = what + (*what == '/');

	return (struct query){
		.what = what,
		.len = strlen(what),
		.plain = plain,
		.local = local_part(node, plain),
	};
}

static bool is_name(const struct query *q, const char *plain, const char *name)
{
	return strcmp(name, plain) == 0 || (q->local && strcmp(name, q->local) == 0);
}

bool name_means(const struct node_names *node, const char *what, const char *name)
{
	const char *local;

	if (strcmp(name, what) == 0)
		return true;
	local = local_part(node, what);
	return local && strcmp(name, local) == 0;
}

static bool has_name(const struct container *c, const struct query *q)
{
	for (size_t i = 0; *q->plain && i < c->names_count; i++) {
		if (is_name(q, q->plain, c->names[i] + (c->names[i][0] == '/')))
			return true;
	}
	return false;
}

static enum answer rank_container(const struct container *c, const struct query *q)
{
	if (q->len == 0)
		return ANSWER_NONE;
	if (strcmp(c->id, q->what) == 0)
		return ANSWER_ID;
	if (has_name(c, q))
		return ANSWER_NAME;
	if (strcmp(c->swarm_id, q->what) == 0)
		return ANSWER_SWARM_ID;
	if (strncmp(c->id, q->what, q->len) == 0 || strncmp(c->swarm_id, q->what, q->len) == 0)
		return ANSWER_PREFIX;
	return ANSWER_NONE;
}

enum answer container_answers(
	const struct container *c, const struct node_names *node, const char *what)
{
	struct query q = read_query(node, what);

	return rank_container(c, &q);
}

bool container_is_known_as(const struct container *c, const char *what)
{
	const char *name = what + (*what == '/');

	for (size_t i = 0; i < c->names_count; i++) {
		if (strcmp(name, c->names[i] + (c->names[i][0] == '/')) == 0)
			return true;
	}
	return *what && strncmp(c->id, what, strlen(what)) == 0;
}

static bool has_id(const struct network *n, const char *what, size_t len)
{
	return strncmp(n->id, what, len) == 0 || strncmp(n->logical_id, what, len) == 0;
}

static enum answer rank_network(const struct network *n, const struct query *q)
{
	if (q->len == 0)
		return ANSWER_NONE;
	if (has_id(n, q->what, q->len == SHORT_ID_LEN ? q->len : q->len + 1))
		return ANSWER_ID;
	if (is_name(q, q->what, n->name))
		return ANSWER_NAME;
	return has_id(n, q->what, q->len) ? ANSWER_PREFIX : ANSWER_NONE;
}

enum answer network_answers(
	const struct network *n, const struct node_names *node, const char *what)
{
	struct query q = read_query(node, what);

	return rank_network(n, &q);
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
	struct query q = read_query(node, what);
	struct pick p = { .rank = ANSWER_NONE };

	for (size_t i = 0; i < count; i++)
		pick_add(&p, items[i], rank_container(items[i], &q));
	return p.best;
}

const struct network *network_pick(
	const struct network *items, size_t count, const struct node_names *node, const char *what)
{
	struct query q = read_query(node, what);
	struct pick p = { .rank = ANSWER_NONE };

	for (size_t i = 0; i < count; i++)
		pick_add(&p, &items[i], rank_network(&items[i], &q));
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
