/*
 * cluster/touch.c - who is about to read which container, or has just done so.
 */
#include "cluster/touch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cluster/refresh_log.h"
#include "docker/event.h"
#include "net/task.h"

struct touch {
	struct list link; /* touches::all */
	struct touches *owner;
	char id[65];
	const char *action;
	bool answered, told;
	uint64_t order;   /* of the newest refresh when it was answered */
	int64_t until_ms; /* finished, and the event is late; 0: not finished */
};

void touches_init(struct touches *s, const struct refresh_log *log)
{
	*s = (struct touches){ .log = log };
	list_init(&s->all);
}

static void drop(struct touch *t)
{
	list_remove(&t->link);
	free(t);
}

void touches_finish(struct touches *s)
{
	struct touch *t;

	while ((t = list_first(&s->all, struct touch, link))) {
		assert(t->until_ms);
		drop(t);
	}
}

struct touch *touch_start(struct touches *s, const char *id, const char *action)
{
	struct touch *t = xnew(struct touch);

	assert(strlen(id) < sizeof(t->id));
	t->owner = s;
	snprintf(t->id, sizeof(t->id), "%s", id);
	t->action = action;
	list_push_back(&s->all, &t->link);
	return t;
}

void touch_answered(struct touch *t, const char *id)
{
	assert(!t->answered && strlen(id) < sizeof(t->id));
	snprintf(t->id, sizeof(t->id), "%s", id);
	t->answered = true;
	t->order = t->owner->log->order;
}

void touch_finish(struct touch *t)
{
	if (!t)
		return;
	if (t->owner->waiter)
		task_wake(t->owner->waiter);
	if (t->answered && !t->told)
		t->until_ms = clock_mono_ms() + TOUCH_PATIENCE_MS;
	else
		drop(t);
}

static void drop_old(struct touches *s)
{
	int64_t now = clock_mono_ms();
	struct touch *t, *next;

	list_for_each_safe (t, next, &s->all, link) {
		if (t->until_ms && t->until_ms <= now)
			drop(t);
	}
}

bool touch_is_told(struct touches *s, const char *container_id, const struct docker_event *event,
	uint64_t *ret_order)
{
	struct touch *t;

	drop_old(s);
	list_for_each (t, &s->all, link) {
		if (t->told || strcmp(t->id, container_id) != 0 ||
			!event_action_is(event, t->action))
			continue;
		t->told = true;
		if (!t->answered)
			return false; /* the reading will begin later anyway */
		*ret_order = t->order;
		if (t->until_ms)
			drop(t);
		return true;
	}
	return false;
}

bool touch_is_under_way(struct touches *s, const char *container_id, bool is_known,
	const struct docker_event *event)
{
	bool may_be_created_here = !is_known && event_action_is(event, "create");
	const struct touch *t;

	drop_old(s);
	list_for_each (t, &s->all, link) {
		if (t->id[0] ? strcmp(t->id, container_id) == 0 : may_be_created_here)
			return true;
	}
	return false;
}
