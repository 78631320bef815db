/*
 * cluster/refresh_objects.c - images, networks and volumes: each list is replaced as a whole.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cluster/engine_private.h"
#include "cluster/fresh.h"
#include "cluster/refresh_job.h"

enum { LIST_TIMEOUT_MS = 60 * 1000 };

struct job {
	struct refresh_state base;
	enum object_kind kind;
	struct call list;
};

STEP(job_ask);
STEP(job_answered);

static void job_free(struct refresh_state *base)
{
	struct job *job = container_of(base, struct job, base);

	call_finish(&job->list);
	free(job);
}

/*
 * A list of one kind.  STORE(kind) defines store_kinds(engine, array): the old items go, those of
 * the array that have the right shape come.
 */
#define DEFINE_STORE(kind)                                                                         \
	static void store_##kind##s(struct engine *e, yyjson_val *array)                           \
	{                                                                                          \
		struct kind *items = xcalloc(yyjson_arr_size(array) + 1, sizeof(*items));          \
		yyjson_val *item;                                                                  \
		size_t count = 0, i, max;                                                          \
                                                                                                   \
		yyjson_arr_foreach(array, i, max, item)                                            \
		{                                                                                  \
			auto_error struct error err = ERROR_INIT;                                  \
                                                                                                   \
			if (kind##_from_json(&items[count], item, &err))                           \
				count++;                                                           \
			else                                                                       \
				engine_warn(e, "Skipping an entry of an engine's list", "error",   \
					error_text(&err));                                         \
		}                                                                                  \
		engine_set_##kind##s(e, items, count);                                             \
	}

DEFINE_STORE(image)
DEFINE_STORE(network)
DEFINE_STORE(volume)

static const struct {
	const char *path;
	const char *member; /* of the answer that holds the list; NULL: it is the answer */
	void (*store)(struct engine *e, yyjson_val *array);
} kinds[] = {
	[OBJECT_IMAGES] = { "/images/json?all=1", NULL, store_images },
	[OBJECT_NETWORKS] = { "/networks", NULL, store_networks },
	[OBJECT_VOLUMES] = { "/volumes", "Volumes", store_volumes },
};

static enum task_turn job_ask(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);

	refresh_ask(&job->base, &job->list, "%s", kinds[job->kind].path);
	job->list.head_timeout_ms = LIST_TIMEOUT_MS;
	return task_wait(t, &job_answered_step); /* the call has deadlines */
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

	if (!job->list.done)
		return task_wait(t, &job_answered_step); /* the call has deadlines */
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
	if (e->refresh_log->objects_seen[job->kind] < job->base.place.order) {
		e->refresh_log->objects_seen[job->kind] = job->base.place.order;
		kinds[job->kind].store(e, list);
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
