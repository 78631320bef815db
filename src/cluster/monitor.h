/*
 * cluster/monitor.h - the one task per engine that keeps its record true.
 *
 * Connect and validate, load everything, follow /events, reconcile at a random moment between the
 * minimum and maximum interval.  The stream resumes with `since` the last event seen, and one
 * reconcile closes any gap.  A broken stream is noticed at once and pinged; after failure_retry
 * failures the engine is unhealthy (seconds, not minutes); failures back off with a random part.
 */
#pragma once

#include "cluster/engine.h"

struct monitor;

/* Looks for the daemon at once.  It ends before its engine. */
struct monitor *monitor_create(struct engine *e);
void monitor_destroy(struct monitor *m);
