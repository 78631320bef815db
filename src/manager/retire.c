/* manager/retire.c - of several copies of one container, one stays. */
#include "manager/retire.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"

enum { STOP_TIMEOUT_MS = 60 * 1000, REMOVE_TIMEOUT_MS = 60 * 1000 };

STEP(retire_begin);
STEP(retire_next);
STEP(retire_stopped);
STEP(retire_removed);

struct retire {
	struct work work;
	struct task task;
	struct manager *manager; /* borrowed */
	struct engine *engine;   /* counted; first the one that returned, then that of the copy */
	char id[65];             /* of the copy */
	struct refresh refresh;
	struct call call;
};

static void retire_free(struct retire *r)
{
	task_finish(&r->task);
	refresh_finish(&r->refresh);
	call_finish(&r->call);
	engine_unref(r->engine);
	work_end(&r->work);
	free(r);
}

static void retire_done(struct task *t)
{
	retire_free(container_of(t, struct retire, task));
}

static void cancel(struct work *w)
{
	retire_free(container_of(w, struct retire, work));
}

void retire_start(struct manager *m, struct engine *returned)
{
	struct retire *r = xnew(struct retire);

	r->manager = m;
	r->engine = engine_ref(returned);
	work_begin(&r->work, m, cancel);
	task_init(&r->task, m->loop, &retire_begin_step, retire_done);
	task_start(&r->task);
}

static enum task_turn retire_begin(struct task *t)
{
	struct retire *r = container_of(t, struct retire, task);

	refresh_containers(&r->refresh, r->engine, t);
	return task_wait_for(t, &r->refresh.done, &retire_next_step);
}

/* --- who goes --- */

static uint64_t epoch_of(const struct container *c)
{
	const char *text = labels_get(&c->labels, LABEL_EPOCH);
	uint64_t epoch;

	return text && parse_u64(text, &epoch) ? epoch : 0;
}

/* By swarm id, the newest copy first. */
static int compare_copies(const void *x, const void *y)
{
	const struct container *a = *(struct container *const *)x;
	const struct container *b = *(struct container *const *)y;
	int order = strcmp(a->swarm_id, b->swarm_id);
	uint64_t ea = epoch_of(a), eb = epoch_of(b);

	return order ? order : (ea < eb) - (ea > eb);
}

static bool may_have_copies(const struct container *c)
{
	return c->blueprint && *c->swarm_id && c->state != CONTAINER_PENDING;
}

/* On healthy nodes: what is not reached cannot be stopped, and proves nothing about others. */
static struct container **collect(struct cluster *cluster, size_t *ret_count)
{
	struct container **found = NULL;
	size_t count = 0, cap = 0;

	for (size_t i = 0; i < cluster->engines_count; i++) {
		struct engine *e = cluster->engines[i];

		for (size_t k = 0; engine_is_healthy(e) && k < e->containers_count; k++) {
			if (!may_have_copies(e->containers[k]))
				continue;
			array_reserve(found, count, cap);
			found[count++] = e->containers[k];
		}
	}
	if (count)
		qsort(found, count, sizeof(struct container *), compare_copies);
	*ret_count = count;
	return found;
}

static struct container *find_old_copy(struct cluster *cluster)
{
	size_t count, newest = 0;
	auto_free struct container **all = collect(cluster, &count);

	for (size_t i = 1; i < count; i++) {
		if (strcmp(all[i]->swarm_id, all[newest]->swarm_id) != 0)
			newest = i;
		else if (strcmp(all[i]->id, all[newest]->id) != 0 &&
			 all[i]->engine != all[newest]->engine &&
			 epoch_of(all[i]) < epoch_of(all[newest]))
			return all[i];
	}
	return NULL;
}

/* --- its way --- */

static void ask(struct retire *r, const char *method, const char *rest, int64_t timeout_ms)
{
	call_finish(&r->call);
	remote_call_init(&r->call, &r->engine->remote, (struct api_version){ 0 }, method,
		"/containers/%s%s", r->id, rest);
	r->call.mode = CALL_TEXT;
	r->call.head_timeout_ms = timeout_ms;
	remote_send(&r->call, &r->engine->remote, &r->task);
}

static enum task_turn retire_next(struct task *t)
{
	struct retire *r = container_of(t, struct retire, task);
	const struct container *old;

	if (!manager_may_act(r->manager) || error_is_set(&r->refresh.err))
		return TASK_DONE; /* a node that could not be read comes back once more */
	old = find_old_copy(r->manager->cluster);
	if (!old)
		return TASK_DONE;
	memcpy(r->id, old->id, sizeof(r->id));
	engine_unref(r->engine);
	r->engine = engine_ref(old->engine);
	log_info("Removing the old copy of container %s from %s", container_name(old),
		r->engine->name);
	ask(r, "POST", "/stop", STOP_TIMEOUT_MS);
	return task_wait_for(t, &r->call.done, &retire_stopped_step);
}

/* Whether or not it could be stopped in peace. */
static enum task_turn retire_stopped(struct task *t)
{
	struct retire *r = container_of(t, struct retire, task);

	if (!manager_may_act(r->manager))
		return TASK_DONE;
	ask(r, "DELETE", "?force=1", REMOVE_TIMEOUT_MS);
	return task_wait_for(t, &r->call.done, &retire_removed_step);
}

static enum task_turn retire_removed(struct task *t)
{
	struct retire *r = container_of(t, struct retire, task);
	auto_error struct error err = ERROR_INIT;

	engine_report_call(r->engine, &r->call);
	if (!remote_check(&r->call, &r->engine->remote, &err) && err.status != 404) {
		log_warn("The old copy %.12s on %s stays until the node returns again: %s", r->id,
			r->engine->name, error_text(&err));
		return TASK_DONE;
	}
	refresh_container(&r->refresh, r->engine, r->id, t);
	return task_wait_for(t, &r->refresh.done, &retire_next_step);
}
