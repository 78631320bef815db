/*
 * cluster/watch_queue.c - what events mean, and the line in which they wait.
 */
#include "cluster/watch_queue.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum {
	COUNT_MAX = 2048,
	BYTES_MAX = 16 * 1024 * 1024,
};

static const struct {
	enum event_type type;
	const char *word; /* of the action, up to ':'; NULL: every other */
	enum effect effect;
} effects[] = {
	{ EVENT_CONTAINER, "destroy", EFFECT_CONTAINER_GONE },
	{ EVENT_CONTAINER, "commit", EFFECT_IMAGES },
	{ EVENT_CONTAINER, "exec_create", EFFECT_EXEC },
	{ EVENT_CONTAINER, "exec_die", EFFECT_EXEC_ENDED },
	{ EVENT_CONTAINER, "exec_start", EFFECT_NONE },
	{ EVENT_CONTAINER, "exec_detach", EFFECT_NONE },
	{ EVENT_CONTAINER, "attach", EFFECT_NONE },
	{ EVENT_CONTAINER, "detach", EFFECT_NONE },
	{ EVENT_CONTAINER, "top", EFFECT_NONE },
	{ EVENT_CONTAINER, "resize", EFFECT_NONE },
	{ EVENT_CONTAINER, "export", EFFECT_NONE },
	{ EVENT_CONTAINER, "copy", EFFECT_NONE },
	{ EVENT_CONTAINER, "archive-path", EFFECT_NONE },
	{ EVENT_CONTAINER, "extract-to-dir", EFFECT_NONE },
	{ EVENT_CONTAINER, NULL, EFFECT_CONTAINER },
	{ EVENT_IMAGE, "save", EFFECT_NONE },
	{ EVENT_IMAGE, NULL, EFFECT_IMAGES },
	/* the list of networks does not say who is connected; the container does */
	{ EVENT_NETWORK, "connect", EFFECT_CONTAINER },
	{ EVENT_NETWORK, "disconnect", EFFECT_CONTAINER },
	{ EVENT_NETWORK, NULL, EFFECT_NETWORKS },
	{ EVENT_VOLUME, "mount", EFFECT_NONE },
	{ EVENT_VOLUME, "unmount", EFFECT_NONE },
	{ EVENT_VOLUME, NULL, EFFECT_VOLUMES },
	{ EVENT_DAEMON, "reload", EFFECT_SPECS },
};

static enum effect effect_of(const struct docker_event *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++) {
		if (effects[i].type == e->type &&
			(!effects[i].word || event_action_is(e, effects[i].word)))
			return effects[i].effect;
	}
	return EFFECT_NONE;
}

const char *watch_queue_subject(const struct docker_event *e)
{
	const char *attached;

	if (e->type != EVENT_NETWORK)
		return e->actor_id;
	attached = event_attribute(e, "container");
	return attached ? attached : "";
}

static bool has_same_effect(const struct queued_event *a, const struct queued_event *b)
{
	return a->effect == b->effect &&
	       (a->effect != EFFECT_CONTAINER ||
		       strcmp(watch_queue_subject(&a->event), watch_queue_subject(&b->event)) == 0);
}

void watch_queue_init(struct watch_queue *queue)
{
	*queue = (struct watch_queue){ 0 };
	list_init(&queue->events);
}

bool watch_queue_is_full(const struct watch_queue *queue, const struct docker_event *e)
{
	return queue->count == COUNT_MAX || queue->bytes + event_bytes(e) > BYTES_MAX;
}

struct queued_event *watch_queue_add(struct watch_queue *queue, struct docker_event *e)
{
	struct queued_event *q = xnew(struct queued_event);

	q->event = *e;
	q->effect = effect_of(e);
	q->bytes = event_bytes(e);
	list_push_back(&queue->events, &q->link);
	queue->count++;
	queue->bytes += q->bytes;
	*e = (struct docker_event){ 0 };
	return q;
}

struct queued_event *watch_queue_first(struct watch_queue *queue)
{
	return list_first(&queue->events, struct queued_event, link);
}

void watch_queue_came_at(struct watch_queue *queue, const struct queued_event *q, uint64_t order)
{
	struct queued_event *other;

	list_for_each (other, &queue->events, link) {
		if (has_same_effect(other, q))
			other->order = min_of(other->order, order);
	}
}

void watch_queue_cover(struct watch_queue *queue, const struct queued_event *q)
{
	struct queued_event *other;

	list_for_each (other, &queue->events, link)
		other->covered |= has_same_effect(other, q);
}

void watch_queue_drop(struct watch_queue *queue, struct queued_event *q)
{
	assert(queue->count > 0 && queue->bytes >= q->bytes);
	list_remove(&q->link);
	queue->count--;
	queue->bytes -= q->bytes;
	event_finish(&q->event);
	free(q);
}

void watch_queue_clear(struct watch_queue *queue)
{
	struct queued_event *q;

	while ((q = watch_queue_first(queue)))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) see list.h */
		watch_queue_drop(queue, q);
}
