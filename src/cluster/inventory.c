/*
 * cluster/inventory.c - what an engine holds: its containers with their sums, and the rest.
 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "cluster/cluster.h"
#include "cluster/departed.h"
#include "cluster/engine_private.h"
#include "cluster/find_container.h"
#include "cluster/find_private.h"
#include "cluster/refresh_log.h"
#include "cluster/twin.h"

/* position of a reservation whose container is there: only whoever made it still knows it. */
static const size_t DETACHED = SIZE_MAX;

static size_t *state_counter(struct engine *e, const struct container *c)
{
	if (c->state == CONTAINER_PAUSED)
		return &e->paused;
	return container_is_running(c) ? &e->running : &e->stopped;
}

static void count_use(struct engine *e, const struct container *c)
{
	e->used_nano_cpus += c->nano_cpus;
	e->used_memory += c->memory_bytes;
}

static void uncount_use(struct engine *e, const struct container *c)
{
	e->used_nano_cpus -= c->nano_cpus;
	e->used_memory -= c->memory_bytes;
}

void engine_before_change(struct engine *e, struct container *c)
{
	assert(c->engine == e && !e->changing);
	e->changing = c;
	if (c->state != CONTAINER_PENDING)
		(*state_counter(e, c))--;
	uncount_use(e, c);
	label_tallies_remove(&e->label_tallies, c);
	volume_uses_remove(&e->volume_uses, c);
	if (e->cluster)
		lookup_remove(e->cluster->lookup, c);
}

static void put_in(struct engine *e, struct container *c)
{
	assert(!e->changing);
	e->changing = c; /* what follows is the end of a change */
	array_reserve(e->containers, e->containers_count, e->containers_cap);
	c->position = e->containers_count;
	e->containers[e->containers_count++] = c;
}

static void take_out(struct engine *e, struct container *c)
{
	struct container *last = e->containers[e->containers_count - 1];

	assert(e->changing == c && e->containers[c->position] == c);
	e->changing = NULL;
	e->containers[c->position] = last;
	last->position = c->position;
	e->containers_count--;
	c->position = DETACHED;
}

/* What was reserved is there: from now on the container stands for itself, and nobody sees its
 * reservation any more: one name, one slot, one share. */
static void settle_reservation(struct engine *e, const struct container *c)
{
	struct container *reserved = NULL;

	if (c->swarm_id[0] && e->cluster)
		reserved = lookup_find_reservation(e->cluster->lookup, c->swarm_id, e);
	if (!reserved)
		return;
	engine_before_change(e, reserved);
	take_out(e, reserved);
}

void engine_after_change(struct engine *e, struct container *c)
{
	assert(c->engine == e && e->changing == c);
	e->changing = NULL;
	if (e->cluster)
		lookup_insert(e->cluster->lookup, c);
	count_use(e, c);
	label_tallies_add(&e->label_tallies, c);
	volume_uses_add(&e->volume_uses, c);
	if (c->state == CONTAINER_PENDING)
		return;
	(*state_counter(e, c))++;
	settle_reservation(e, c);
	engine_tell_containers(e);
}

void engine_add_container(struct engine *e, struct container *c)
{
	c->engine = e;
	put_in(e, c);
	engine_after_change(e, c);
	if (c->state != CONTAINER_PENDING)
		metric_add(METRIC_containers, 1);
	twin_suspect(e, c);
}

void engine_remove_container(struct engine *e, struct container *c)
{
	if (c->position != DETACHED) {
		engine_before_change(e, c);
		take_out(e, c);
	}
	if (c->state != CONTAINER_PENDING) {
		engine_tell_containers(e);
		/* not when it is the engine that leaves */
		if (e->cluster && engine_is_validated(e))
			departed_note(e->cluster->departed, c, clock_mono_ms());
		refresh_log_removal(e->refresh_log, c->id);
		metric_add(METRIC_containers, -1);
	}
	container_destroy(c);
}

struct container *engine_find_container(const struct engine *e, const char *id)
{
	return e->cluster ? lookup_find_on(e->cluster->lookup, id, e) : NULL;
}

void engine_drop_containers(struct engine *e)
{
	for (size_t i = e->containers_count; i-- > 0;) {
		if (e->containers[i]->state != CONTAINER_PENDING)
			engine_remove_container(e, e->containers[i]);
	}
}

void engine_hide_reservations(struct engine *e)
{
	for (size_t i = 0; i < e->containers_count; i++) {
		assert(e->containers[i]->state == CONTAINER_PENDING);
		lookup_remove(e->cluster->lookup, e->containers[i]);
	}
}

/* --- images, networks, volumes --- */

#define DEFINE_STORE(kind)                                                                         \
	static void drop_##kind(void *item)                                                        \
	{                                                                                          \
		kind##_finish(item);                                                               \
	}                                                                                          \
	void engine_take_##kind##s(                                                                \
		struct engine *e, struct kind *items, size_t count, struct index_marks *marks)     \
	{                                                                                          \
		struct loop *loop = endpoint_loop(e->remote.endpoint);                             \
                                                                                                   \
		assert(marks || count == 0);                                                       \
		index_marks_drop(e->kind##_marks, loop);                                           \
		e->kind##s = items;                                                                \
		e->kind##s_count = count;                                                          \
		e->kind##_marks = marks;                                                           \
		if (!marks)                                                                        \
			return;                                                                    \
		index_marks_own(marks, items, count, sizeof(*items), drop_##kind);                 \
		index_marks_publish(marks, e);                                                     \
	}                                                                                          \
	static struct index_marks *mark_##kind##s(                                                 \
		const struct engine *e, const struct kind *items, size_t count)                    \
	{                                                                                          \
		struct index_marks *marks;                                                         \
                                                                                                   \
		if (!count)                                                                        \
			return NULL;                                                               \
		marks = xnew(struct index_marks);                                                  \
		for (size_t i = 0; e->cluster && i < count; i++)                                   \
			find_##kind##_index(marks, e->cluster->finders, &items[i]);                \
		while (index_marks_link(marks)) {                                                  \
		}                                                                                  \
		return marks;                                                                      \
	}

DEFINE_STORE(image)
DEFINE_STORE(network)
DEFINE_STORE(volume)

void engine_set_images(struct engine *e, struct image *items, size_t count)
{
	image_children(items, count);
	engine_take_images(e, items, count, mark_images(e, items, count));
}

void engine_set_networks(struct engine *e, struct network *items, size_t count)
{
	engine_take_networks(e, items, count, mark_networks(e, items, count));
}

void engine_set_volumes(struct engine *e, struct volume *items, size_t count)
{
	volume_sort(items, count);
	volume_uses_keep_fresh(&e->volume_uses, items, count);
	engine_take_volumes(e, items, count, mark_volumes(e, items, count));
}

void engine_drop_objects(struct engine *e)
{
	engine_set_images(e, NULL, 0);
	engine_set_networks(e, NULL, 0);
	engine_set_volumes(e, NULL, 0);
}
