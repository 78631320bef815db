/*
 * api/networks_change.h - what create, remove, connect and disconnect have in common.
 *
 * The client's body is gathered, `prepare` decides what to ask whom, one engine does it, the
 * records that show it are refreshed, and then the client gets the engine's answer.
 */
#pragma once

#include "api/request.h"
#include "cluster/refresh.h"

struct network_change {
	struct request *rq;
	struct task task;

	/* Set by prepare: path for the engines (encoded, without version), body, and the engines,
	 * of which the next is asked when one cannot be reached. */
	char *path, *body; /* owned; the body may be NULL */
	size_t body_len;
	struct engine **engines; /* owned, each counted */
	size_t engines_count, next;
	bool everywhere;       /* other engines than the asked one show the change, too */
	char container_id[65]; /* its record changes, too; "" for none */
	char *removed_id;      /* of a network being removed; owned; NULL */
	char *name;            /* of a network being created, "" when it is one node's own; owned */

	/* Private. */
	bool (*prepare)(struct network_change *c, struct error *err);
	struct engine *engine; /* being asked; in engines */
	struct call call;
	struct refresh *refreshes; /* owned */
	size_t refreshes_count;
	unsigned looks; /* how often it was looked whether the network is gone */
};

/* The body as it came is in rq->x->body when prepare is called. */
void network_change_start(
	struct request *rq, bool (*prepare)(struct network_change *c, struct error *err));
void network_change_add_engine(struct network_change *c, struct engine *e);
/* The body as a document that may be changed; NULL with err (400). */
yyjson_mut_doc *network_change_read_body(struct network_change *c, struct error *err) must_check;
void network_change_set_body(struct network_change *c, yyjson_mut_doc *doc);
