/*
 * cluster/departed.h - where containers were that have just been removed.
 *
 * Updaters remove a container and create it again under its name, and expect to find what it had on
 * its host.  So of those that mounted something of their node, or had asked for a place, the node
 * is remembered by the name for a while.
 */
#pragma once

#include "docker/container.h"

struct cluster;
struct departed;

enum {
	DEPARTED_MS = 5 * 60 * 1000, /* so long */
	DEPARTED_MAX = 1024,         /* the oldest give way */
};

struct departed *departed_create(void);
void departed_destroy(struct departed *d);
/* The container leaves its engine. */
void departed_note(struct departed *d, const struct container *c, int64_t now_ms);
/* The id of the engine ("<daemon id>|<address>") where the last container of this name was, if that
 * is not too long ago; else NULL.  Borrowed until the next note. */
const char *departed_from(struct departed *d, const char *name, int64_t now_ms);
