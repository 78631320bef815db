/*
 * sched/filter_port.c - a port of the host can be taken once for each protocol and address.
 *
 * Published ports and the ports that containers on the host's network expose are compared with each
 * other in every combination, reservations included; only what processes outside Docker listen on
 * is unknown.
 */
#include "base/mem.h"
#include "sched/filter.h"

struct held_ports {
	const struct port_use *uses;
	size_t count;
};

static struct held_ports ports_of(const struct container *c)
{
	if (c->host_network)
		return (struct held_ports){ c->exposed, c->exposed_count };
	return (struct held_ports){ c->ports, c->ports_count };
}

static bool is_of_interest(const struct wish *w, const struct port_use *use)
{
	return use->first && use->first <= w->highest_port && use->last >= w->lowest_port;
}

static bool is_range(const struct port_use *use)
{
	return use->first != use->last;
}

/* How many uses of that kind, a range or a port of its own, stand in the way. */
static size_t count_holders(
	const struct node *n, const struct wish *w, const struct port_use *use, bool ranges)
{
	size_t count = 0;

	for (size_t i = 0; i < n->containers_count; i++) {
		struct held_ports held = ports_of(n->containers[i]);

		if (wish_replaces(w, n->containers[i]))
			continue;
		for (size_t k = 0; k < held.count; k++)
			count += is_range(&held.uses[k]) == ranges &&
				 is_of_interest(w, &held.uses[k]) &&
				 port_use_conflicts(&held.uses[k], use);
	}
	return count;
}

/*
 * Who asks for a range gets one port out of it, and so did, or will, whoever asked for one before:
 * which one is not known until it runs.  So one must be free after each of them has taken its own.
 */
static bool has_free_port(const struct node *n, const struct wish *w, const struct port_use *wanted)
{
	size_t needed = 1 + count_holders(n, w, wanted, true);

	for (uint32_t port = wanted->first; needed > 0 && port <= wanted->last; port++) {
		struct port_use use = *wanted;

		use.first = use.last = (uint16_t)port;
		if (count_holders(n, w, &use, false) == 0)
			needed--;
	}
	return needed == 0;
}

static bool holds_any(const struct node *n, const struct wish *w)
{
	for (size_t i = 0; i < n->containers_count; i++) {
		struct held_ports held = ports_of(n->containers[i]);

		for (size_t k = 0; k < held.count; k++) {
			if (is_of_interest(w, &held.uses[k]))
				return true;
		}
	}
	return false;
}

/* Most nodes hold nothing near: one walk over their containers tells. */
static bool ports_are_free(const struct node *n, const void *arg)
{
	const struct wish *w = arg;

	if (!holds_any(n, w))
		return true;
	for (size_t i = 0; i < w->ports_count; i++) {
		if (w->ports[i].use.first && !has_free_port(n, w, &w->ports[i].use))
			return false;
	}
	return true;
}

static size_t narrow(const struct round *r, struct node **nodes, size_t count)
{
	if (r->wish->highest_port == 0)
		return count;
	return filter_keep(nodes, count, ports_are_free, r->wish);
}

static void list(const struct wish *w, struct strv *items)
{
	for (size_t i = 0; i < w->ports_count; i++)
		strv_take(items, xasprintf("port %s (%s mode)", w->ports[i].text,
					 w->host_network ? "Host" : "Bridge"));
}

const struct filter filter_port = {
	.name = "port",
	.narrow = narrow,
	.list = list,
};
