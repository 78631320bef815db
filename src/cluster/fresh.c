/*
 * cluster/fresh.c - the engines whose images are behind, and who waits for them.
 */
#include "cluster/fresh.h"

#include "cluster/cluster.h"
#include "cluster/refresh_log.h"
#include "net/task.h"

void fresh_note(struct engine *e)
{
	if (!e->cluster)
		return;
	/* one that is under way may have been answered before the change */
	e->images_due = e->refresh_log->order + 1;
	list_remove(&e->behind);
	list_push_back(&e->cluster->behind, &e->behind);
}

void fresh_settle(struct engine *e, uint64_t order)
{
	struct fresh_wait *w;

	if (order < e->images_due)
		return;
	list_remove(&e->behind);
	if (!e->cluster)
		return;
	list_for_each (w, &e->cluster->fresh_waits, link)
		task_wake(w->task);
}

bool fresh_images(const struct cluster *cluster)
{
	struct engine *e;

	list_for_each (e, &cluster->behind, behind) {
		if (engine_is_healthy(e))
			return false;
	}
	return true;
}

void fresh_wait_start(struct fresh_wait *w, struct cluster *cluster, struct task *task)
{
	w->task = task;
	list_push_back(&cluster->fresh_waits, &w->link);
}

void fresh_wait_finish(struct fresh_wait *w)
{
	if (w->task)
		list_remove(&w->link);
	*w = (struct fresh_wait){ 0 };
}
