/*
 * sched/filter_dependency.c - what a container shares with something that is already somewhere.
 *
 * Must hold: volumes-from, links and the namespaces of another container (`container:x` as network,
 * IPC or PID mode) need that container on the same node; a network that exists only as networks of
 * single engines needs one of these engines; a platform needs a node of that kind, as far as the
 * kind is known; named volumes draw to where they are (sched/named_volumes.h), because an engine
 * makes a missing volume silently, and empty.  Preferred: the nodes with most containers of the
 * networks that spread (docker/objects.h), because containers of two nodes do not reach each other
 * there; as long as a network has no container, the nodes that have it.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/parse.h"
#include "sched/filter.h"
#include "sched/named_volumes.h"
#include "sched/node.h"
#include "sched/wish.h"

static bool has_containers(const struct node *n, const void *arg)
{
	const struct wish *w = arg;

	for (size_t i = 0; i < w->dependencies_count; i++) {
		if (!node_find_container(n, w->dependencies[i].name))
			return false;
	}
	return true;
}

static bool runs_arch(const struct node *n, const char *arch)
{
	const char *own = wish_arch_name(n->arch);

	if (strcasecmp(own, arch) == 0)
		return true;
	/* these processors run their 32-bit ancestors' programs too */
	return (strcmp(own, "amd64") == 0 && strcasecmp(arch, "386") == 0) ||
	       (strcmp(own, "arm64") == 0 && strcasecmp(arch, "arm") == 0);
}

static bool is_of_platform(const struct node *n, const void *arg)
{
	const struct wish *w = arg;

	if (w->os && *n->os && strcasecmp(n->os, w->os) != 0)
		return false;
	return !w->arch || !*n->arch || runs_arch(n, w->arch);
}

/* What is not known beforehand is looked for by its name. */
static enum network_reach reach_of(const struct round *r, const struct wish_network *w)
{
	enum network_reach reach = NETWORK_UNKNOWN;

	if (w->meant)
		return w->reach;
	for (size_t i = 0; i < r->count; i++) {
		const struct network *net = node_find_network(&r->nodes[i], w->name);

		if (net && !network_is_local(net))
			return NETWORK_SPANS;
		if (net && (net->spreads || reach == NETWORK_SPREADS))
			reach = NETWORK_SPREADS;
		else if (net)
			reach = NETWORK_FIXED;
	}
	return reach;
}

static const struct network *find_network(const struct node *n, const struct wish_network *w)
{
	if (!w->meant)
		return node_find_network(n, w->name);
	for (size_t i = 0; w->logical_id && i < n->networks_count; i++) {
		if (n->networks[i].logical_id == w->logical_id) /* interned */
			return &n->networks[i];
	}
	return NULL;
}

static bool has_network(const struct node *n, const void *network)
{
	return find_network(n, network) != NULL;
}

static size_t narrow(const struct round *r, struct node **nodes, size_t count)
{
	const struct wish *w = r->wish;

	if (w->os || w->arch)
		count = filter_keep(nodes, count, is_of_platform, w);
	if (w->dependencies_count)
		count = filter_keep(nodes, count, has_containers, w);
	for (size_t i = 0; i < w->networks_count; i++) {
		if (reach_of(r, &w->networks[i]) == NETWORK_FIXED)
			count = filter_keep(nodes, count, has_network, &w->networks[i]);
	}
	return named_volumes_narrow(r, nodes, count);
}

/* --- preferences --- */

/* The node's network of this name, if it spreads. */
static const struct network *find_spreading(
	const struct round *r, const struct node *n, const struct wish_network *w)
{
	return reach_of(r, w) == NETWORK_SPREADS ? find_network(n, w) : NULL;
}

/* How many of the networks that spread the node has. */
static size_t count_networks(const struct node *n, const void *arg)
{
	const struct round *r = arg;
	size_t count = 0;

	for (size_t i = 0; i < r->wish->networks_count; i++)
		count += find_spreading(r, n, &r->wish->networks[i]) != NULL;
	return count;
}

/* How many containers are in them there. */
static size_t count_neighbours(const struct node *n, const void *arg)
{
	const struct round *r = arg;
	size_t count = 0;

	for (size_t i = 0; i < r->wish->networks_count; i++) {
		const struct network *net = find_spreading(r, n, &r->wish->networks[i]);

		if (net)
			count += node_count_in_network(n, net->name);
	}
	return count;
}

static bool has_replaced(const struct node *n, const struct wish *w)
{
	const struct label *first = &w->replaced.items[0]; /* the project: few nodes have it */

	if (!label_tally_count(node_tally(n, first->key), first->value))
		return false;
	for (size_t i = 0; i < n->containers_count; i++) {
		if (wish_replaces(w, n->containers[i]))
			return true;
	}
	return false;
}

static bool is_its_place(const struct node *n, const struct wish *w)
{
	if (w->returns_to && strcmp(n->id, w->returns_to) == 0)
		return true;
	return w->replaced.count && has_replaced(n, w);
}

/* The node of the container whose place it takes, if it fits. */
static size_t keep_place(const struct wish *w, struct node **nodes, size_t count)
{
	for (size_t i = 0; (w->returns_to || w->replaced.count) && i < count; i++) {
		if (is_its_place(nodes[i], w)) {
			nodes[0] = nodes[i];
			return 1;
		}
	}
	return count;
}

static bool has_spreading(const struct round *r)
{
	for (size_t i = 0; i < r->wish->networks_count; i++) {
		if (reach_of(r, &r->wish->networks[i]) == NETWORK_SPREADS)
			return true;
	}
	return false;
}

static size_t prefer(const struct round *r, struct node **nodes, size_t count)
{
	size_t most;

	count = keep_place(r->wish, nodes, count);
	count = named_volumes_prefer(r, nodes, count);
	if (count < 2 || !has_spreading(r))
		return count;
	count = filter_keep_most(nodes, count, count_neighbours, r, &most);
	return most ? count : filter_keep_most(nodes, count, count_networks, r, &most);
}

static void list(const struct wish *w, struct strv *items)
{
	for (size_t i = 0; i < w->dependencies_count; i++) {
		if (w->dependencies[i].item)
			strv_add(items, w->dependencies[i].item);
	}
}

/* Where something is, for a reason: "x is on node-1, node-2".  An id prefix that several containers
 * of one node share is there as little as one that none has. */
static void explain_place(const struct round *r, const char *kind, const char *what,
	filter_test *is_there, const void *arg, struct strv *reasons)
{
	auto_strv struct strv names = STRV_INIT;

	for (size_t i = 0; i < r->count; i++) {
		if (is_there(&r->nodes[i], arg))
			strv_add(&names, r->nodes[i].name);
	}
	if (names.count == 0) {
		strv_take(reasons, xasprintf("%s %s is on no node", kind, what));
		return;
	}
	auto_free char *joined = strv_join(&names, ", ");
	strv_take(reasons, xasprintf("%s %s is on %s", kind, what, joined));
}

static bool has_container(const struct node *n, const void *name)
{
	return node_find_container(n, name) != NULL;
}

/* Whom an engine would not find either. */
static bool refuse(const struct round *r, struct error *err)
{
	const struct wish *w = r->wish;

	for (size_t i = 0; i < w->dependencies_count; i++) {
		const struct wish_dependency *d = &w->dependencies[i];
		bool is_link = d->item && str_starts_with(d->item, "--link=");
		bool is_there = false;

		for (size_t n = 0; n < r->count && !is_there; n++)
			is_there = node_knows_container(&r->nodes[n], d->name);
		if (is_there)
			continue;
		if (is_link)
			error_set(err, ERROR_INVALID,
				"could not get container for %s: No such container: %s", d->name,
				d->name);
		else
			error_set(err, ERROR_INVALID, "No such container: %s", d->name);
		return true;
	}
	return false;
}

static void explain(const struct round *r, struct strv *reasons)
{
	const struct wish *w = r->wish;

	for (size_t i = 0; i < w->dependencies_count; i++)
		explain_place(r, "container", w->dependencies[i].name, has_container,
			w->dependencies[i].name, reasons);
	for (size_t i = 0; i < w->networks_count; i++) {
		if (reach_of(r, &w->networks[i]) == NETWORK_FIXED)
			explain_place(r, "network", w->networks[i].name, has_network,
				&w->networks[i], reasons);
	}
	named_volumes_explain(r, reasons);
	if (w->os || w->arch)
		strv_take(reasons, xasprintf("platform %s%s%s is asked for", w->os ? w->os : "",
					   w->os && w->arch ? "/" : "", w->arch ? w->arch : ""));
}

const struct filter filter_dependency = {
	.name = "dependency",
	.narrow = narrow,
	.prefer = prefer,
	.list = list,
	.refuse = refuse,
	.explain = explain,
};
