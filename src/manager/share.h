/*
 * manager/share.h - the pool's endpoint for containers that ask for their engine's.
 *
 * A container that binds the engine's socket means "all that runs here"; in a pool that is one
 * node of many.  Where the manager runs on the container's host and serves a socket there, the
 * container is given that one.
 */
#pragma once

#include <yyjson.h>

#include "base/strv.h"

struct container_config;
struct engine;
struct manager;

/* The create request, as this engine is to get it. */
void share_edit(const struct manager *m, const struct engine *e, yyjson_mut_doc *create);
/* A sentence when the container will see its node only. */
void share_warn(const struct manager *m, const struct engine *e,
	const struct container_config *config, struct strv *warnings);
