/*
 * api/networks_endpoints.h - which containers are on which network, out of their records.
 *
 * Engines' lists have not told this since API 1.28.  Each engine's containers are walked in one
 * turn of the loop; they are not held, and who has left when it is told is left out.
 */
#pragma once

#include "base/strbuf.h"
#include "cluster/cluster.h"

/* Zeroed memory is empty. */
struct network_endpoints {
	struct network_endpoint_head *by_id; /* owned hash */
};

/* The engine must live as long as they do. */
void networks_endpoints_add(struct network_endpoints *ne, const struct engine *e);
void networks_endpoints_finish(struct network_endpoints *ne);
/* Is something attached to the network, which e has? */
bool networks_endpoints_any(
	const struct network_endpoints *ne, const struct network *n, const struct engine *e);
/* The member `Containers` of its document, as an object. */
void networks_endpoints_write(struct strbuf *sb, const struct network_endpoints *ne,
	const struct network *n, const struct engine *e);
