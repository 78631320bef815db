/*
 * api/networks_endpoints.h - which containers are on which network, out of their records.
 *
 * Engines' lists have not told this since API 1.28.  Made in one walk over all containers, and good
 * for this turn of the loop only: it borrows the records.
 */
#pragma once

#include "base/strbuf.h"
#include "cluster/cluster.h"

struct network_endpoint {
	const struct container *container;
	const struct container_network *at;
	struct network_endpoint *next; /* of the same network */
};

struct network_endpoints {
	struct network_endpoint *items;      /* owned */
	struct network_endpoint_head *by_id; /* owned hash */
};

void network_endpoints_init(struct network_endpoints *ne, const struct cluster *cluster);
void network_endpoints_finish(struct network_endpoints *ne);
/* Is something attached to the network, which e has? */
bool network_endpoints_any(
	const struct network_endpoints *ne, const struct network *n, const struct engine *e);
/* The member `Containers` of its document, as an object. */
void network_endpoints_write(struct strbuf *sb, const struct network_endpoints *ne,
	const struct network *n, const struct engine *e);
