/* manager/reschedule.c - which containers must move, and the steps of one that does. */
#include "manager/reschedule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "cluster/find_container.h"
#include "docker/policy.h"
#include "manager/candidates.h"
#include "manager/create.h"
#include "manager/desired.h"
#include "manager/hold.h"
#include "manager/knock.h"
#include "manager/move_told.h"
#include "manager/replacement.h"
#include "manager/retire.h"
#include "manager/waiting.h"

enum {
	REVIEW_MS = 1000, /* while a node is out of reach */
	START_TIMEOUT_MS = 60 * 1000,
	MOVES_AT_ONCE = 4,
	RETRY_FIRST_MS = 2 * 1000,
	RETRY_LAST_MS = 60 * 1000,
};

STEP(reschedule_review);
STEP(move_begin);
STEP(move_probed);
STEP(move_created);
STEP(move_look);
STEP(move_looked);
STEP(move_start);
STEP(move_started);

struct reschedule {
	struct manager *manager; /* borrowed */
	struct engine_listener listener;
	struct keep_listener kept;
	struct task task;
	struct list moves;  /* struct move::link */
	struct move *by_id; /* the same, by the old id */
	size_t busy;        /* of them */
	bool held;          /* too many are out of reach; said in the log once */
	int64_t looked_ms;  /* manager::acting_since_ms of the last look for old copies */
	uint64_t readings;  /* and what was kept then */
};

/* One container on its way; stays until it has arrived, or its node is back. */
struct move {
	struct list link;
	UT_hash_handle hh; /* reschedule::by_id */
	struct task task;
	struct reschedule *reschedule; /* borrowed */
	struct engine *from;  /* counted; NULL: no engine of this manager is at its address */
	struct engine *to;    /* counted; NULL until the container is there */
	struct engine *asked; /* counted; it may have a copy, whatever it answered; NULL */
	char old_id[65], new_id[65];
	char *swarm_id;  /* owned */
	bool unseen;     /* it is kept, and this manager has not seen it */
	char *from_name; /* owned */
	char *from_id;   /* likewise; the engine's */
	char *address;   /* likewise */
	char *name;      /* owned; for the log */
	bool was_running;
	bool replaced; /* another daemon has the address: nobody needs to be asked */
	bool busy;     /* takes one of MOVES_AT_ONCE */
	char *told;    /* why, as an event; owned; NULL */
	struct backoff backoff;
	struct knock knock;
	struct call call;
	struct refresh refresh;
	struct create *create; /* under way; owns itself */
	bool answered;         /* by the create */
	struct error err;
};

static void set_busy(struct move *mv, bool busy)
{
	mv->reschedule->busy += busy;
	mv->reschedule->busy -= mv->busy;
	mv->busy = busy;
}

static void move_free(struct move *mv)
{
	if (mv->create)
		create_forget(mv->create);
	task_finish(&mv->task);
	call_finish(&mv->call);
	refresh_finish(&mv->refresh);
	knock_finish(&mv->knock);
	set_busy(mv, false);
	list_remove(&mv->link);
	HASH_DELETE(hh, mv->reschedule->by_id, mv);
	engine_unref(mv->from);
	engine_unref(mv->to);
	engine_unref(mv->asked);
	error_clear(&mv->err);
	free(mv->name);
	free(mv->told);
	free(mv->from_name);
	free(mv->from_id);
	free(mv->address);
	free(mv->swarm_id);
	free(mv);
}

static void move_done(struct task *t)
{
	struct move *mv = container_of(t, struct move, task);
	struct task *review = &mv->reschedule->task;
	struct manager *m = mv->reschedule->manager;
	const struct container *c = mv->to ? engine_find_container(mv->to, mv->new_id) : NULL;

	if (mv->asked && (!mv->from || engine_is_healthy(mv->from))) /* it may have returned */
		retire_start(m, mv->asked);
	else if (c && lookup_find_older_copy(m->cluster->lookup, c)) /* one of before has */
		retire_start(m, NULL);
	move_free(mv);
	task_wake(review);
}

/* --- which --- */

static bool is_moving(const struct reschedule *rs, const char *old_id)
{
	struct move *mv = NULL;

	HASH_FIND_STR(rs->by_id, old_id, mv);
	return mv != NULL;
}

size_t reschedule_count_waiting(const struct engine *e)
{
	size_t count = 0;

	for (size_t i = 0; e->state == ENGINE_UNHEALTHY && i < e->containers_count; i++)
		count += e->containers[i]->blueprint && candidate_must_stay(e->containers[i]);
	return count;
}

/* --- whether --- */

bool reschedule_may_move(struct reschedule *rs)
{
	struct outage o;
	enum hold hold = hold_now(rs->manager, &o);

	if (hold == HOLD_SHARE && !rs->held) {
		auto_free char *why = xasprintf("%zu of %zu nodes are out of reach", o.gone, o.all);

		log_warn("%s: no container is made anew until more of them answer, as it may be "
			 "this manager that is cut off",
			why);
		move_tell(rs->manager, "reschedule_held", &(struct move_told){ 0 }, why);
	}
	if (hold == HOLD_NOTHING || hold == HOLD_SHARE)
		rs->held = hold == HOLD_SHARE;
	return hold == HOLD_NOTHING;
}

static void begin_move(struct reschedule *rs, const struct candidate *what)
{
	const struct container *c = what->record;
	struct engine *from = c ? c->engine : what->kept->engine;
	struct move *mv = xnew(struct move);

	mv->reschedule = rs;
	mv->from = from ? engine_ref(from) : NULL;
	mv->from_name = xstrdup(c ? from->name : what->kept->node);
	mv->from_id = xstrdup(c ? from->id : what->kept->engine_id);
	mv->address = xstrdup(c ? from->addr : what->kept->address);
	mv->swarm_id = xstrdup(c ? c->swarm_id : what->kept->swarm_id);
	mv->unseen = !c;
	mv->name = xstrdup(c ? container_name(c) : what->kept->swarm_id);
	snprintf(mv->old_id, sizeof(mv->old_id), "%s", c ? c->id : what->kept->id);
	set_busy(mv, true);
	mv->backoff = (struct backoff){ .first_ms = RETRY_FIRST_MS, .last_ms = RETRY_LAST_MS };
	list_push_back(&rs->moves, &mv->link);
	HASH_ADD_STR(rs->by_id, old_id, mv);
	task_init(&mv->task, rs->manager->loop, &move_begin_step, move_done);
	task_start(&mv->task);
}

/* Nothing that time alone changes.  Who begins to lead reads anew what is kept, and hears of it. */
static bool is_at_rest(const struct reschedule *rs)
{
	const struct manager *m = rs->manager;

	return m->cluster->validated == m->cluster->healthy &&
	       (!manager_may_act(m) ||
		       (hold_has_settled(m) && desired_count_gone(m->desired) == 0));
}

/* Nodes may have returned while nobody led, or their leader died before it had looked. */
static void look_for_old_copies(struct reschedule *rs)
{
	struct manager *m = rs->manager;

	if (!manager_may_act(m) || !keep_is_whole(m->keep) ||
		(rs->looked_ms == m->acting_since_ms && rs->readings == keep_readings(m->keep)))
		return;
	rs->looked_ms = m->acting_since_ms;
	rs->readings = keep_readings(m->keep);
	retire_start(m, NULL);
}

static enum task_turn reschedule_review(struct task *t)
{
	struct reschedule *rs = container_of(t, struct reschedule, task);
	auto_candidates struct candidates cs = { 0 };

	look_for_old_copies(rs);
	if (reschedule_may_move(rs) && rs->busy < MOVES_AT_ONCE)
		candidates_collect(&cs, rs->manager);
	for (size_t i = 0; i < cs.count && rs->busy < MOVES_AT_ONCE; i++) {
		if (!is_moving(rs, candidate_id(&cs.items[i])))
			begin_move(rs, &cs.items[i]);
	}
	if (!is_at_rest(rs))
		return task_wait_ms(t, &reschedule_review_step, REVIEW_MS);
	rs->held = false;
	return task_wait(t, &reschedule_review_step); /* for a node that fails */
}

/* --- one move --- */

/* The record, as long as its node has not come back; NULL: nothing to do, or it is only kept. */
static struct container *lost_record(struct move *mv)
{
	struct container *c = !mv->unseen && mv->from->state == ENGINE_UNHEALTHY
				      ? engine_find_container(mv->from, mv->old_id)
				      : NULL;

	return c && !candidate_must_stay(c) ? c : NULL;
}

/* The body that makes it again, for the caller to free; NULL: it is not lost (any more). */
static char *lost_body(struct move *mv)
{
	const struct container *c = lost_record(mv);
	struct desired_lost kept;
	char *name, *body;

	if (c) {
		mv->was_running = candidate_ran(c);
		return xstrdup(c->blueprint);
	}
	if (!mv->unseen || !desired_find_lost(mv->reschedule->manager->desired, mv->swarm_id, &kept,
				   &name, &body))
		return NULL;
	mv->was_running = kept.was_running;
	mv->replaced = kept.replaced;
	free(mv->name);
	mv->name = name;
	return body;
}

static bool tell_reason(struct move *mv, const char *action, const char *reason)
{
	return move_tell_reason(mv->reschedule->manager, action,
		&(struct move_told){ mv->old_id, mv->name, NULL, mv->from_name, mv->from }, reason,
		&mv->told);
}

static enum task_turn try_later(
	struct move *mv, const struct task_step *step, const struct error *err)
{
	int64_t wait_ms = backoff_next_ms(&mv->backoff);

	log_warn("Failed to reschedule container %s from %s: %s (again in %lld s)", mv->name,
		mv->from_name, error_text(err), (long long)(wait_ms + 999) / 1000);
	metric_inc(METRIC_reschedule_failures_total);
	(void)tell_reason(mv, "reschedule_failed", error_text(err));
	set_busy(mv, false);
	task_wake(&mv->reschedule->task);
	return task_wait_ms(&mv->task, step, wait_ms);
}

/* Is it really gone?  Asked once more, at the last moment. */
static enum task_turn move_begin(struct task *t)
{
	struct move *mv = container_of(t, struct move, task);
	auto_free char *body = lost_body(mv);

	if (!body || !reschedule_may_move(mv->reschedule))
		return TASK_DONE; /* a review finds it again */
	set_busy(mv, true);
	if (mv->replaced)
		return task_go(t, &move_probed_step);
	knock_send(&mv->knock, mv->reschedule->manager->cluster, mv->from, mv->address, t);
	return task_wait_for_ms(t, &mv->knock.call.done, &move_probed_step, KNOCK_TIMEOUT_MS);
}

static void set_destination(struct move *mv, struct engine *to, const char *id)
{
	engine_unref(mv->to);
	mv->to = engine_ref(to);
	snprintf(mv->new_id, sizeof(mv->new_id), "%s", id);
}

static void created(struct create *c, void *arg)
{
	struct move *mv = arg;
	auto_json yyjson_doc *doc = c->answer ? json_parse(c->answer, c->answer_len, NULL) : NULL;
	const char *id = json_get_str(yyjson_doc_get_root(doc), "Id", "");

	assert(mv->create == c);
	mv->create = NULL;
	mv->answered = true;
	error_copy(&mv->err, &c->err);
	engine_unref(mv->asked);
	mv->asked = c->asked ? engine_ref(c->asked) : NULL;
	if (!error_is_set(&mv->err))
		set_destination(mv, c->asked, id);
	task_wake(&mv->task);
}

static enum task_turn wait_for_node(struct move *mv, const char *volume)
{
	auto_free char *why =
		xasprintf("waits for its node %s, where its volume %s is", mv->from_name, volume);

	if (tell_reason(mv, "reschedule_waits", why))
		log_warn("Container %s %s", mv->name, why);
	set_busy(mv, false);
	task_wake(&mv->reschedule->task);
	return task_wait_ms(&mv->task, &move_begin_step, RETRY_LAST_MS);
}

/* It comes back to what it is, or it is no member (any more), which is no failure. */
static enum task_turn somebody_answers(struct move *mv)
{
	if (mv->from)
		engine_report_call(mv->from, &mv->knock.call);
	knock_finish(&mv->knock);
	if (!mv->unseen)
		return TASK_DONE;
	set_busy(mv, false);
	task_wake(&mv->reschedule->task);
	return task_wait_ms(&mv->task, &move_begin_step, RETRY_LAST_MS);
}

static enum task_turn move_probed(struct task *t)
{
	struct move *mv = container_of(t, struct move, task);
	struct manager *m = mv->reschedule->manager;
	auto_error struct error err = ERROR_INIT;
	const struct container *old = lost_record(mv), *copy;
	auto_free char *body = lost_body(mv);
	struct container_config config = { 0 };
	enum task_turn turn;

	if (knock_was_answered(&mv->knock))
		return somebody_answers(mv);
	knock_finish(&mv->knock);
	if (!body || !reschedule_may_move(mv->reschedule))
		return TASK_DONE;
	copy = old ? lookup_find_newer_copy(m->cluster->lookup, old) : NULL;
	if (copy) { /* by another manager, or the answer was lost */
		set_destination(mv, copy->engine, copy->id);
		return task_go(t, &move_look_step);
	}
	if (!replacement_config(body, mv->name, &config, &err))
		return try_later(mv, &move_begin_step, &err);
	if (config.volumes.count && !policy_begins_afresh(&config.labels)) {
		turn = wait_for_node(mv, config.volumes.items[0]);
		config_finish(&config);
		return turn;
	}
	mv->answered = false;
	mv->create = create_start(m, &config, desired_auth(m->desired, config.swarm_id),
		(struct api_version){ 0 }, created, mv);
	if (old)
		placing_replace(&mv->create->placing, old);
	return task_wait_for(t, &mv->answered, &move_created_step);
}

/* Who shares a namespace with it, or its volumes, names it by its id, and follows it. */
static void tell_followers(const struct move *mv)
{
	size_t len = strlen(mv->old_id);

	if (strlen(mv->new_id) != len)
		return;
	desired_tell_followers(
		mv->reschedule->manager->desired, mv->from_name, mv->old_id, mv->new_id);
	for (size_t i = 0; mv->from && i < mv->from->containers_count; i++) {
		char *at = mv->from->containers[i]->blueprint;

		while (at && (at = strstr(at, mv->old_id)))
			memcpy(at, mv->new_id, len);
	}
}

static enum task_turn move_created(struct task *t)
{
	struct move *mv = container_of(t, struct move, task);

	if (error_is_set(&mv->err)) {
		auto_error struct error err = ERROR_INIT;

		error_move(&err, &mv->err);
		return try_later(mv, &move_begin_step, &err);
	}
	assert(mv->to);
	return task_go(t, &move_look_step);
}

/* The move that brought it to the node from which it comes now, and has still to start it there. */
static void overtake(struct move *mv)
{
	struct move *before, *tmp;

	list_for_each_safe (before, tmp, &mv->reschedule->moves, link) {
		if (before->to != mv->from || strcmp(before->new_id, mv->old_id) != 0)
			continue;
		mv->was_running = mv->was_running || before->was_running;
		move_free(before);
	}
}

static enum task_turn arrive(struct move *mv)
{
	struct container *old = lost_record(mv);

	overtake(mv);
	tell_followers(mv);
	desired_leave_behind(mv->reschedule->manager->desired, mv->swarm_id, mv->from_id);
	if (old)
		engine_remove_container(mv->from, old);
	metric_inc(METRIC_reschedules_total);
	log_info("Rescheduled container %s from %s to %s as %.12s", mv->name, mv->from_name,
		mv->to->name, mv->new_id);
	move_tell(mv->reschedule->manager, "reschedule",
		&(struct move_told){
			mv->new_id, mv->name, mv->old_id, mv->from_name, mv->to, true },
		"its node does not answer");
	backoff_reset(&mv->backoff);
	return mv->was_running ? task_go(&mv->task, &move_start_step) : TASK_DONE;
}

/* The old record stays until the new one is there: it is all that is known of the container. */
static enum task_turn move_look(struct task *t)
{
	struct move *mv = container_of(t, struct move, task);

	if (engine_find_container(mv->to, mv->new_id))
		return arrive(mv);
	if (!engine_is_healthy(mv->to)) {
		engine_unref(steal(mv->to));
		return task_go(t, &move_begin_step);
	}
	set_busy(mv, true);
	refresh_container(&mv->refresh, mv->to, mv->new_id, t);
	return task_wait_for(t, &mv->refresh.done, &move_looked_step);
}

static enum task_turn move_looked(struct task *t)
{
	struct move *mv = container_of(t, struct move, task);

	if (error_is_set(&mv->refresh.err))
		return try_later(mv, &move_look_step, &mv->refresh.err);
	if (engine_find_container(mv->to, mv->new_id))
		return arrive(mv);
	log_warn("Container %s came from %s to %s and was removed there", mv->name, mv->from_name,
		mv->to->name);
	mv->was_running = false;
	return arrive(mv);
}

/* Who no longer leads leaves it to the one who does, and starts it when it leads again. */
static enum task_turn move_start(struct task *t)
{
	struct move *mv = container_of(t, struct move, task);
	const struct container *c = engine_find_container(mv->to, mv->new_id);

	if (!c || c->state != CONTAINER_CREATED)
		return TASK_DONE;
	if (!manager_may_act(mv->reschedule->manager)) {
		set_busy(mv, false);
		return task_wait_ms(t, &move_start_step, REVIEW_MS);
	}
	set_busy(mv, true);
	remote_change(
		&mv->call, &mv->to->remote, "POST", mv->new_id, "/start", START_TIMEOUT_MS, t);
	return task_wait_for(t, &mv->call.done, &move_started_step);
}

static enum task_turn move_started(struct task *t)
{
	struct move *mv = container_of(t, struct move, task);
	auto_error struct error err = ERROR_INIT;

	engine_report_call(mv->to, &mv->call);
	if (!remote_check(&mv->call, &mv->to->remote, &err) && err.status != 404)
		return try_later(mv, &move_start_step, &err);
	return TASK_DONE;
}

/* --- nodes that come and go --- */

static void wake_moves(struct reschedule *rs, const struct engine *back)
{
	struct move *mv;

	list_for_each (mv, &rs->moves, link) {
		if (mv->from == back && !mv->busy)
			task_wake(&mv->task);
	}
}

static void tell_waiting(struct manager *m, struct engine *e)
{
	size_t count = reschedule_count_waiting(e);

	if (count)
		log_warn("%zu containers of node %s wait for it, as at most one copy of each may "
			 "run: `docker node rm --force %s` says that it is gone",
			count, e->name, e->name);
	waiting_tell(m, e);
}

/* One that is new was read just now.  To read every engine of a large pool once more, and look over
 * all of them each time, for a policy that nothing has, was two fifths of the whole start. */
static bool may_have_old_copies(const struct engine *e, enum engine_state before)
{
	if (before != ENGINE_PENDING)
		return true;
	for (size_t i = 0; i < e->containers_count; i++) {
		if (e->containers[i]->blueprint)
			return true;
	}
	return false;
}

static void handle_state(struct engine_listener *l, struct engine *e, enum engine_state before)
{
	struct reschedule *rs = container_of(l, struct reschedule, listener);

	if (engine_is_healthy(e) && manager_may_act(rs->manager) && may_have_old_copies(e, before))
		retire_start(rs->manager, e);
	else if (manager_may_act(rs->manager))
		tell_waiting(rs->manager, e);
	wake_moves(rs, e);
	task_wake(&rs->task);
}

static void handle_lost(struct engine_listener *l, struct engine *e maybe_unused)
{
	task_wake(&container_of(l, struct reschedule, listener)->task);
}

/* All was read, or it has begun to lead; or an operator's word. */
static void handle_kept(struct keep_listener *l)
{
	task_wake(&container_of(l, struct reschedule, kept)->task);
}

struct reschedule *reschedule_create(struct manager *m)
{
	struct reschedule *rs = xnew(struct reschedule);

	rs->manager = m;
	list_init(&rs->moves);
	rs->listener.handle_state = handle_state;
	rs->listener.handle_lost = handle_lost;
	cluster_listen(m->cluster, &rs->listener);
	rs->kept.prefix = "lost/";
	rs->kept.handle_change = handle_kept;
	keep_listen(m->keep, &rs->kept);
	task_init(&rs->task, m->loop, &reschedule_review_step, NULL);
	task_start(&rs->task);
	return rs;
}

void reschedule_destroy(struct reschedule *rs)
{
	if (!rs)
		return;
	engine_unlisten(&rs->listener);
	keep_unlisten(&rs->kept);
	while (!list_empty(&rs->moves))
		move_free(container_of(rs->moves.next, struct move, link));
	task_finish(&rs->task);
	free(rs);
}
