/*
 * cluster/watch_queue.h - events of an engine that wait for their effect on the record.
 *
 * In the order of their coming, and bounded.  One read of the engine covers all events that mean
 * the same and had come when it began.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "docker/event.h"

/* What an event means for the record. */
enum effect {
	EFFECT_NONE,
	EFFECT_CONTAINER,
	EFFECT_CONTAINER_GONE,
	EFFECT_EXEC,
	EFFECT_EXEC_ENDED,
	EFFECT_IMAGES,
	EFFECT_NETWORKS,
	EFFECT_VOLUMES,
	EFFECT_SPECS,
};

struct queued_event {
	struct list link;
	struct docker_event event; /* owned */
	enum effect effect;
	size_t bytes;
	uint64_t order;  /* of the engine's newest refresh when it came */
	int64_t came_ms; /* monotonic */
	bool covered; /* a refresh that began after it came shows what it says, or is under way */
};

struct watch_queue {
	struct list events; /* queued_event::link; owned */
	size_t count, bytes;
};

void watch_queue_init(struct watch_queue *queue);
/* No room for this one beside the others. */
bool watch_queue_is_full(const struct watch_queue *queue, const struct docker_event *e);
/* Takes the event over, and lends its place. */
struct queued_event *watch_queue_add(struct watch_queue *queue, struct docker_event *e);
/* NULL when it is empty. */
struct queued_event *watch_queue_first(struct watch_queue *queue);
/* What is about the same, in the same way, came when the engine's newest refresh had this number.
 */
void watch_queue_came_at(struct watch_queue *queue, const struct queued_event *q, uint64_t order);
/* What means the same as this one, itself included, is covered from now on. */
void watch_queue_cover(struct watch_queue *queue, const struct queued_event *q);
void watch_queue_drop(struct watch_queue *queue, struct queued_event *q);
void watch_queue_clear(struct watch_queue *queue);
/* The container that the event is about; "" when there is none. */
const char *watch_queue_subject(const struct docker_event *e);
