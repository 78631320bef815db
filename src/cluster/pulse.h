/*
 * cluster/pulse.h - is the daemon still there?
 *
 * A task that sends GET /_ping when nothing else was heard for a while, with a short budget for
 * everything, and reports what comes of it.  It depends on nothing that can hang with the daemon:
 * a frozen one is noticed while its event stream is still open.
 *
 * A healthy engine that fails is asked again quickly, so that failure_retry failures take seconds;
 * an unhealthy one ever more rarely.  An answer of an unhealthy engine is not yet its recovery
 * (another daemon may live there by now): it sets `alive` and wakes the monitor.
 */
#pragma once

#include "cluster/engine.h"
#include "net/task.h"

struct pulse {
	struct engine *engine; /* borrowed: owns the monitor, which owns us */
	struct task *monitor;  /* borrowed */
	struct task task;
	struct call call;
	int64_t next_ms;     /* when to ping, if nothing is heard before; monotonic */
	int64_t deadline_ms; /* of the ping under way */
	uint32_t pings_lost; /* in a row; sets the pace of an unhealthy engine */
	bool running;
	bool urgent;
	bool alive; /* a ping was answered; the monitor clears it */
};

void pulse_init(struct pulse *p, struct engine *e, struct task *monitor);
/* Cancels everything; may be started again. */
void pulse_stop(struct pulse *p);
void pulse_start(struct pulse *p);
/* Now, whatever was heard. */
void pulse_hurry(struct pulse *p);
/* A failure was counted elsewhere: the quick pace holds from now. */
void pulse_handle_failure(struct pulse *p);
