/*
 * api/node_document.h - an engine as `docker node` knows nodes.
 *
 * Its id is that of its daemon; before the first contact, which tells it, the address.  A node is a
 * manager when the manager that leads is known to be on the same host.
 */
#pragma once

#include <yyjson.h>

#include "api/api.h"

/* Looks at the addresses of this host: once for a list, not for each node. */
struct node_leader {
	char *host;          /* owned; "" when it is not known */
	const char *address; /* of the manager, with its port; borrowed; "" */
	struct ifaddrs *own; /* owned; NULL: several managers, of which host is the one */
};
void node_leader_init(struct node_leader *l, const struct api *api);
void node_leader_finish(struct node_leader *l);
void node_add_time(yyjson_mut_doc *doc, yyjson_mut_val *to, const char *key, int64_t wall_ns);
/* "manager" or "worker". */
const char *node_role(const struct node_leader *l, const struct engine *e);
/* The whole node, as an object of doc. */
yyjson_mut_val *node_document(const struct api *api, yyjson_mut_doc *doc,
	const struct node_leader *leader, const struct engine *e) must_check;
