/*
 * cluster/touch.h - calls that change a container, and what the engine's events say of them.
 *
 * Whoever sends such a call reads the container itself when it is answered.  Events tell the same,
 * just before the answer or, on their own connection, just after it; each would be one more
 * reading. An engine sends the event that ends such work ("start" of a start) before it answers. So
 * that event, and what came before it, is covered by a reading that began after the answer; and
 * events about the container wait for a moment, until it is there.  Not for long: a stop may take
 * minutes, and what the container does meanwhile is told soon.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct docker_event;
struct refresh_log;
struct task;
struct touch;

enum { TOUCH_PATIENCE_MS = 100 }; /* so long an event waits, and one that is late is waited for */

/* The calls to one engine. */
struct touches {
	struct list all;               /* touch::link; owned */
	const struct refresh_log *log; /* borrowed, the engine's */
	struct task *waiter;           /* borrowed; woken when one ends; NULL: nobody waits */
};

void touches_init(struct touches *s, const struct refresh_log *log);
/* All calls are finished. */
void touches_finish(struct touches *s);

/* Before the call is sent.  id: in full, or "" of a container that is being created; action: of the
 * event that ends the work, static.  To be finished before the engine's touches are. */
struct touch *touch_start(struct touches *s, const char *id, const char *action);
/* It did what was asked (not: there was nothing to do); the container's reading begins now. */
void touch_answered(struct touch *t, const char *id);
/* The record shows it, or the call failed.  Frees it; NULL is fine. */
void touch_finish(struct touch *t);

/* An event came.  True: it ends the work of a call that was answered, and this event and all before
 * it count as having come before the reading; *ret_order: the number of the newest refresh then. */
bool touch_is_told(struct touches *s, const char *container_id, const struct docker_event *event,
	uint64_t *ret_order);
/* Somebody will read the container that the event is about, or has read what it is going to say.
 * is_known: there is a record of it. */
bool touch_is_under_way(struct touches *s, const char *container_id, bool is_known,
	const struct docker_event *event);
