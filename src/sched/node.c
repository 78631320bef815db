/* sched/node.c - questions to one node. */
#include "sched/node.h"

#include <string.h>

#include "docker/answer.h"

static struct node_names names_of(const struct node *n)
{
	return (struct node_names){ .name = n->name, .id = n->id, .daemon_id = n->engine_id };
}

const char *node_label(const struct node *n, const char *key)
{
	const char *given = key && n->given_labels ? labels_find(n->given_labels, key) : NULL;

	return given || !key ? given : labels_find(n->labels, key);
}

const struct container *node_find_container(const struct node *n, const char *what)
{
	struct node_names names = names_of(n);

	return container_pick(n->containers, n->containers_count, &names, what);
}

bool node_knows_container(const struct node *n, const char *what)
{
	struct node_names names = names_of(n);

	for (size_t i = 0; i < n->containers_count; i++) {
		if (container_answers(n->containers[i], &names, what) != ANSWER_NONE)
			return true;
	}
	return false;
}

const struct network *node_find_network(const struct node *n, const char *what)
{
	struct node_names names = names_of(n);

	return network_pick(n->networks, n->networks_count, &names, what);
}

const struct label_tally *node_tally(const struct node *n, const char *key)
{
	return label_tally_of(n->tallies, n->containers, n->containers_count, key);
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

bool node_container_mounts(const struct container *c, const char *name)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		if (c->mounts[i].name == name) /* interned */
			return true;
	}
	return false;
}

const struct volume *node_volume(const struct node *n, const char *name)
{
	return volume_in_sorted(n->volumes, n->volumes_count, name);
}

bool node_has_volume(const struct node *n, const char *name)
{
	const struct volume_use *use = volume_use_of(n->volume_uses, name);

	return (use && use->containers) || node_volume(n, name);
}
