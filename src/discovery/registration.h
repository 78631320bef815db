/*
 * discovery/registration.h - the entry of one engine in a discovery, kept alive by its agent.
 *
 * The other half of discovery.h: that one reads the members, this one is a member.  The entry is
 * written as soon as the source can be reached, again at every heartbeat, and goes by itself when
 * its time to live passes without one.  A source that is away is tried again for ever; nothing but
 * a malformed URL or an unreadable certificate is an error of registration_create.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"

struct discovery_url;
struct kv_lease_ops;
struct loop;
struct registration;

struct registration_config {
	const char *address; /* "host:port" of the engine; copied */
	int64_t heartbeat_ms;
	int64_t ttl_ms; /* > heartbeat_ms */
	/* Those of a lease (kv/kv.h): an entry that is kept alive is one, wherever it stands.
	 * Handlers run from the loop, never inside a registration_ function; they may not destroy
	 * the registration. */
	const struct kv_lease_ops *ops;
	void *arg;
};

/* NULL for the errors of discovery_url_check, and for sources in which nobody registers. */
struct registration *registration_create(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, const struct registration_config *config,
	struct error *err) must_check;
/* Take the entry away: one try, within a few seconds. */
void registration_release(struct registration *r);
/* Read certificates again (SIGHUP). */
void registration_reload(struct registration *r);
/* Without a word to the source.  NULL is fine; afterwards no handler is called. */
void registration_destroy(struct registration *r);
