/*
 * cluster/refresh_containers.c - all containers of an engine.
 *
 * The list first; then inspect, a few at a time, for every container that is new or whose state or
 * status text is not what the record would say itself.  The list is read as it comes, and is never
 * held as a whole, so that a thousand engines at once stay small.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/engine_private.h"
#include "cluster/refresh_private.h"

enum {
	INSPECTS_AT_ONCE = 4,
	INSPECT_TIMEOUT_MS = 15 * 1000,
	INSPECT_MAX_BYTES = 16 * 1024 * 1024,
};

/* A container to be inspected. */
struct item {
	char id[65];
	struct container *fresh; /* owned: the record to be, when the engine has none yet */
};

struct slot {
	struct call call;
	struct item item;
	bool busy;
};

struct job {
	struct refresh_state base;
	struct refresh_list list;
	size_t unchecked;   /* of the engine's containers, from the first on: still there? */
	struct item *items; /* owned; those before `next` have been given to a slot */
	size_t items_count, items_cap, next;
	struct slot slots[INSPECTS_AT_ONCE];
};

STEP(job_ask);
STEP(job_read);
STEP(job_sweep);
STEP(job_inspect);

static void item_finish(void *item)
{
	container_destroy(((struct item *)item)->fresh);
}

static void job_free(struct refresh_state *base)
{
	struct job *job = container_of(base, struct job, base);

	refresh_list_finish(&job->list);
	for (size_t i = 0; i < INSPECTS_AT_ONCE; i++) {
		call_finish(&job->slots[i].call);
		container_destroy(job->slots[i].item.fresh);
	}
	loop_free_items(
		base->task.loop, job->items, job->items_count, sizeof(*job->items), item_finish);
	free(job);
}

static enum task_turn job_ask(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);

	refresh_ask_list(&job->base, &job->list, "/containers/json?all=1", NULL);
	return task_wait(t, &job_read_step); /* the call has deadlines */
}

/* --- the list --- */

static void queue_inspect(struct job *job, const char *id, struct container *fresh)
{
	struct item *item;

	array_reserve(job->items, job->items_count, job->items_cap);
	item = &job->items[job->items_count++];
	*item = (struct item){ .fresh = fresh };
	snprintf(item->id, sizeof(item->id), "%s", id);
}

static bool status_differs(const struct container *c, yyjson_val *entry)
{
	auto_strbuf struct strbuf known = STRBUF_INIT;

	container_write_status(&known, c, clock_wall_ns());
	return strcmp(known.buf, json_get_str(entry, "Status", "")) != 0;
}

static void read_known(struct job *job, struct container *c, yyjson_val *entry)
{
	struct engine *e = job->base.engine;
	struct container_view view = engine_container_view(e);
	bool differs = !c->inspected || status_differs(c, entry);
	uint8_t state = c->state;

	engine_before_change(e, c);
	container_set_entry(c, entry, &view, NULL);
	c->seen = job->base.place.order;
	engine_after_change(e, c);
	if (differs || c->state != state)
		queue_inspect(job, c->id, NULL);
}

static void read_new(struct job *job, yyjson_val *entry)
{
	struct container_view view = engine_container_view(job->base.engine);
	auto_error struct error err = ERROR_INIT;
	struct container *c = container_create();

	if (!container_set_entry(c, entry, &view, &err)) {
		engine_warn(job->base.engine, "Skipping a container", "error", error_text(&err));
		container_destroy(c);
		return;
	}
	queue_inspect(job, c->id, c);
}

static void read_entry(struct job *job, yyjson_val *entry)
{
	struct engine *e = job->base.engine;
	const char *id = json_get_str(entry, "Id", "");
	struct container *c = engine_find_container(e, id);

	if (c && refresh_is_newest(&job->base, c))
		read_known(job, c, entry);
	else if (!c && !refresh_log_removed_since(e->refresh_log, id, job->base.place.order))
		read_new(job, entry);
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
		case JSON_PIECES_FAILED: return refresh_fail(&job->base, &err);
		case JSON_PIECES_END:
			refresh_list_finish(&job->list);
			job->unchecked = job->base.engine->containers_count;
			return task_go(t, &job_sweep_step);
		}
	}
}

/*
 * Gone is what the list did not show, unless it came after the list was asked for.  While others
 * have their turn containers come and go: the last one takes the place of one that goes, and that
 * has been looked at, or came later.
 */
static enum task_turn job_sweep(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	struct engine *e = job->base.engine;

	job->unchecked = min_of(job->unchecked, e->containers_count);
	while (job->unchecked > 0 && loop_has_time(t->loop)) {
		struct container *c = e->containers[--job->unchecked];

		if (c->state != CONTAINER_PENDING && c->seen < job->base.place.order)
			engine_remove_container(e, c);
	}
	if (job->unchecked == 0)
		return task_go(t, &job_inspect_step);
	return task_yield(t, &job_sweep_step);
}

/* --- inspecting --- */

static bool set_inspect(struct job *job, struct container *c, yyjson_val *inspect)
{
	struct container_view view = engine_container_view(job->base.engine);

	return strcmp(json_get_str(inspect, "Id", ""), c->id) == 0 &&
	       container_set_inspect(c, inspect, &view, NULL);
}

static void update(struct job *job, struct container *c, yyjson_val *inspect)
{
	struct engine *e = job->base.engine;

	if (!refresh_is_newest(&job->base, c))
		return;
	engine_before_change(e, c);
	if (set_inspect(job, c, inspect))
		c->read = job->base.place.order;
	engine_after_change(e, c);
}

static void add(struct job *job, struct item *item, yyjson_val *inspect)
{
	struct engine *e = job->base.engine;

	if (refresh_log_removed_since(e->refresh_log, item->id, job->base.place.order) ||
		!set_inspect(job, item->fresh, inspect))
		return;
	item->fresh->seen = item->fresh->read = job->base.place.order;
	engine_add_container(e, steal(item->fresh));
}

static void store(struct job *job, struct item *item, yyjson_val *inspect)
{
	struct container *c = engine_find_container(job->base.engine, item->id);

	if (c)
		update(job, c, inspect);
	else if (item->fresh)
		add(job, item, inspect);
}

/* False when the engine cannot be asked any more. */
static bool take_answer(struct job *job, struct slot *slot, struct error *err)
{
	bool lost = error_is_set(&slot->call.err);
	bool answered = refresh_answer(&job->base, &slot->call, err);

	if (answered)
		store(job, &slot->item, yyjson_doc_get_root(slot->call.json));
	else if (!lost && err->status != 404)
		log_fields(LOG_DEBUG, "Cannot inspect a container", "addr", job->base.engine->addr,
			"container", slot->item.id, "error", error_text(err), NULL);
	call_finish(&slot->call);
	container_destroy(steal(slot->item.fresh));
	slot->busy = false;
	return answered || !lost;
}

static void give_item(struct job *job, struct slot *slot)
{
	slot->item = job->items[job->next];
	job->items[job->next++].fresh = NULL;
	slot->busy = true;
	refresh_ask(&job->base, &slot->call, "/containers/%s/json", slot->item.id);
	slot->call.head_timeout_ms = INSPECT_TIMEOUT_MS;
	slot->call.max_body = INSPECT_MAX_BYTES;
}

static enum task_turn job_inspect(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	bool busy = false;

	for (size_t i = 0; i < INSPECTS_AT_ONCE; i++) {
		struct slot *slot = &job->slots[i];
		auto_error struct error err = ERROR_INIT;

		if (slot->busy && slot->call.done && !take_answer(job, slot, &err))
			return refresh_fail(&job->base, &err);
		if (!slot->busy && job->next < job->items_count)
			give_item(job, slot);
		busy |= slot->busy;
	}
	return busy ? task_wait(t, &job_inspect_step) : TASK_DONE; /* the calls have deadlines */
}

void refresh_containers(struct refresh *r, struct engine *e, struct task *waiter)
{
	struct job *job = xnew(struct job);

	refresh_begin(r, &job->base, e, waiter, &job_ask_step, job_free);
}
