/* manager/drain.c - who may leave, and the steps of one that does. */
#include "manager/drain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/find_container.h"
#include "docker/policy.h"
#include "manager/create.h"
#include "manager/drain_private.h"
#include "manager/move_told.h"
#include "manager/node_settings.h"
#include "manager/replacement.h"
#include "manager/retire.h"

enum {
	LEAVING_AT_ONCE = 4,
	START_TIMEOUT_MS = 60 * 1000,
	REMOVE_TIMEOUT_MS = 60 * 1000,
	OVERLAP_MS = 5 * 1000, /* both run, for proxies that look for the new one now and then */
	RUNNING_MS = 1000,     /* what nobody looks for runs so long before the old one goes */
	HEALTHY_MS = 5 * 60 * 1000,  /* so long it may take to become healthy */
	RETIRED_MS = 15 * 60 * 1000, /* ... and to stop the old one */
	LOOK_MS = 500,
	RETRY_FIRST_MS = 2 * 1000,
	RETRY_LAST_MS = 60 * 1000,
	NAMED_MAX = 16,
};

STEP(drain_review);
STEP(leave_begin);
STEP(leave_stopped);
STEP(leave_created);
STEP(leave_started);
STEP(leave_seen);
STEP(leave_overlap);
STEP(leave_retired);
STEP(leave_removed);
STEP(leave_undone);
STEP(leave_restarted);

struct drain {
	struct manager *manager; /* borrowed */
	struct node_settings_listener settings;
	struct engine_listener engines;
	struct task task;
	struct list leaving; /* struct leave::link */
	size_t busy;         /* of them */
	struct strv told;    /* nodes of which was said that they are drained */
};

/* One container on its way; stays until the old copy is gone, or may stay. */
struct leave {
	struct list link;
	struct task task;
	struct drain *drain;         /* borrowed */
	struct engine *from;         /* counted */
	struct engine *to;           /* counted; NULL until the replacement was asked for */
	char old_id[65], new_id[65]; /* new_id "" until it is there */
	char *name;                  /* owned; for the log */
	bool ran;                    /* the old copy, when it began to leave */
	bool stopped;                /* before the new one was there */
	bool busy;                   /* takes one of LEAVING_AT_ONCE */
	struct backoff backoff;
	int64_t started_ms; /* monotonic; the replacement */
	int64_t until_ms;   /* so long is waited for the old copy to go */
	int64_t again_ms;   /* then its going is begun anew, unless it is under way */
	struct call call;
	struct refresh refresh; /* of the replacement, which has been started */
	struct create *create;  /* under way; owns itself */
	bool answered;          /* by the create */
	struct error err;       /* why it has not left yet */
	char *told;             /* ... and that was told of; owned; NULL */
};

static void set_busy(struct leave *l, bool busy)
{
	l->drain->busy += busy;
	l->drain->busy -= l->busy;
	l->busy = busy;
}

static void leave_free(struct leave *l)
{
	if (l->create)
		create_forget(l->create);
	task_finish(&l->task);
	call_finish(&l->call);
	refresh_finish(&l->refresh);
	set_busy(l, false);
	list_remove(&l->link);
	engine_unref(l->from);
	engine_unref(l->to);
	error_clear(&l->err);
	free(l->name);
	free(l->told);
	free(l);
}

static void leave_done(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);
	struct task *review = &l->drain->task;

	leave_free(l);
	task_wake(review);
}

/* --- who --- */

static bool is_drained(const struct drain *d, const struct engine *e)
{
	return engine_is_healthy(e) &&
	       node_settings_get(d->manager->node_settings, e->name)->availability ==
		       AVAILABILITY_DRAIN;
}

static const struct leave *find_leave(const struct drain *d, const struct container *c)
{
	struct leave *l;

	list_for_each (l, &d->leaving, link) {
		if (l->from == c->engine && strcmp(l->old_id, c->id) == 0)
			return l;
	}
	return NULL;
}

/* Of a drained node; who may leave and has not begun to. */
static struct container *most_important(const struct drain *d, const struct engine *e)
{
	struct container *best = NULL;

	for (size_t i = 0; i < e->containers_count; i++) {
		struct container *c = e->containers[i];

		if ((!best || policy_priority(&c->labels) > policy_priority(&best->labels)) &&
			!find_leave(d, c) && drain_may_leave(c))
			best = c;
	}
	return best;
}

/* --- how far it is --- */

static void count(
	const struct drain *d, const struct engine *e, size_t *ret_waiting, size_t *ret_leaving)
{
	*ret_waiting = *ret_leaving = 0;
	for (size_t i = 0; i < e->containers_count; i++) {
		const struct leave *l = find_leave(d, e->containers[i]);

		*ret_leaving += l && l->busy;
		*ret_waiting += drain_may_leave(e->containers[i]) && !(l && l->busy);
	}
}

static void describe_stays(const struct drain *d, const struct engine *e, struct strbuf *to)
{
	size_t named = 0;

	for (size_t i = 0; i < e->containers_count && named < NAMED_MAX; i++) {
		const struct container *c = e->containers[i];
		const struct leave *l = find_leave(d, c);
		const char *why = drain_why_it_stays(c);

		if (!why && l && error_is_set(&l->err))
			why = error_text(&l->err);
		if (!why || c->state == CONTAINER_PENDING)
			continue;
		strbuf_addf(to, "%s%s (%.*s)", named++ ? ", " : "; staying: ", container_name(c),
			(int)strcspn(why, "\n"), why);
	}
}

void drain_describe(const struct drain *d, const struct engine *e, struct strbuf *to)
{
	size_t waiting, leaving;

	if (!d || !is_drained(d, e))
		return;
	count(d, e, &waiting, &leaving);
	if (waiting + leaving)
		strbuf_addf(to, "draining: %zu containers leave, %zu wait", leaving, waiting);
	else
		strbuf_add_str(to, "drained");
	describe_stays(d, e, to);
}

static void tell_drained(struct drain *d, struct engine *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	const struct leave *l;

	if (strv_contains(&d->told, e->name) || most_important(d, e))
		return;
	list_for_each (l, &d->leaving, link) {
		if (l->from == e)
			return;
	}
	strv_add(&d->told, e->name);
	drain_describe(d, e, &text);
	log_info("Node %s is %s", e->name, text.buf);
	bus_publish_own(d->manager->cluster->bus, JOURNAL_NODE,
		&(struct event_own){ EVENT_NODE, "drained", engine_node_id(e),
			{ { "name", e->name }, { "state", text.buf } } },
		e);
}

/* --- when --- */

static void begin_leave(struct drain *d, struct container *c)
{
	struct leave *l = xnew(struct leave);

	l->drain = d;
	l->from = engine_ref(c->engine);
	memcpy(l->old_id, c->id, sizeof(l->old_id));
	l->name = xstrdup(container_name(c));
	set_busy(l, true);
	l->backoff = (struct backoff){ .first_ms = RETRY_FIRST_MS, .last_ms = RETRY_LAST_MS };
	list_push_back(&d->leaving, &l->link);
	move_tell(d->manager, "drain_leaves",
		&(struct move_told){ l->old_id, l->name, NULL, l->from->name, l->from }, NULL);
	task_init(&l->task, d->manager->loop, &leave_begin_step, leave_done);
	task_start(&l->task);
}

static void forget_told(struct drain *d, const char *name)
{
	for (size_t i = d->told.count; i-- > 0;) {
		if (strcmp(d->told.items[i], name) == 0)
			strv_remove(&d->told, i);
	}
}

static enum task_turn drain_review(struct task *t)
{
	struct drain *d = container_of(t, struct drain, task);
	struct engine *e;

	cluster_each (e, d->manager->cluster, CLUSTER_VALIDATED) {
		struct container *c;

		if (!is_drained(d, e)) {
			forget_told(d, e->name);
			continue;
		}
		while (manager_may_act(d->manager) && d->busy < LEAVING_AT_ONCE &&
			(c = most_important(d, e)))
			begin_leave(d, c);
		if (manager_may_act(d->manager))
			tell_drained(d, e);
	}
	return task_wait(t, &drain_review_step); /* for a word, a node, or a container */
}

/* --- one that leaves --- */

static enum task_turn try_later(struct leave *l, const struct error *err)
{
	int64_t wait_ms = backoff_next_ms(&l->backoff);

	log_warn("Container %s cannot leave the drained node %s yet: %s (again in %lld s)", l->name,
		l->from->name, error_text(err), (long long)(wait_ms + 999) / 1000);
	if (err != &l->err)
		error_copy(&l->err, err);
	(void)move_tell_reason(l->drain->manager, "drain_failed",
		&(struct move_told){ l->old_id, l->name, NULL, l->from->name, l->from },
		error_text(err), &l->told);
	set_busy(l, false);
	task_wake(&l->drain->task);
	return task_wait_ms(&l->task, &leave_begin_step, wait_ms);
}

static void ask(struct leave *l, struct engine *e, const char *method, const char *id,
	const char *rest, int64_t timeout_ms)
{
	remote_change(&l->call, &e->remote, method, id, rest, timeout_ms, &l->task);
}

static void set_destination(struct leave *l, struct engine *to, const char *id)
{
	engine_unref(l->to);
	l->to = engine_ref(to);
	snprintf(l->new_id, sizeof(l->new_id), "%s", id);
}

static void created(struct create *c, void *arg)
{
	struct leave *l = arg;
	auto_json yyjson_doc *doc = c->answer ? json_parse(c->answer, c->answer_len, NULL) : NULL;

	assert(l->create == c);
	l->create = NULL;
	l->answered = true;
	error_copy(&l->err, &c->err);
	if (!error_is_set(&l->err))
		set_destination(l, c->asked, json_get_str(yyjson_doc_get_root(doc), "Id", ""));
	task_wake(&l->task);
}

/* What was done is taken back: the old copy runs again if it did, and the new one goes. */
static enum task_turn undo(struct leave *l)
{
	if (!*l->new_id || !manager_may_act(l->drain->manager))
		return task_go(&l->task, &leave_undone_step);
	ask(l, l->to, "DELETE", l->new_id, "?force=1", REMOVE_TIMEOUT_MS);
	return task_wait_for(&l->task, &l->call.done, &leave_removed_step);
}

static enum task_turn make(struct leave *l, const struct container *old)
{
	struct manager *m = l->drain->manager;
	const struct container *copy = lookup_find_newer_copy(m->cluster->lookup, old);
	struct container_config config = { 0 };

	if (copy) { /* by another manager, or the answer was lost */
		set_destination(l, copy->engine, copy->id);
		return task_go(&l->task, &leave_created_step);
	}
	if (!replacement_config(old->blueprint, l->name, &config, &l->err))
		return undo(l);
	l->answered = false;
	l->create = create_start(m, &config, NULL, (struct api_version){ 0 }, created, l);
	placing_replace(&l->create->placing, old);
	return task_wait_for(&l->task, &l->answered, &leave_created_step);
}

static struct container *still_leaving(const struct leave *l)
{
	struct container *c = engine_find_container(l->from, l->old_id);

	return c && is_drained(l->drain, l->from) && drain_may_leave(c) &&
			       manager_may_act(l->drain->manager)
		       ? c
		       : NULL;
}

static enum task_turn leave_begin(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);
	const struct container *old = still_leaving(l);

	if (!old)
		return TASK_DONE; /* a review finds it again */
	set_busy(l, true);
	error_clear(&l->err);
	*l->new_id = '\0';
	l->stopped = false;
	l->ran = container_is_running(old);
	if (!l->ran || drain_may_overlap(old))
		return make(l, old);
	l->stopped = true;
	ask(l, l->from, "POST", l->old_id, "/stop", retire_stop_timeout_ms(old));
	return task_wait_for(t, &l->call.done, &leave_stopped_step);
}

static enum task_turn leave_stopped(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);
	const struct container *old = still_leaving(l);

	engine_report_call(l->from, &l->call);
	if (!remote_check(&l->call, &l->from->remote, &l->err))
		return undo(l);
	if (old)
		return make(l, old);
	error_set(&l->err, ERROR_CANCELLED, "the node is not drained any more");
	return undo(l);
}

static enum task_turn leave_created(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);

	if (error_is_set(&l->err))
		return undo(l);
	assert(l->to);
	if (!l->ran)
		return task_go(t, &leave_overlap_step);
	if (!manager_may_act(l->drain->manager))
		return TASK_DONE;
	ask(l, l->to, "POST", l->new_id, "/start", START_TIMEOUT_MS);
	return task_wait_for(t, &l->call.done, &leave_started_step);
}

static enum task_turn leave_started(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);

	engine_report_call(l->to, &l->call);
	if (!remote_check(&l->call, &l->to->remote, &l->err))
		return undo(l);
	l->started_ms = clock_mono_ms();
	refresh_container(&l->refresh, l->to, l->new_id, t);
	return task_wait_for(t, &l->refresh.done, &leave_seen_step);
}

static enum task_turn leave_seen(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);

	if (!error_is_set(&l->refresh.err))
		return task_go(t, &leave_overlap_step);
	error_copy(&l->err, &l->refresh.err);
	return undo(l);
}

/* Both run for a while, unless the old one had to stop first. */
static bool is_settled(const struct leave *l, const struct container *new)
{
	int64_t runs_ms = clock_mono_ms() - l->started_ms;

	if (!l->ran || l->stopped)
		return true;
	if (!new || new->health == HEALTH_NONE)
		return runs_ms >= (new &&new->ports_count ? OVERLAP_MS : RUNNING_MS);
	return new->health == HEALTH_HEALTHY || runs_ms >= HEALTHY_MS;
}

static bool is_as_good(const struct leave *l, const struct container *new)
{
	if (!new || !l->ran || l->stopped)
		return new;
	return container_is_running(new) &&
	       (new->health == HEALTH_NONE || new->health == HEALTH_HEALTHY);
}

static enum task_turn leave_overlap(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);
	const struct container *new = engine_find_container(l->to, l->new_id);

	if (!is_settled(l, new))
		return task_wait_ms(t, &leave_overlap_step, LOOK_MS);
	if (!manager_may_act(l->drain->manager))
		return TASK_DONE;
	if (!is_as_good(l, new)) {
		error_set(&l->err, ERROR_UNAVAILABLE,
			"its replacement on %s does not run, or is not healthy", l->to->name);
		return undo(l);
	}
	l->until_ms = clock_mono_ms() + RETIRED_MS;
	backoff_reset(&l->backoff);
	l->again_ms = 0;
	return task_go(t, &leave_retired_step);
}

/* A refused call ends it, and nobody else begins it anew while the node stays healthy. */
static void retire_old_copy(struct leave *l)
{
	int64_t now_ms = clock_mono_ms();

	if (l->drain->manager->retiring || now_ms < l->again_ms)
		return;
	l->again_ms = now_ms + backoff_next_ms(&l->backoff);
	retire_start(l->drain->manager, l->from);
}

static enum task_turn leave_retired(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);

	if (engine_find_container(l->from, l->old_id)) {
		if (!engine_is_healthy(l->from) || !manager_may_act(l->drain->manager) ||
			clock_mono_ms() >= l->until_ms)
			return TASK_DONE; /* when it returns, it is seen to be the old copy */
		retire_old_copy(l);
		return task_wait_ms(t, &leave_retired_step, LOOK_MS);
	}
	log_info("Container %s has left the drained node %s for %s", l->name, l->from->name,
		l->to->name);
	move_tell(l->drain->manager, "reschedule",
		&(struct move_told){ l->new_id, l->name, l->old_id, l->from->name, l->to, true },
		"its node is drained");
	return TASK_DONE;
}

/* Whoever tries again must not take it for a copy that is there. */
static enum task_turn leave_removed(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);

	engine_report_call(l->to, &l->call);
	refresh_container(&l->refresh, l->to, l->new_id, t);
	return task_wait_for(t, &l->refresh.done, &leave_undone_step);
}

static enum task_turn leave_undone(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);

	*l->new_id = '\0';
	if (!l->stopped || !manager_may_act(l->drain->manager))
		return try_later(l, &l->err);
	ask(l, l->from, "POST", l->old_id, "/start", START_TIMEOUT_MS);
	return task_wait_for(t, &l->call.done, &leave_restarted_step);
}

static enum task_turn leave_restarted(struct task *t)
{
	struct leave *l = container_of(t, struct leave, task);
	auto_error struct error err = ERROR_INIT;

	engine_report_call(l->from, &l->call);
	if (!remote_check(&l->call, &l->from->remote, &err))
		log_warn("Container %s was stopped to leave node %s, and does not start again: %s",
			l->name, l->from->name, error_text(&err));
	return try_later(l, &l->err);
}

/* --- words, nodes and containers --- */

static void wake_all(struct drain *d)
{
	struct leave *l;

	list_for_each (l, &d->leaving, link) {
		if (!l->busy)
			task_wake(&l->task);
	}
	task_wake(&d->task);
}

static void handle_settings(struct node_settings_listener *s)
{
	wake_all(container_of(s, struct drain, settings));
}

static void handle_state(struct engine_listener *l, struct engine *e maybe_unused,
	enum engine_state before maybe_unused)
{
	wake_all(container_of(l, struct drain, engines));
}

static void handle_containers(struct engine_listener *l, struct engine *e)
{
	struct drain *d = container_of(l, struct drain, engines);

	if (is_drained(d, e))
		task_wake(&d->task);
}

struct drain *drain_create(struct manager *m)
{
	struct drain *d = xnew(struct drain);

	d->manager = m;
	list_init(&d->leaving);
	d->settings.handle_change = handle_settings;
	node_settings_listen(m->node_settings, &d->settings);
	d->engines.handle_state = handle_state;
	d->engines.handle_containers = handle_containers;
	cluster_listen(m->cluster, &d->engines);
	task_init(&d->task, m->loop, &drain_review_step, NULL);
	task_start(&d->task);
	return d;
}

void drain_destroy(struct drain *d)
{
	if (!d)
		return;
	engine_unlisten(&d->engines);
	node_settings_unlisten(&d->settings);
	while (!list_empty(&d->leaving))
		leave_free(container_of(d->leaving.next, struct leave, link));
	task_finish(&d->task);
	strv_finish(&d->told);
	free(d);
}
