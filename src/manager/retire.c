/* manager/retire.c - of several copies of one container, one stays. */
#include "manager/retire.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "docker/policy.h"
#include "manager/desired.h"

enum {
	STOP_TIMEOUT_MS = 60 * 1000, /* beyond the container's own */
	STOP_MAX_S = 24 * 60 * 60,
	REMOVE_TIMEOUT_MS = 60 * 1000,
};

STEP(retire_begin);
STEP(retire_next);
STEP(retire_stopped);
STEP(retire_removed);

struct retire {
	struct work work;
	struct task task;
	struct manager *manager; /* borrowed */
	struct engine *returned; /* counted; NULL: none has */
	struct engine *engine;   /* counted; of the copy; NULL: none was found yet */
	char id[65];             /* of the copy */
	bool never_ran;          /* so we believe */
	bool refused;            /* it runs */
	struct refresh refresh;
	struct call call;
};

static void retire_free(struct retire *r)
{
	task_finish(&r->task);
	refresh_finish(&r->refresh);
	call_finish(&r->call);
	engine_unref(r->returned);
	engine_unref(r->engine);
	r->manager->retiring--;
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
	m->retiring++;
	r->returned = returned ? engine_ref(returned) : NULL;
	work_begin(&r->work, m, cancel);
	task_init(
		&r->task, m->loop, returned ? &retire_begin_step : &retire_next_step, retire_done);
	task_start(&r->task);
}

static enum task_turn retire_begin(struct task *t)
{
	struct retire *r = container_of(t, struct retire, task);

	refresh_containers(&r->refresh, r->returned, t);
	return task_wait_for(t, &r->refresh.done, &retire_next_step);
}

/* --- who goes --- */

static int compare_swarm_ids(const void *x, const void *y)
{
	const struct container *a = *(struct container *const *)x;
	const struct container *b = *(struct container *const *)y;

	return strcmp(a->swarm_id, b->swarm_id);
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
		qsort(found, count, sizeof(struct container *), compare_swarm_ids);
	*ret_count = count;
	return found;
}

/* The newest; of two that are as new, because two managers made one each, the one that runs. */
static bool is_better(const struct container *a, const struct container *b)
{
	uint64_t ea = policy_epoch(&a->labels), eb = policy_epoch(&b->labels);
	bool ra = container_is_running(a), rb = container_is_running(b);

	return ea != eb ? ea > eb : ra != rb ? ra : strcmp(a->id, b->id) < 0;
}

/* As long as one runs, a copy that never ran is no reason to end that. */
static const struct container *who_stays(struct container **copies, size_t count)
{
	const struct container *best = NULL;
	bool one_runs = false;

	for (size_t i = 0; i < count; i++)
		one_runs = one_runs || container_is_running(copies[i]);
	for (size_t i = 0; i < count; i++) {
		if (one_runs && copies[i]->state == CONTAINER_CREATED)
			continue;
		if (!best || is_better(copies[i], best))
			best = copies[i];
	}
	return best;
}

/* Of copies that nobody made anew, no label but a client's says that they are copies. */
static bool must_go(const struct container *c, const struct container *stays)
{
	uint64_t epoch = policy_epoch(&c->labels);

	return strcmp(c->id, stays->id) != 0 && c->engine != stays->engine &&
	       (epoch > 0 || policy_epoch(&stays->labels) > 0);
}

static struct container *find_old_copy(const struct manager *m)
{
	size_t count, next;
	auto_free struct container **all = collect(m->cluster, &count);

	for (size_t i = 0; i < count; i++) {
		if (desired_is_left_over(m->desired, all[i]))
			return all[i];
	}
	for (size_t first = 0; first < count; first = next) {
		const struct container *stays;

		for (next = first; next < count && compare_swarm_ids(&all[first], &all[next]) == 0;)
			next++;
		stays = who_stays(&all[first], next - first);
		for (size_t i = first; i < next; i++) {
			if (must_go(all[i], stays))
				return all[i];
		}
	}
	return NULL;
}

/* --- its way --- */

int64_t retire_stop_timeout_ms(const struct container *c)
{
	const char *text = c->blueprint ? c->blueprint : "{}";
	auto_json yyjson_doc *doc = json_parse(text, strlen(text), NULL);
	int64_t own_s = json_get_int(yyjson_doc_get_root(doc), "StopTimeout", 0);

	return STOP_TIMEOUT_MS + min_of(max_of(own_s, (int64_t)0), (int64_t)STOP_MAX_S) * 1000;
}

static void ask(struct retire *r, const char *method, const char *rest, int64_t timeout_ms)
{
	remote_change(&r->call, &r->engine->remote, method, r->id, rest, timeout_ms, &r->task);
}

static void settle(const struct retire *r)
{
	struct engine *e;

	cluster_each (e, r->manager->cluster, CLUSTER_HEALTHY) {
		if (!r->returned || e == r->returned)
			desired_settle(r->manager->desired, e);
	}
}

static enum task_turn retire_next(struct task *t)
{
	struct retire *r = container_of(t, struct retire, task);
	const struct container *old;

	if (!manager_may_act(r->manager) || error_is_set(&r->refresh.err))
		return TASK_DONE; /* a node that could not be read comes back once more */
	old = find_old_copy(r->manager);
	if (!old) {
		settle(r);
		return TASK_DONE;
	}
	memcpy(r->id, old->id, sizeof(r->id));
	engine_unref(r->engine);
	r->engine = engine_ref(old->engine);
	r->never_ran = old->state == CONTAINER_CREATED;
	log_info("Removing %s copy of container %s from %s",
		r->never_ran ? "a needless" : "the old", container_name(old), r->engine->name);
	if (r->never_ran)
		return task_go(t, &retire_stopped_step);
	ask(r, "POST", "/stop", retire_stop_timeout_ms(old));
	return task_wait_for(t, &r->call.done, &retire_stopped_step);
}

/* Whether or not it could be stopped in peace; but what never ran may run by now. */
static enum task_turn retire_stopped(struct task *t)
{
	struct retire *r = container_of(t, struct retire, task);

	if (!manager_may_act(r->manager))
		return TASK_DONE;
	ask(r, "DELETE", r->never_ran ? "" : "?force=1", REMOVE_TIMEOUT_MS);
	return task_wait_for(t, &r->call.done, &retire_removed_step);
}

/* Once: when it runs, it is looked at who stays anew. */
static bool may_ask_again(struct retire *r, const struct error *err)
{
	bool again = r->never_ran && err->status == 409 && !r->refused;

	r->refused = true;
	return again;
}

static enum task_turn retire_removed(struct task *t)
{
	struct retire *r = container_of(t, struct retire, task);
	auto_error struct error err = ERROR_INIT;

	engine_report_call(r->engine, &r->call);
	if (!remote_check(&r->call, &r->engine->remote, &err) && err.status != 404 &&
		!may_ask_again(r, &err)) {
		log_warn("The old copy %.12s on %s stays until the node returns again: %s", r->id,
			r->engine->name, error_text(&err));
		return TASK_DONE;
	}
	refresh_container(&r->refresh, r->engine, r->id, t);
	return task_wait_for(t, &r->refresh.done, &retire_next_step);
}
