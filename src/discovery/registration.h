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
struct loop;
struct registration;

/* Handlers run from the loop, never inside a registration_ function; they may not destroy the
 * registration. */
struct registration_ops {
	/* The entry is there now: after the first time, and after every failure. */
	void (*handle_held)(void *arg);
	/* Survived: it will be tried again. */
	void (*handle_error)(void *arg, const struct error *err);
	/* The end of registration_release: the entry is gone, or err says why it may not be. */
	void (*handle_released)(void *arg, const struct error *err);
};

struct registration_config {
	const char *address; /* "host:port" of the engine; copied */
	int64_t heartbeat_ms;
	int64_t ttl_ms; /* > heartbeat_ms */
	const struct registration_ops *ops;
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
