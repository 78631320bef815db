/* A node fails; every wait of the container's way to another one refused, cut, frozen, and no
 * longer allowed: whatever happens, in the end one copy runs. */
#include "rig.h"

#include "base/metrics.h"
#include "manager/keep.h"
#include "manager/reschedule.h"

#define POLICY ",\"" LABEL_RESCHEDULE "\":\"[\\\"on-node-failure\\\"]\""

enum { WAITS_MAX = 8, SETTLED_MS = 3600 * 1000 };

struct trial {
	struct rig rig;
	struct reschedule *reschedule;
	bool over; /* as the test wants it */
};

/* node-2 has it, and will fail. */
static void have_it(struct rig *r)
{
	struct fake_container *c = fake_engine_add(r->fakes[1], "aa", "web");

	snprintf(c->swarm_id, sizeof(c->swarm_id), "5a5a");
	c->more_labels = POLICY;
}

static void fail_node(struct rig *r, int i)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_CLOSED, "it is dead");
	for (int n = 0; n < 3; n++)
		engine_report_failure(r->engines[i], &err);
	assert_int_equal(r->engines[i]->state, ENGINE_UNHEALTHY);
	error_clear(&err);
}

static void kill_node(struct rig *r, int i)
{
	fake_engine_stop(r->fakes[i]);
	fail_node(r, i);
}

static void bring_back(struct rig *r, int i)
{
	fake_engine_start(r->fakes[i]);
	engine_report_success(r->engines[i]);
}

static void begin(struct trial *t, enum fake_fault fault, int n)
{
	*t = (struct trial){ 0 };
	rig_create(&t->rig, have_it);
	t->rig.manager.reschedule_share = 0.5;
	t->rig.manager.acting_since_ms -= SETTLED_MS;
	t->reschedule = reschedule_create(&t->rig.manager);
	rig_fault(&t->rig, fault, n);
}

static void end(struct trial *t)
{
	reschedule_destroy(t->reschedule);
	rig_check_idle(&t->rig);
	rig_destroy(&t->rig);
}

static size_t count_copies(const struct fake_engine *f, const char *state)
{
	struct fake_container *c;
	size_t count = 0;

	list_for_each (c, &f->containers, link)
		count += strcmp(c->name, "web") == 0 && (!state || strcmp(c->state, state) == 0);
	return count;
}

/* One copy, which runs, and is the one that clients find. */
static bool is_settled(const struct rig *r)
{
	const struct container *found = cluster_find_container(r->fx.cluster, "web", NULL);
	size_t all = 0, running = 0;

	for (int i = 0; i < 2; i++) {
		bool lives = engine_is_healthy(r->engines[i]);

		all += lives ? count_copies(r->fakes[i], NULL) : 0;
		running += lives ? count_copies(r->fakes[i], "running") : 0;
	}
	return list_empty(&r->manager.works) && all == 1 && running == 1 && found &&
	       engine_is_healthy(found->engine);
}

static int count_waits(void)
{
	struct trial t;
	int waits;

	begin(&t, FAKE_NO_FAULT, 0);
	kill_node(&t.rig, 1);
	turn_until(t.rig.fx.loop, is_settled(&t.rig));
	assert_int_equal(count_copies(t.rig.fakes[0], "running"), 1);
	waits = t.rig.fakes[0]->asked;
	assert_in_range(waits, 3, WAITS_MAX);
	end(&t);
	return waits;
}

static void describe(const struct rig *r, int number)
{
	struct fake_container *c;

	print_message("%d:", number);
	for (int i = 0; i < 2; i++) {
		print_message(" %s %s:", r->fakes[i]->name,
			engine_is_healthy(r->engines[i]) ? "healthy" : "not healthy");
		list_for_each (c, &r->fakes[i]->containers, link)
			print_message(" %.2s %s,", c->id, c->state);
		print_message(" %zu known;", r->engines[i]->containers_count);
	}
	print_message("\n");
}

/* Side by side, because a failed move waits before it tries again. */
static void settle(struct trial *trials, int count)
{
	int64_t until = clock_mono_ms() + 60 * 1000;

	for (int left = count; left > 0;) {
		left = 0;
		for (int i = 0; i < count; i++) {
			loop_turn(trials[i].rig.fx.loop, i == 0);
			left += !is_settled(&trials[i].rig);
		}
		for (int i = 0; clock_mono_ms() > until && i < count; i++) {
			if (!is_settled(&trials[i].rig))
				describe(&trials[i].rig, i);
		}
		if (clock_mono_ms() > until)
			fail_msg("%d of %d do not settle", left, count);
	}
	for (int i = 0; i < count; i++)
		end(&trials[i]);
}

static void test_refused_or_cut(void **state maybe_unused)
{
	struct trial trials[2 * WAITS_MAX];
	int count = 0;

	for (int n = 0, waits = count_waits(); n < waits; n++) {
		for (int fault = FAKE_REFUSES; fault <= FAKE_CUTS; fault++) {
			begin(&trials[count], fault, n);
			kill_node(&trials[count++].rig, 1);
		}
	}
	settle(trials, count);
}

/* Until its new node dies, too, and returns with what it had made. */
static void test_frozen(void **state maybe_unused)
{
	struct trial trials[WAITS_MAX];
	int waits = count_waits();

	for (int n = 0; n < waits; n++) {
		struct rig *r = &trials[n].rig;

		begin(&trials[n], FAKE_FREEZES, n);
		kill_node(r, 1);
		rig_wait_frozen(r);
		kill_node(r, 0);
		turn_for_ms(r->fx.loop, 20);
		bring_back(r, 0);
	}
	settle(trials, waits);
}

/* The old node returns while the new one is asked. */
static void test_node_returns(void **state maybe_unused)
{
	struct trial trials[2 * WAITS_MAX];
	int count = 0;

	for (int n = 0, waits = count_waits(); n < waits; n++) {
		for (int dies = 0; dies < 2; dies++) {
			struct rig *r = &trials[count].rig;

			begin(&trials[count++], FAKE_FREEZES, n);
			kill_node(r, 1);
			rig_wait_frozen(r);
			if (dies)
				kill_node(r, 0);
			bring_back(r, 1);
			turn_until(r->fx.loop, engine_is_healthy(r->engines[1]));
			if (dies)
				bring_back(r, 0);
			else
				fake_engine_release(r->fakes[0]);
		}
	}
	settle(trials, count);
}

/* Nothing is changed any more; and whoever leads again finishes it. */
static void test_no_longer_allowed(void **state maybe_unused)
{
	struct trial trials[WAITS_MAX];
	int waits = count_waits();

	for (int n = 0; n < waits; n++) {
		struct rig *r = &trials[n].rig;
		int changes;

		begin(&trials[n], FAKE_FREEZES, n);
		kill_node(r, 1);
		rig_wait_frozen(r);
		changes = r->fakes[0]->changes;
		manager_set_acting(&r->manager, false);
		fake_engine_release(r->fakes[0]);
		turn_until(r->fx.loop, list_empty(&r->manager.works));
		turn_for_ms(r->fx.loop, 20);
		assert_int_equal(r->fakes[0]->changes, changes);
		manager_set_acting(&r->manager, true);
		r->manager.acting_since_ms -= SETTLED_MS;
	}
	settle(trials, waits);
}

static void test_cancelled(void **state maybe_unused)
{
	for (int n = 0, waits = count_waits(); n < waits; n++) {
		struct trial t;

		begin(&t, FAKE_FREEZES, n);
		kill_node(&t.rig, 1);
		rig_wait_frozen(&t.rig);
		reschedule_destroy(steal(t.reschedule));
		fake_engine_release(t.rig.fakes[0]);
		rig_wait_idle(&t.rig); /* a create goes on without it */
		end(&t);
	}
}

/* What another manager has made anew is not made a third time. */
static void test_another_made_it(void **state maybe_unused)
{
	static const char *const states[] = { "created", "running" };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct trial t;
		struct fake_container *copy;

		begin(&t, FAKE_NO_FAULT, 0);
		manager_set_acting(&t.rig.manager, false);
		kill_node(&t.rig, 1);
		copy = fake_engine_add(t.rig.fakes[0], "bb", "web");
		snprintf(copy->swarm_id, sizeof(copy->swarm_id), "5a5a");
		copy->more_labels = POLICY ",\"" LABEL_EPOCH "\":\"1\"";
		copy->state = states[i];
		fake_engine_emit(t.rig.fakes[0], "container", "create", copy->id, "");
		turn_until(t.rig.fx.loop, t.rig.engines[0]->containers_count == 1);
		manager_set_acting(&t.rig.manager, true);
		t.rig.manager.acting_since_ms -= SETTLED_MS;
		turn_until(t.rig.fx.loop,
			is_settled(&t.rig) && t.rig.engines[1]->containers_count == 0);
		assert_int_equal(copy->state[0], 'r');
		end(&t);
	}
}

/* One that is cut off from us for a moment only. */
static void test_it_answers_after_all(void **state maybe_unused)
{
	struct trial t;

	begin(&t, FAKE_NO_FAULT, 0);
	fail_node(&t.rig, 1);
	turn_until(t.rig.fx.loop, engine_is_healthy(t.rig.engines[1]));
	turn_for_ms(t.rig.fx.loop, 20);
	assert_int_equal(t.rig.fakes[0]->changes, 0);
	end(&t);
}

/* Its node returned while nobody led: who begins to lead finds both. */
static void test_it_returned_before(void **state maybe_unused)
{
	struct trial t;
	struct fake_container *copy;

	begin(&t, FAKE_NO_FAULT, 0);
	manager_set_acting(&t.rig.manager, false);
	copy = fake_engine_add(t.rig.fakes[0], "bb", "web");
	snprintf(copy->swarm_id, sizeof(copy->swarm_id), "5a5a");
	copy->more_labels = POLICY ",\"" LABEL_EPOCH "\":\"1\"";
	fake_engine_emit(t.rig.fakes[0], "container", "create", copy->id, "");
	turn_until(t.rig.fx.loop, t.rig.engines[0]->containers_count == 1);
	clock_advance_ms(1);
	manager_set_acting(&t.rig.manager, true);
	keep_put(
		t.rig.manager.keep, "lost/nobody", "{}", NULL, NULL); /* it hears of what is kept */
	turn_until(t.rig.fx.loop, is_settled(&t.rig));
	assert_int_equal(count_copies(t.rig.fakes[1], NULL), 0);
	end(&t);
}

/* It is stopped first when the daemon of its node is; what had ended long before stays so. */
static void test_the_daemon_was_stopped(void **state maybe_unused)
{
	static const struct {
		int64_t ended_s; /* before its node was last heard */
		const char *becomes;
	} cases[] = { { 1, "running" }, { 60, "created" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trial t;
		struct container *c;

		begin(&t, FAKE_NO_FAULT, 0);
		c = t.rig.engines[1]->containers[0];
		c->state = CONTAINER_EXITED;
		c->finished_ns = clock_wall_ns() - cases[i].ended_s * NS_PER_S;
		kill_node(&t.rig, 1);
		turn_until(t.rig.fx.loop, count_copies(t.rig.fakes[0], cases[i].becomes) == 1);
		rig_wait_idle(&t.rig);
		assert_int_equal(count_copies(t.rig.fakes[0], cases[i].becomes), 1);
		end(&t);
	}
}

static size_t count_notes(const struct rig *r)
{
	struct keep_entry entry;
	size_t count = 0;

	keep_each(&entry, r->manager.keep, "left/") count++;
	return count;
}

static void remove_it(struct rig *r, int i)
{
	struct fake_container *c = fake_engine_find(r->fakes[i], "web");
	auto_free char *id = xstrdup(c->id);

	fake_engine_remove(r->fakes[i], c);
	fake_engine_emit(r->fakes[i], "container", "destroy", id, "");
	turn_until(r->fx.loop, r->engines[i]->containers_count == 0);
}

/* Its node returns with the old copy, and nobody wants that any more. */
static void test_it_was_removed_meanwhile(void **state maybe_unused)
{
	for (int removed = 0; removed < 2; removed++) {
		struct trial t;

		begin(&t, FAKE_NO_FAULT, 0);
		kill_node(&t.rig, 1);
		turn_until(t.rig.fx.loop, is_settled(&t.rig));
		assert_int_equal(count_notes(&t.rig), 1);
		if (removed)
			remove_it(&t.rig, 0);
		bring_back(&t.rig, 1);
		turn_until(t.rig.fx.loop, count_notes(&t.rig) == 0);
		rig_wait_idle(&t.rig);
		assert_int_equal(count_copies(t.rig.fakes[1], NULL), 0);
		assert_int_equal(count_copies(t.rig.fakes[0], "running"), removed ? 0 : 1);
		end(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_or_cut),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_node_returns),
		cmocka_unit_test(test_no_longer_allowed),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_another_made_it),
		cmocka_unit_test(test_it_answers_after_all),
		cmocka_unit_test(test_it_was_removed_meanwhile),
		cmocka_unit_test(test_it_returned_before),
		cmocka_unit_test(test_the_daemon_was_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
