/* api/networks_change.c - the records that show a change of a network. */
#include "api/networks_change.h"

#include "base/mem.h"
#include "cluster/find_network.h"

void networks_change_finish(struct ask *a)
{
	struct network_change *c = container_of(a, struct network_change, ask);

	network_spread_finish(&c->spread);
	network_claim_end(&c->claim);
	free(c->removed_id);
}

void networks_change_refresh(struct ask *a)
{
	struct network_change *c = container_of(a, struct network_change, ask);
	struct cluster *cluster = ask_request(a)->api->cluster;
	const struct fanout_item *done = ask_first_success(a);
	struct task *t = &a->errand.task;
	struct engine *e;

	refreshes_init(&a->refreshes, cluster->engines_count + 2);
	if (!done)
		return;
	refresh_networks(refreshes_next(&a->refreshes), done->engine, t);
	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		if (c->everywhere && e != done->engine)
			refresh_networks(refreshes_next(&a->refreshes), e, t);
	}
	if (c->container_id[0])
		refresh_container(refreshes_next(&a->refreshes), done->engine, c->container_id, t);
}

/* An engine drops its own part of an overlay a moment after the swarm's managers have agreed. */
bool networks_change_is_shown(const struct ask *a)
{
	const struct network_change *c = container_of(a, struct network_change, ask);
	const struct cluster *cluster = ask_request(a)->api->cluster;
	const struct engine *e;

	if (!c->removed_id)
		return true;
	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		const struct network *n = network_on(e, c->removed_id);

		if (n && !network_is_removed(cluster, e, n))
			return false;
	}
	return true;
}
