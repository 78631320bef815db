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

struct monitor *monitor_create(struct engine *e);
void monitor_destroy(struct monitor *m);
/* Something suggests that the engine's condition changed (a stream broke): ping it now. */
void monitor_hurry(struct monitor *m);
/* Read everything now, not at the next random moment. */
void monitor_want_round(struct monitor *m);
/* Something was not learnt: read everything in a moment, unless that is due anyway.  However often
 * it is wanted, a round is no sooner than that after the one before. */
void monitor_want_round_soon(struct monitor *m);
/* The engine's identity, resources or labels may have changed (daemon reload). */
void monitor_want_specs(struct monitor *m);
/* Called by engine.c: a failure was counted, or the state has changed. */
void monitor_handle_failure(struct monitor *m);
void monitor_handle_state(struct monitor *m);
