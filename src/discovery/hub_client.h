/*
 * discovery/hub_client.h - requests to a hub.
 *
 * Classic clients looked neither at the status of an answer nor at the clock; this one does both.
 */
#pragma once

#include "discovery/hub_url.h"
#include "kv/way.h"

struct hub_client {
	struct way way;
	struct tls_context *tls; /* counted; NULL: plain */
	char *clusters;          /* "/v1/clusters"; owned */
};

/* Never waits.  Fails for certificates that cannot be read, and a malformed HTTP_PROXY. */
bool hub_client_init(struct hub_client *h, struct loop *loop, const struct hub_url *url,
	const struct hub_options *options, struct error *err);
/* Calls under way must be finished.  Zeroed memory is fine. */
void hub_client_finish(struct hub_client *h);
bool hub_client_reload(struct hub_client *h, struct error *err);

/* suffix follows ".../clusters": "/T?ttl=180".  The owner may change the call before it sends. */
void hub_client_call(
	const struct hub_client *h, struct call *c, const char *method, const char *suffix);
void hub_client_send(const struct hub_client *h, struct call *c, struct task *waiter);
/* Whether the finished call was answered with a status below 300; err says what the hub said. */
bool hub_client_check(const struct call *c, struct error *err);
