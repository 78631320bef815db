/* sched/node.c - questions to one node. */
#include "sched/node.h"

#include <string.h>

#include "docker/answer.h"

static struct node_names names_of(const struct node *n)
{
	return (struct node_names){ .name = n->name, .id = n->id, .daemon_id = n->engine_id };
}

const struct container *node_find_container(const struct node *n, const char *what)
{
	struct node_names names = names_of(n);

	return container_pick(n->containers, n->containers_count, &names, what);
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
