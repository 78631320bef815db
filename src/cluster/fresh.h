/*
 * cluster/fresh.h - whether the records show the images that there are.
 *
 * Between the moment when something may have changed the images of an engine (an event, the end of
 * a build) and the moment when its list was read anew, a name may still mean what it meant before.
 * Whoever looks an image up for a client waits until nobody is behind; what was just built must not
 * be taken from a registry.  Engines that are not healthy hold nobody up.
 */
#pragma once

#include <stdint.h>

#include "base/list.h"

struct cluster;
struct engine;
struct task;

/* The engine's record may be behind until a refresh of its images that starts from now on has
 * ended. */
void fresh_note(struct engine *e);
/* A refresh with this number in the engine's order has ended, well or not. */
void fresh_settle(struct engine *e, uint64_t order);
/* Nobody is behind. */
bool fresh_images(const struct cluster *cluster);

/* Embedded in who waits; the task is woken whenever one engine is no longer behind. */
struct fresh_wait {
	struct list link;  /* private: cluster::fresh_waits */
	struct task *task; /* borrowed */
};
void fresh_wait_start(struct fresh_wait *w, struct cluster *cluster, struct task *task);
/* Any number of times; zeroed memory is fine. */
void fresh_wait_finish(struct fresh_wait *w);
