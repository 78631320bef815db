/*
 * discovery/embedded.h - members in this manager's own registry; what runs when no discovery is
 * given.
 *
 * The engine of the local socket is the first member once it has answered; the others have joined.
 */
#pragma once

#include "discovery/discovery.h"
#include "discovery/registry.h"

#define EMBEDDED_LOCAL_ENGINE "unix:///var/run/docker.sock"

/*
 * "registry.engine=ADDRESS" among the options names another local engine, and
 * "registry.engine=none" says that there is none.
 */
bool embedded_check(const struct strv *options, struct error *err);
/* The registry outlives it.  options have been checked. */
struct discovery *embedded_create(struct loop *loop, struct registry *registry,
	const struct strv *options, int64_t heartbeat_ms, const struct discovery_ops *ops,
	void *arg) must_check;
