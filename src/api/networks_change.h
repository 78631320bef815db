/*
 * api/networks_change.h - what create, remove, connect and disconnect have in common.
 *
 * The client's body is gathered, `prepare` decides what to ask whom, one engine does it (or each,
 * one after the other), the records that show it are refreshed, and then the client gets the
 * engine's answer.
 */
#pragma once

#include "api/request.h"
#include "cluster/refresh.h"
#include "manager/network_claim.h"
#include "manager/network_spread.h"
#include "manager/refreshes.h"

struct network_target {
	struct engine *engine; /* counted */
	char *path;            /* owned */
};

struct network_change {
	struct request *rq;
	struct task task;

	/* Set by prepare: body, and the engines with a path for each (encoded, without version).
	 * The next one is asked when one cannot be reached or, with `each`, has done it. */
	char *body; /* owned; NULL for none */
	size_t body_len;
	struct network_target *targets; /* owned */
	size_t targets_count, next;
	bool each;
	bool everywhere;            /* other engines than the asked one show the change, too */
	char container_id[65];      /* its record changes, too; "" for none */
	char *removed_id;           /* of a network being removed; owned; NULL */
	struct network_claim claim; /* of the name of a network being created */

	/* Private. */
	bool (*prepare)(struct network_change *c, struct error *err);
	struct engine *engine; /* being asked; in targets */
	struct call call;
	struct network_spread spread;
	struct refreshes refreshes;
	unsigned looks; /* how often it was looked whether the network is gone */
};

/* The body as it came is in rq->x->body when prepare is called. */
void network_change_start(
	struct request *rq, bool (*prepare)(struct network_change *c, struct error *err));
/* Takes the path. */
void network_change_add(struct network_change *c, struct engine *e, char *path);
/* Before the engine is asked it gets an instance of the network. */
void network_change_spread(struct network_change *c, struct engine *e, const struct network *n);
void network_change_set_body(struct network_change *c, yyjson_mut_doc *doc);
