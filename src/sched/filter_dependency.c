/*
 * What a container shares with something that is already somewhere.
 *
 * Must hold: volumes-from, links and the namespaces of another container (`container:x` as network,
 * IPC or PID mode) need that container on the same node; a network that exists only as networks of
 * single engines needs one of these engines; a platform needs a node of that kind, as far as the
 * kind is known.  Preferred: first the nodes with most of the named volumes, because an engine
 * makes a missing volume silently, and empty (cluster.md D32); then the nodes with most containers
 * of the networks that spread (docker/objects.h), because containers of two nodes do not reach each
 * other there; as long as a network has no container, the nodes that have it.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "sched/filter.h"
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

enum network_reach {
	NETWORK_UNKNOWN, /* to every engine; one of them will say so */
	NETWORK_FIXED,   /* where it is, and nowhere else */
	NETWORK_SPREADS,
	NETWORK_SPANS, /* all engines, or all that are in their swarm */
};

static enum network_reach reach_of(const struct round *r, const char *name)
{
	enum network_reach reach = NETWORK_UNKNOWN;

	for (size_t i = 0; i < r->count; i++) {
		const struct network *net = node_find_network(&r->nodes[i], name);

		if (net && !network_is_local(net))
			return NETWORK_SPANS;
		if (net && (net->spreads || reach == NETWORK_SPREADS))
			reach = NETWORK_SPREADS;
		else if (net)
			reach = NETWORK_FIXED;
	}
	return reach;
}

static bool has_network(const struct node *n, const void *name)
{
	return node_find_network(n, name) != NULL;
}

static size_t narrow(const struct round *r, struct node **nodes, size_t count)
{
	const struct wish *w = r->wish;

	if (w->os || w->arch)
		count = filter_keep(nodes, count, is_of_platform, w);
	if (w->dependencies_count)
		count = filter_keep(nodes, count, has_containers, w);
	for (size_t i = 0; i < w->networks.count; i++) {
		if (reach_of(r, w->networks.items[i]) == NETWORK_FIXED)
			count = filter_keep(nodes, count, has_network, w->networks.items[i]);
	}
	return count;
}

/* --- preferences --- */

typedef size_t count_fn(const struct node *n, const struct strv *names);

static size_t count_volumes(const struct node *n, const struct strv *names)
{
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++)
		count += node_has_volume(n, names->items[i]);
	return count;
}

static size_t count_networks(const struct node *n, const struct strv *names)
{
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++)
		count += node_find_network(n, names->items[i]) != NULL;
	return count;
}

static size_t count_neighbours(const struct node *n, const struct strv *names)
{
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++) {
		const struct network *net = node_find_network(n, names->items[i]);

		count += net ? node_count_in_network(n, net->name) : 0;
	}
	return count;
}

/* The nodes with the highest count; *ret_most is that count. */
static size_t keep_most(struct node **nodes, size_t count, count_fn *score,
	const struct strv *names, size_t *ret_most)
{
	size_t most = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t n = score(nodes[i], names);

		if (n > most) {
			most = n;
			kept = 0;
		}
		if (n == most)
			nodes[kept++] = nodes[i];
	}
	*ret_most = most;
	return kept;
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

/* The node of the container whose place it takes, if it fits. */
static size_t keep_place(const struct wish *w, struct node **nodes, size_t count)
{
	for (size_t i = 0; w->replaced.count && i < count; i++) {
		if (has_replaced(nodes[i], w)) {
			nodes[0] = nodes[i];
			return 1;
		}
	}
	return count;
}

static size_t prefer(const struct round *r, struct node **nodes, size_t count)
{
	const struct wish *w = r->wish;
	auto_strv struct strv spread = STRV_INIT;
	size_t most;

	count = keep_place(w, nodes, count);
	if (w->volumes.count)
		count = keep_most(nodes, count, count_volumes, &w->volumes, &most);
	for (size_t i = 0; i < w->networks.count; i++) {
		if (reach_of(r, w->networks.items[i]) == NETWORK_SPREADS)
			strv_add(&spread, w->networks.items[i]);
	}
	if (spread.count == 0)
		return count;
	count = keep_most(nodes, count, count_neighbours, &spread, &most);
	return most ? count : keep_most(nodes, count, count_networks, &spread, &most);
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
	filter_test *is_there, struct strv *reasons)
{
	auto_strv struct strv names = STRV_INIT;

	for (size_t i = 0; i < r->count; i++) {
		if (is_there(&r->nodes[i], what))
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

static void explain(const struct round *r, struct strv *reasons)
{
	const struct wish *w = r->wish;

	for (size_t i = 0; i < w->dependencies_count; i++)
		explain_place(r, "container", w->dependencies[i].name, has_container, reasons);
	for (size_t i = 0; i < w->networks.count; i++) {
		if (reach_of(r, w->networks.items[i]) == NETWORK_FIXED)
			explain_place(r, "network", w->networks.items[i], has_network, reasons);
	}
	if (w->os || w->arch)
		strv_take(reasons, xasprintf("platform %s%s%s is asked for", w->os ? w->os : "",
					   w->os && w->arch ? "/" : "", w->arch ? w->arch : ""));
}

const struct filter filter_dependency = {
	.name = "dependency",
	.narrow = narrow,
	.prefer = prefer,
	.list = list,
	.explain = explain,
};
