/*
 * api/volumes_change.h - what creating and removing volumes have in common: many engines do it at
 * once, those that did are read anew, and then the client gets one answer.
 */
#pragma once

#include "api/request.h"
#include "manager/fanout.h"
#include "manager/refreshes.h"

struct volumes_change;

struct volumes_change_kind {
	/* The client's body is in rq->x->body: add the engines with their calls. */
	bool (*prepare)(struct volumes_change *c, struct error *err);
	/* All engines have answered: clear the errors that are none.  May be NULL. */
	void (*settle)(struct volumes_change *c);
	/* All engines succeeded: the answer. */
	void (*answer)(struct volumes_change *c);
};

struct volumes_change {
	struct request *rq;
	struct task task;
	struct fanout fanout;
	const struct volumes_change_kind *kind;
	struct strv unasked; /* "node-2: the node is unhealthy": failures without a call */
	struct strv lacking; /* of a create: addresses of engines that had none of the name */
	struct refreshes refreshes; /* private */
};

void volumes_change_start(struct request *rq, const struct volumes_change_kind *kind);
/* Frees the work; the request is the caller's to answer. */
struct request *volumes_change_free(struct volumes_change *c);
