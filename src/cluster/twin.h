/*
 * cluster/twin.h - two addresses of one daemon.
 *
 * Cloned hosts have daemons with the same id, and are engines of their own.  So an engine is a twin
 * only when it has the id of another and shows a container that the other shows, too.  Of twins one
 * is the engine, and the other stays, or goes back to, pending.
 */
#pragma once

#include "cluster/engine.h"

/* What has been read of a pending engine lets it be a member?  Of two addresses that show one
 * daemon the one that works is the engine: a twin that is not healthy gives way. */
bool twin_may_register(struct engine *e, struct error *err);
/* The container has just come to the engine: two empty engines with one id can only be told apart
 * when the first one appears. */
void twin_suspect(struct engine *e, const struct container *c);
/* Suspends one of two, when a suspicion proves right; not within a call from the record. */
void twin_settle(struct engine *e);
