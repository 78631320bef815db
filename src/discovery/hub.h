/*
 * discovery/hub.h - the hub protocol over HTTP, for what registry.h keeps.
 *
 *   POST   /v1/clusters                      a new token
 *   POST   /v1/clusters/{token}?ttl=N        body host:port: add or refresh; ttl=0 removes
 *   GET    /v1/clusters/{token}              the live addresses; ?index=N&wait=30s holds the
 *                                            answer back until X-Swarm-Index is not N any more
 *   DELETE /v1/clusters/{token}              forget all
 *   DELETE /v1/clusters/{token}/{host:port}  forget one
 *   GET    /v1/health
 *
 * None of these is a path of the Docker API, so both can be served on one port.  The token is the
 * only credential.  What is answered with 200 has reached the disk.
 */
#pragma once

#include "discovery/registry.h"
#include "http/exchange.h"

struct hub {
	struct loop *loop;
	struct registry *registry; /* borrowed */
	struct list requests;      /* struct hub_request::link; owned */
	struct list breathing; /* struct registry_wait::link: lists that come with a later turn */
	size_t answered;       /* lists since the last pause */
	struct timer pause;
	bool draining;
};

void hub_init(struct hub *hub, struct loop *loop, struct registry *registry);
/* Whether a request for this target is the hub's. */
bool hub_owns(const char *target);
/* Takes the exchange. */
void hub_handle(struct hub *hub, struct exchange *x);
/* Answers that are held back go out now. */
void hub_drain(struct hub *hub);
void hub_finish(struct hub *hub);
