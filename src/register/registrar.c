/*
 * register/registrar.c - the task that reads a registry, and writes what differs.
 *
 *   look -> the registry is to be read: read all of it
 *        -> nodes have changed: what they want enters the ledger
 *        -> something is due: write a batch of it, look again
 *        -> rest until somebody wakes it, or it is time to read again
 */
#include "register/registrar.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "cluster/find_container.h"
#include "manager/manager.h"
#include "register/registrar_private.h"

STEP(registrar_look);
STEP(registrar_read);
STEP(registrar_written);

static struct registrar *registrar_of(struct task *t)
{
	return container_of(t, struct registrar, task);
}

static bool may_write(const struct registrar *r)
{
	if (!r->leading || r->stopped || !manager_may_act(r->manager))
		return false;
	return r->options->dry_run || (r->lock && kv_lock_is_held(r->lock));
}

/* --- containers that are about to end --- */

static void handle_withdrawal(struct withdrawer *w, struct withdrawal *s, const struct container *c)
{
	struct registrar *r = container_of(w, struct registrar, withdrawer);
	uint64_t before = r->ledger.now;
	struct place *p;

	HASH_FIND_STR(r->places, c->engine->name, p);
	if (!p || !may_write(r) || r->failing || r->stale || !engine_is_healthy(c->engine)) {
		withdrawal_settle(s, 0);
		return;
	}
	registrar_read_place(r, p);
	s->moment = r->batch_count ? UINT64_MAX : r->ledger.now;
	s->delay_ms = r->ledger.now != before || r->batch_count ? r->options->drain_ms : 0;
	task_wake(&r->task);
}

static void handle_end(struct withdrawer *w, struct withdrawal *s)
{
	struct registrar *r = container_of(w, struct registrar, withdrawer);
	const struct container *c =
		cluster_find_container(r->manager->cluster, s->container_id, NULL);

	if (c)
		registrar_soil(r, c->engine->name);
}

/* No write is under way. */
void registrar_settle_withdrawals(struct registrar *r, bool all)
{
	struct withdrawal *s;

	list_for_each (s, &r->manager->withdrawals, link) {
		/* What was being written when it began shows now. */
		if (s->moment == UINT64_MAX)
			s->moment = r->ledger.now;
		if (!s->settled && (all || ledger_is_settled(&r->ledger, s->moment)))
			withdrawal_settle(s, all ? 0 : s->delay_ms);
	}
}

/* --- writing --- */

static void drop_batch(struct registrar *r)
{
	for (size_t i = 0; i < r->batch_count; i++) {
		free((char *)r->batch[i].key);
		free((char *)r->batch[i].wanted);
		free((char *)r->batch[i].found);
	}
	r->batch_count = 0;
}

static void fill_batch(struct registrar *r)
{
	size_t room = r->singles ? 1 : r->options->layout->batch;
	const struct ledger_entry *e;

	drop_batch(r);
	list_for_each (e, &r->ledger.due, due) {
		if (r->batch_count == room)
			return;
		r->batch[r->batch_count++] = (struct book_change){
			.key = xstrdup(e->key),
			.wanted = xstrdup_null(ledger_wanted(e)),
			.found = xstrdup_null(e->found),
		};
	}
}

static bool is_of_gone_node(struct registrar *r, const char *key)
{
	auto_free char *node = r->options->layout->node_of(key);

	return node && !registrar_is_node(r, node);
}

static void settle_batch(struct registrar *r)
{
	for (size_t i = 0; i < r->batch_count; i++) {
		const struct book_change *c = &r->batch[i];

		log_fields(r->options->dry_run ? LOG_INFO : LOG_DEBUG,
			r->options->dry_run ? "Would be written to the registry"
					    : "Written to the registry",
			"key", c->key, "value", c->wanted ? c->wanted : "(deleted)", NULL);
		ledger_settle(&r->ledger, c->key, c->wanted);
		r->tidying |= !c->wanted && is_of_gone_node(r, c->key);
		if (!r->options->dry_run)
			metric_inc(c->wanted ? METRIC_registrations_total
					     : METRIC_deregistrations_total);
	}
	metric_set(METRIC_registered_services, (int64_t)r->ledger.stored);
	drop_batch(r);
}

static enum task_turn fail(struct registrar *r, const struct error *err)
{
	int64_t ms = backoff_next_ms(&r->backoff);

	metric_inc(METRIC_register_failures_total);
	if (!r->failing)
		log_warn("Registry of services: %s (trying again)", error_text(err));
	r->failing = true;
	r->stale = true; /* it may have been written */
	r->not_before_ms = clock_mono_ms() + ms;
	drop_batch(r);
	registrar_settle_withdrawals(r, true);
	return task_wait_ms(&r->task, &registrar_look_step, ms);
}

/* One of them is not to the registry's liking: which? */
static enum task_turn isolate(struct registrar *r, const struct error *err)
{
	if (r->batch_count > 1) {
		r->singles = r->batch_count;
	} else {
		metric_inc(METRIC_register_failures_total);
		log_warn("The registry refuses %s: %s", r->batch[0].key, error_text(err));
		ledger_refuse(&r->ledger, r->batch[0].key);
	}
	drop_batch(r);
	return task_go(&r->task, &registrar_look_step);
}

static enum task_turn registrar_written(struct task *t)
{
	struct registrar *r = registrar_of(t);
	const struct error *err = &r->book->err;

	if (r->singles)
		r->singles--;
	if (err->code == ERROR_INVALID)
		return isolate(r, err);
	if (error_is_set(err))
		return fail(r, err);
	r->failing = false;
	backoff_reset(&r->backoff);
	settle_batch(r);
	return task_go(t, &registrar_look_step);
}

static enum task_turn write_some(struct registrar *r)
{
	fill_batch(r);
	if (r->options->dry_run) {
		settle_batch(r);
		task_wake(&r->task);
		return task_wait(&r->task, &registrar_look_step);
	}
	r->book->ops->write(r->book, r->batch, r->batch_count);
	return task_wait_for(&r->task, &r->book->done, &registrar_written_step);
}

/* --- reading --- */

static enum task_turn registrar_read(struct task *t)
{
	struct registrar *r = registrar_of(t);
	struct book *book = r->book;
	size_t drift;

	if (error_is_set(&book->err))
		return fail(r, &book->err);
	if (r->failing)
		log_info("Registry of services: it answers again");
	r->failing = false;
	backoff_reset(&r->backoff);
	ledger_read(&r->ledger, &book->found, &book->foreign, &drift);
	kv_entries_finish(&book->found);
	strv_finish(&book->foreign);
	r->stale = r->tidying = false;
	r->read_ms = clock_mono_ms();
	metric_add(METRIC_register_drift_total, (int64_t)drift);
	metric_set(METRIC_registered_services, (int64_t)r->ledger.stored);
	metric_set(METRIC_register_read_timestamp_seconds, clock_wall_ns() / NS_PER_S);
	registrar_soil_all(r); /* the registry may call nodes otherwise than before */
	r->sweeping = true;
	return task_go(t, &registrar_look_step);
}

static enum task_turn read_all(struct registrar *r)
{
	r->book->lock = r->lock;
	r->book->ops->read(r->book);
	return task_wait_for(&r->task, &r->book->done, &registrar_read_step);
}

/* --- looking --- */

static enum task_turn rest(struct registrar *r)
{
	int64_t left_ms = r->read_ms + r->options->resync_ms - clock_mono_ms();

	return task_wait_ms(&r->task, &registrar_look_step, max_of(left_ms, INT64_C(0)));
}

static enum task_turn registrar_look(struct task *t)
{
	struct registrar *r = registrar_of(t);
	int64_t now_ms = clock_mono_ms();

	if (!may_write(r)) {
		registrar_settle_withdrawals(r, true);
		return task_wait(t, &registrar_look_step); /* whoever makes that true wakes it */
	}
	if (now_ms < r->not_before_ms)
		return task_wait_ms(t, &registrar_look_step, r->not_before_ms - now_ms);
	if (r->stale || now_ms >= r->read_ms + r->options->resync_ms)
		return read_all(r);
	if (!registrar_read_places(r))
		return task_yield(t, &registrar_look_step);
	if (r->sweeping)
		ledger_release(&r->ledger, registrar_is_gone, r);
	r->sweeping = false;
	registrar_settle_withdrawals(r, false);
	if (!list_empty(&r->ledger.due))
		return write_some(r);
	r->singles = 0;
	if (r->tidying && !r->options->dry_run)
		return read_all(r);
	return rest(r);
}

/* --- leading --- */

void registrar_read_anew(struct registrar *r)
{
	r->stale = true;
	r->not_before_ms = 0;
	r->leading_since_ms = clock_mono_ms();
	registrar_sweep_later(r);
	task_wake(&r->task);
}

void registrar_restart(struct registrar *r)
{
	r->book->ops->cancel(r->book);
	r->book->lock = NULL;
	drop_batch(r);
	task_finish(&r->task);
	task_init(&r->task, r->manager->loop, &registrar_look_step, NULL);
	task_start(&r->task);
}

void registrar_set_leading(struct registrar *r, bool leading)
{
	if (r->leading == leading)
		return;
	r->leading = leading;
	if (leading)
		registrar_begin_to_lead(r);
	else
		registrar_give_lock_back(r);
	task_wake(&r->task);
}

void registrar_resign(struct registrar *r)
{
	r->stopped = true;
	registrar_give_lock_back(r);
	registrar_settle_withdrawals(r, true);
}

bool registrar_is_resigning(const struct registrar *r)
{
	return r->resigning;
}

/* --- life --- */

static void introduce(struct registrar *r)
{
	struct manager *m = r->manager;

	r->book = r->options->layout->create();
	r->book->loop = m->loop;
	r->book->kv = r->kv;
	r->book->cluster = r->options->cluster;
	r->book->base = r->options->base;
	r->book->waiter = &r->task;
	r->book->is_node = registrar_is_node;
	r->book->arg = r;
	r->withdrawer.handle_withdrawal = handle_withdrawal;
	r->withdrawer.handle_end = handle_end;
	m->withdrawer = &r->withdrawer;
	registrar_watch_nodes(r);
}

struct registrar *registrar_create(
	struct manager *m, const struct register_options *options, struct error *err)
{
	struct registrar *r;
	struct kv *kv = kv_open(
		m->loop, options->layout->driver, options->store, &options->store_options, err);

	if (!kv)
		return NULL;
	r = xnew(struct registrar);
	r->manager = m;
	r->options = options;
	r->kv = kv;
	ledger_init(&r->ledger);
	registrar_init_lock(r);
	task_init(&r->task, m->loop, &registrar_look_step, NULL);
	introduce(r);
	task_start(&r->task);
	return r;
}

void registrar_destroy(struct registrar *r)
{
	if (!r)
		return;
	r->manager->withdrawer = NULL;
	registrar_settle_withdrawals(r, true);
	deferred_cancel(&r->drop_lock);
	task_finish(&r->task);
	r->book->ops->destroy(r->book);
	kv_lock_destroy(r->lock);
	kv_close(r->kv);
	registrar_forget_nodes(r);
	ledger_finish(&r->ledger);
	drop_batch(r);
	free(r);
}
