/*
 * cluster/refresh_objects.c - images, networks and volumes: each list is replaced as a whole.
 *
 * A list may have any number of entries: some are read a turn, and only when all are there it
 * becomes the engine's.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cluster/engine_private.h"
#include "cluster/fresh.h"
#include "cluster/refresh_job.h"

enum {
	LIST_TIMEOUT_MS = 60 * 1000,
	ENTRIES_PER_TURN = 200,
};

struct job {
	struct refresh_state base;
	enum object_kind kind;
	struct call list;
	yyjson_arr_iter entries; /* of list.json */
	char *items;             /* owned array of what was read of them */
	size_t count;
};

STEP(job_ask);
STEP(job_answered);
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
	call_finish(&job->list);
	free(job);
}

static enum task_turn job_ask(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);

	refresh_ask(&job->base, &job->list, "%s", kinds[job->kind].path);
	job->list.head_timeout_ms = LIST_TIMEOUT_MS;
	return task_wait_for(t, &job->list.done, &job_answered_step);
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

static bool is_list_or_null(yyjson_val *v)
{
	return !v || yyjson_is_arr(v) || yyjson_is_null(v);
}

static enum task_turn job_answered(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	struct engine *e = job->base.engine;
	const char *member = kinds[job->kind].member;
	auto_error struct error err = ERROR_INIT;
	yyjson_val *list;

	if (!refresh_answer(&job->base, &job->list, &err))
		return job_fail(job, &err);
	list = yyjson_doc_get_root(job->list.json);
	if (member)
		list = yyjson_obj_get(list, member);
	if (!is_list_or_null(list)) {
		error_set(
			&err, ERROR_PROTOCOL, "%s: %s is no list", e->addr, kinds[job->kind].path);
		return job_fail(job, &err);
	}
	job->items = xcalloc(yyjson_arr_size(list) + 1, kinds[job->kind].size);
	yyjson_arr_iter_init(list, &job->entries);
	return task_go(t, &job_read_step);
}

/* The old items go, those that have the right shape come. */
static void store(struct job *job)
{
	struct refresh_log *log = job->base.engine->refresh_log;
	size_t count = job->count;

	call_finish(&job->list);
	if (log->objects_seen[job->kind] >= job->base.place.order)
		return;
	log->objects_seen[job->kind] = job->base.place.order;
	job->count = 0;
	kinds[job->kind].set(job->base.engine, steal(job->items), count);
}

static enum task_turn job_read(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	struct engine *e = job->base.engine;
	auto_error struct error gone = ERROR_INIT;
	yyjson_val *entry = NULL;

	if (e->state == ENGINE_DISCONNECTED) {
		error_set(&gone, ERROR_CLOSED, "Engine no longer exists");
		return job_fail(job, &gone);
	}
	for (int i = 0; i < ENTRIES_PER_TURN; i++) {
		auto_error struct error err = ERROR_INIT;

		entry = yyjson_arr_iter_next(&job->entries);
		if (!entry)
			break;
		if (kinds[job->kind].read(place_of(job, job->count), entry, &err))
			job->count++;
		else
			engine_warn(e, "Skipping an entry of an engine's list", "error",
				error_text(&err));
	}
	if (entry)
		return task_wait_ms(t, &job_read_step, 0); /* let others have their turn */
	store(job);
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
