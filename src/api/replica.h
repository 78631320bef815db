/*
 * api/replica.h - several managers for one cluster, of which one leads: what the others do with
 * what they are asked.
 *
 * A replica answers what is about itself (ROUTE_LOCAL) and passes everything else to the leader,
 * raw streams included.  Without a leader a request waits for a bounded time, and is then refused
 * with 503 and Retry-After.
 *
 * What one replica has passed on no other passes on: two that take each other for the leader would
 * do so for ever.
 */
#pragma once

#include <stdbool.h>

#include "net/loop.h"
#include "net/tls.h"

struct replica;
struct request;

struct replica_config {
	const char *address;     /* of this manager, as the others know it; copied */
	struct tls_context *tls; /* shown to the leader; counted; NULL: plain */
	/* Whether we lead at this moment, by the clock. */
	bool (*leads)(void *arg);
	void *arg;
};

struct replica *replica_create(struct loop *loop, const struct replica_config *config) must_check;
/* Its requests must be gone.  NULL is fine. */
void replica_destroy(struct replica *r);
/* Who leads now; NULL: nobody does.  Those who wait for a leader go on.  What another leader has
 * not begun to answer ends. */
void replica_set_leader(struct replica *r, const char *address);
bool replica_leads(const struct replica *r);
/* As told last; "" when nobody leads. */
const char *replica_leader(const struct replica *r);

/* What replicas tell each other is taken out of the request's head: that it was passed on, and for
 * whom.  The latter is believed only of a peer whose certificate is a server's, as every manager's
 * is; a mere client's is not. */
void replica_read_fields(struct request *rq);
/* Owns the request from here; should we lead in the end, it goes on. */
void replica_pass(struct request *rq, void (*go_on)(struct request *rq));
