/*
 * cluster/refresh_objects.c - images, networks and volumes: each list is replaced as a whole.
 *
 * A list is read as it comes, and only when it is complete it becomes the engine's.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/long_sort.h"
#include "base/mem.h"
#include "cluster/engine_private.h"
#include "cluster/find_private.h"
#include "cluster/fresh.h"
#include "cluster/image_came.h"
#include "cluster/refresh_private.h"

struct job {
	struct refresh_state base;
	enum object_kind kind;
	struct refresh_list list;
	char *items; /* owned array of what was read of it */
	size_t count, room;
	struct long_sort sort;     /* has the items while it sorts them */
	struct index_marks *marks; /* owned; of the first `indexed` items */
	size_t indexed;
	size_t came, dated; /* images: see image_came.h */
};

STEP(job_ask);
STEP(job_read);
STEP(job_relate);
STEP(job_sort);
STEP(job_date);
STEP(job_index);
STEP(job_link);
STEP(job_store);

/*
 * What a kind of list is made of: an entry is read into its place in an array, one is given up, the
 * array becomes the engine's.
 */
#define DEFINE_KIND(kind)                                                                          \
	static bool read_##kind(void *place, yyjson_val *entry, struct error *err)                 \
	{                                                                                          \
		return kind##_from_json(place, entry, err);                                        \
	}                                                                                          \
	static void drop_##kind(void *place)                                                       \
	{                                                                                          \
		kind##_finish(place);                                                              \
	}                                                                                          \
	static void index_##kind(struct index_marks *m, const struct finders *f, const void *item) \
	{                                                                                          \
		find_##kind##_index(m, f, item);                                                   \
	}                                                                                          \
	static void take_##kind##s(                                                                \
		struct engine *e, void *items, size_t count, struct index_marks *marks)            \
	{                                                                                          \
		engine_take_##kind##s(e, items, count, marks);                                     \
	}

DEFINE_KIND(image)
DEFINE_KIND(network)
DEFINE_KIND(volume)

static const struct {
	const char *path;
	const char *member; /* of the answer that holds the list; NULL: it is the answer */
	size_t size;        /* of an item */
	bool (*read)(void *place, yyjson_val *entry, struct error *err);
	void (*drop)(void *place);
	void (*index)(struct index_marks *m, const struct finders *f, const void *item);
	/* takes both over */
	void (*take)(struct engine *e, void *items, size_t count, struct index_marks *marks);
} kinds[] = {
	[OBJECT_IMAGES] = { "/images/json?all=1", NULL, sizeof(struct image), read_image,
		drop_image, index_image, take_images },
	[OBJECT_NETWORKS] = { "/networks", NULL, sizeof(struct network), read_network, drop_network,
		index_network, take_networks },
	[OBJECT_VOLUMES] = { "/volumes", "Volumes", sizeof(struct volume), read_volume, drop_volume,
		index_volume, take_volumes },
};

static void *place_of(const struct job *job, size_t i)
{
	return job->items + i * kinds[job->kind].size;
}

static void job_free(struct refresh_state *base)
{
	struct job *job = container_of(base, struct job, base);

	index_marks_drop(job->marks, base->task.loop);
	if (!job->items)
		job->items = long_sort_take(&job->sort);
	loop_free_items(base->task.loop, job->items, job->count, kinds[job->kind].size,
		kinds[job->kind].drop);
	refresh_list_finish(&job->list);
	free(job);
}

static enum task_turn job_ask(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);

	job->came = image_came_begin(job->base.engine);
	refresh_ask_list(&job->base, &job->list, kinds[job->kind].path, kinds[job->kind].member);
	return task_wait(t, &job_read_step); /* the call has deadlines */
}

static void settle(const struct job *job)
{
	if (job->kind == OBJECT_IMAGES)
		fresh_settle(job->base.engine, job->base.place.order);
}

static enum task_turn job_fail(struct job *job, struct error *err)
{
	settle(job);
	return refresh_fail(&job->base, err);
}

/* Those that do not have the right shape are left out. */
static void read_entry(struct job *job, yyjson_val *entry)
{
	auto_error struct error err = ERROR_INIT;
	size_t size = kinds[job->kind].size;

	if (job->count == job->room) {
		job->room = max_of(2 * job->room, (size_t)16);
		job->items = xreallocarray(job->items, job->room, size);
	}
	if (kinds[job->kind].read(place_of(job, job->count), entry, &err))
		job->count++;
	else
		engine_warn(job->base.engine, "Skipping an entry of an engine's list", "error",
			error_text(&err));
}

static enum task_turn job_read(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	auto_error struct error err = ERROR_INIT;
	yyjson_val *entry;

	for (;;) {
		switch (refresh_next_entry(&job->base, &job->list, &entry, &err)) {
		case JSON_PIECES_PIECE: read_entry(job, entry); break;
		case JSON_PIECES_MORE: return task_wait(t, &job_read_step); /* it has deadlines */
		case JSON_PIECES_FAILED: return job_fail(job, &err);
		case JSON_PIECES_END:
			refresh_list_finish(&job->list);
			job->marks = xnew(struct index_marks);
			return task_yield(t, &job_relate_step);
		}
	}
}

/* --- what has been read becomes the engine's --- */

static enum task_turn job_relate(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);

	if (job->kind == OBJECT_IMAGES) {
		image_children((struct image *)job->items, job->count);
		return task_yield(t, &job_date_step);
	}
	if (job->kind != OBJECT_VOLUMES)
		return task_yield(t, &job_index_step);
	long_sort_begin(
		&job->sort, steal(job->items), job->count, sizeof(struct volume), volume_compare);
	return task_yield(t, &job_sort_step);
}

static enum task_turn job_date(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	struct image *images = (struct image *)job->items;

	while (job->dated < job->count && loop_has_time(t->loop))
		image_came_date(job->base.engine, &images[job->dated++], clock_mono_ms());
	return task_yield(t, job->dated < job->count ? &job_date_step : &job_index_step);
}

static enum task_turn job_sort(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	bool more = true;

	while (more && loop_has_time(t->loop))
		more = long_sort_more(&job->sort);
	if (more)
		return task_yield(t, &job_sort_step);
	job->items = long_sort_take(&job->sort);
	return task_yield(t, &job_index_step);
}

static enum task_turn job_index(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	const struct engine *e = job->base.engine;
	auto_error struct error err = ERROR_INIT;

	if (!e->cluster) {
		error_set(&err, ERROR_CLOSED, "Engine no longer exists");
		return job_fail(job, &err);
	}
	while (job->indexed < job->count && loop_has_time(t->loop)) {
		kinds[job->kind].index(
			job->marks, e->cluster->finders, place_of(job, job->indexed++));
	}
	return task_yield(t, job->indexed < job->count ? &job_index_step : &job_link_step);
}

static enum task_turn job_link(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	bool more = true;

	while (more && loop_has_time(t->loop))
		more = index_marks_link(job->marks);
	return task_yield(t, more ? &job_link_step : &job_store_step);
}

static enum task_turn job_store(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	struct engine *e = job->base.engine;
	uint64_t *seen = &e->refresh_log->objects_seen[job->kind];
	auto_error struct error err = ERROR_INIT;

	if (!e->cluster) {
		error_set(&err, ERROR_CLOSED, "Engine no longer exists");
		return job_fail(job, &err);
	}
	if (*seen < job->base.place.order) {
		*seen = job->base.place.order;
		if (job->kind == OBJECT_IMAGES)
			image_came_end(e, job->came);
		if (job->kind == OBJECT_VOLUMES)
			volume_uses_keep_fresh(
				&e->volume_uses, (struct volume *)job->items, job->count);
		kinds[job->kind].take(e, steal(job->items), job->count, steal(job->marks));
		job->count = 0;
	}
	settle(job);
	return TASK_DONE;
}

static void start(struct refresh *r, struct engine *e, enum object_kind kind, struct task *waiter)
{
	struct job *job = xnew(struct job);

	job->kind = kind;
	refresh_begin(r, &job->base, e, waiter, &job_ask_step, job_free);
}

void refresh_images(struct refresh *r, struct engine *e, struct task *waiter)
{
	start(r, e, OBJECT_IMAGES, waiter);
}

void refresh_networks(struct refresh *r, struct engine *e, struct task *waiter)
{
	start(r, e, OBJECT_NETWORKS, waiter);
}

void refresh_volumes(struct refresh *r, struct engine *e, struct task *waiter)
{
	start(r, e, OBJECT_VOLUMES, waiter);
}
