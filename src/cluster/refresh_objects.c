/*
 * cluster/refresh_objects.c - images, networks and volumes: each list is replaced as a whole.
 *
 * A list is read as it comes, and only when it is complete it becomes the engine's.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cluster/engine_private.h"
#include "cluster/fresh.h"
#include "cluster/refresh_job.h"

struct job {
	struct refresh_state base;
	enum object_kind kind;
	struct refresh_list list;
	char *items; /* owned array of what was read of it */
	size_t count, room;
};

STEP(job_ask);
STEP(job_read);

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
	static void set_##kind##s(struct engine *e, void *items, size_t count)                     \
	{                                                                                          \
		engine_set_##kind##s(e, items, count);                                             \
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
	void (*set)(struct engine *e, void *items, size_t count); /* takes the items over */
} kinds[] = {
	[OBJECT_IMAGES] = { "/images/json?all=1", NULL, sizeof(struct image), read_image,
		drop_image, set_images },
	[OBJECT_NETWORKS] = { "/networks", NULL, sizeof(struct network), read_network, drop_network,
		set_networks },
	[OBJECT_VOLUMES] = { "/volumes", "Volumes", sizeof(struct volume), read_volume, drop_volume,
		set_volumes },
};

static void *place_of(const struct job *job, size_t i)
{
	return job->items + i * kinds[job->kind].size;
}

static void job_free(struct refresh_state *base)
{
	struct job *job = container_of(base, struct job, base);

	for (size_t i = 0; i < job->count; i++)
		kinds[job->kind].drop(place_of(job, i));
	free(job->items);
	refresh_list_finish(&job->list);
	free(job);
}

static enum task_turn job_ask(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);

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

static void store(struct job *job)
{
	struct refresh_log *log = job->base.engine->refresh_log;
	size_t count = job->count;

	refresh_list_finish(&job->list);
	if (log->objects_seen[job->kind] >= job->base.place.order)
		return;
	log->objects_seen[job->kind] = job->base.place.order;
	job->count = 0;
	kinds[job->kind].set(job->base.engine, steal(job->items), count);
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
			store(job);
			settle(job);
			return TASK_DONE;
		}
	}
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
