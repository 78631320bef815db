/*
 * manager/fence.c - look -> a node for whose loss containers wait: ask it once more -> run -> look.
 */
#include "manager/fence.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "manager/desired.h"
#include "manager/knock.h"
#include "manager/manager.h"
#include "net/child.h"

enum {
	LOOK_MS = 1000,
	RUN_LIMIT_MS = 60 * 1000,
	/* Between two runs, of which the first was in vain; then it is the next node's turn. */
	AGAIN_MS = 10 * 1000,
};

struct fence {
	struct manager *manager;       /* borrowed */
	struct reschedule *reschedule; /* likewise */
	char *command;                 /* owned */
	struct task task;
	struct desired_node node; /* whose turn it is, or was; owned */
	struct knock knock;
	struct child child;
};

STEP(fence_look);
STEP(fence_knocked);
STEP(fence_ran);

/* --- whose turn --- */

/* In the order of their ids, after the last one, and around. */
static void consider(struct desired_node *best, const struct desired_node *n, const char *last)
{
	bool wraps = strcmp(n->id, last) <= 0, best_wraps = best->id && strcmp(best->id, last) <= 0;

	if (best->id && (wraps != best_wraps ? wraps : strcmp(n->id, best->id) >= 0))
		return;
	desired_node_finish(best);
	desired_node_copy(best, n);
}

static bool find_next(const struct fence *f, struct desired_node *ret)
{
	struct desired *d = f->manager->desired;
	const char *last = f->node.id ? f->node.id : "";
	struct engine *e;
	size_t count;
	auto_free struct desired_node *unseen = desired_list_waiting(d, &count);

	*ret = (struct desired_node){ 0 };
	for (size_t i = 0; i < count; i++)
		consider(ret, &unseen[i], last);
	cluster_each (e, f->manager->cluster, CLUSTER_VALIDATED) {
		if (!e->lost && reschedule_count_waiting(e) > 0)
			consider(ret, &(struct desired_node){ e->id, e->name, e->addr }, last);
	}
	return ret->id != NULL;
}

/* --- one run --- */

static struct engine *engine_of(const struct fence *f)
{
	return cluster_find_engine(f->manager->cluster, f->node.id);
}

static enum task_turn fence_look(struct task *t)
{
	struct fence *f = container_of(t, struct fence, task);
	struct desired_node next;

	if (!reschedule_may_move(f->reschedule) || !find_next(f, &next))
		return task_wait_ms(t, &fence_look_step, LOOK_MS);
	desired_node_finish(&f->node);
	f->node = next;
	knock_send(&f->knock, f->manager->cluster, engine_of(f), f->node.address, t);
	return task_wait_for_ms(t, &f->knock.call.done, &fence_knocked_step, KNOCK_TIMEOUT_MS);
}

static void run(struct fence *f)
{
	auto_free char *name = xasprintf("SWARM_NODE_NAME=%s", f->node.name);
	auto_free char *address = xasprintf("SWARM_NODE_ADDRESS=%s", f->node.address);
	auto_free char *id = xasprintf("SWARM_NODE_ID=%s", f->node.id);
	const char *const environment[] = { name, address, id, NULL };
	const char *const arguments[] = { f->command, f->node.name, f->node.address, f->node.id,
		NULL };

	log_fields(LOG_WARN, "Running the fence command", "addr", f->node.address, "name",
		f->node.name, NULL);
	child_start(&f->child, f->manager->loop, arguments, environment, RUN_LIMIT_MS, &f->task);
}

static enum task_turn fence_knocked(struct task *t)
{
	struct fence *f = container_of(t, struct fence, task);
	struct engine *e = engine_of(f);
	bool answers = knock_was_answered(&f->knock);

	if (answers && e)
		engine_report_call(e, &f->knock.call);
	knock_finish(&f->knock);
	if (answers)
		return task_wait_ms(t, &fence_look_step, AGAIN_MS);
	if (!reschedule_may_move(f->reschedule))
		return task_go(t, &fence_look_step);
	run(f);
	return task_wait_for(t, &f->child.done, &fence_ran_step);
}

static enum task_turn fence_ran(struct task *t)
{
	struct fence *f = container_of(t, struct fence, task);
	auto_error struct error err = ERROR_INIT;

	error_move(&err, &f->child.err);
	child_finish(&f->child);
	if (!error_is_set(&err) && manager_may_act(f->manager))
		desired_declare_lost(f->manager->desired, f->node.id, &err);
	if (!error_is_set(&err))
		return task_go(t, &fence_look_step);
	log_warn("The fence command for node %s: %s (again in %d s)", f->node.name,
		error_text(&err), AGAIN_MS / 1000);
	return task_wait_ms(t, &fence_look_step, AGAIN_MS);
}

/* --- life --- */

bool fence_check(const char *command, struct error *err)
{
	return !command || access(command, X_OK) == 0 ||
	       error_set(err, ERROR_INVALID, "--fence-command %s: %s", command, strerror(errno));
}

struct fence *fence_create(struct manager *m, struct reschedule *rs, const char *command)
{
	struct fence *f = xnew(struct fence);

	f->manager = m;
	f->reschedule = rs;
	f->command = xstrdup(command);
	task_init(&f->task, m->loop, &fence_look_step, NULL);
	task_start(&f->task);
	return f;
}

void fence_destroy(struct fence *f)
{
	if (!f)
		return;
	task_finish(&f->task);
	knock_finish(&f->knock);
	child_finish(&f->child);
	desired_node_finish(&f->node);
	free(f->command);
	free(f);
}
