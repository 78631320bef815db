/* A container leaves a drained node; every wait on either side refused, cut, frozen, and no longer
 * allowed: in the end one copy runs, on the other node. */
#include "rig.h"

#include "manager/drain.h"
#include "manager/node_settings.h"

enum { WAITS_MAX = 16 };

struct trial {
	struct rig rig;
	struct drain *drain;
	int from; /* the node that is drained; faults are always node-1's */
};

static int drained_node;

static void have_it(struct rig *r)
{
	struct fake_container *c = fake_engine_add(r->fakes[drained_node], "aa", "web");

	snprintf(c->swarm_id, sizeof(c->swarm_id), "5a5a");
	c->more_labels = ",\"" LABEL_RESCHEDULE "\":\"[\\\"on-node-failure\\\"]\"";
}

static void say(struct trial *t, enum availability a)
{
	const struct labels none = { 0 };

	node_settings_put(
		t->rig.manager.node_settings, t->rig.engines[t->from]->name, a, &none, NULL, NULL);
}

static void begin(struct trial *t, int from, enum fake_fault fault, int n)
{
	*t = (struct trial){ .from = drained_node = from };
	rig_create(&t->rig, have_it);
	t->drain = drain_create(&t->rig.manager);
	rig_fault(&t->rig, fault, n);
	say(t, AVAILABILITY_DRAIN);
}

static void end(struct trial *t)
{
	drain_destroy(t->drain);
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

static bool has_left(const struct trial *t)
{
	return list_empty(&t->rig.manager.works) &&
	       count_copies(t->rig.fakes[t->from], NULL) == 0 &&
	       count_copies(t->rig.fakes[!t->from], NULL) == 1 &&
	       count_copies(t->rig.fakes[!t->from], "running") == 1;
}

/* Counted once: both copies run for a while. */
static int count_waits(int from)
{
	static int waits[2];
	struct trial t;

	if (waits[from])
		return waits[from];
	begin(&t, from, FAKE_NO_FAULT, 0);
	turn_until(t.rig.fx.loop, has_left(&t));
	waits[from] = t.rig.fakes[0]->asked;
	assert_in_range(waits[from], 2, WAITS_MAX);
	end(&t);
	return waits[from];
}

/* Side by side, because both copies run for a while, and what failed waits before it is tried
 * again.
 */
static void turn_all_until(
	struct trial *trials, int count, bool (*is_there)(const struct trial *t), const char *what)
{
	int64_t until = clock_mono_ms() + 100 * 1000;

	for (int left = count; left > 0;) {
		left = 0;
		for (int i = 0; i < count; i++) {
			loop_turn(trials[i].rig.fx.loop, i == 0);
			left += !is_there(&trials[i]);
		}
		if (clock_mono_ms() > until)
			fail_msg("%d of %d %s", left, count, what);
	}
}

static void settle(struct trial *trials, int count)
{
	turn_all_until(trials, count, has_left, "do not leave");
	for (int i = 0; i < count; i++)
		end(&trials[i]);
}

static bool is_frozen(const struct trial *t)
{
	return !list_empty(&t->rig.fakes[0]->held);
}

/* One for each wait on either side; returns how many. */
static int begin_frozen(struct trial *trials)
{
	int count = 0;

	for (int from = 0; from < 2; from++) {
		for (int n = 0, waits = count_waits(from); n < waits; n++)
			begin(&trials[count++], from, FAKE_FREEZES, n);
	}
	turn_all_until(trials, count, is_frozen, "do not come so far");
	return count;
}

static void test_refused_or_cut(void **state maybe_unused)
{
	struct trial trials[4 * WAITS_MAX];
	int count = 0;

	for (int from = 0; from < 2; from++) {
		for (int n = 0, waits = count_waits(from); n < waits; n++) {
			for (int fault = FAKE_REFUSES; fault <= FAKE_CUTS; fault++)
				begin(&trials[count++], from, fault, n);
		}
	}
	settle(trials, count);
}

/* Until the node dies, and returns with what it has. */
static void test_frozen(void **state maybe_unused)
{
	struct trial trials[2 * WAITS_MAX];
	int count = begin_frozen(trials);

	for (int i = 0; i < count; i++) {
		struct rig *r = &trials[i].rig;
		auto_error struct error err = ERROR_INIT;

		fake_engine_stop(r->fakes[0]);
		error_set(&err, ERROR_CLOSED, "it is dead");
		for (int k = 0; k < 3; k++)
			engine_report_failure(r->engines[0], &err);
		turn_for_ms(r->fx.loop, 20);
		fake_engine_start(r->fakes[0]);
		engine_report_success(r->engines[0]);
	}
	settle(trials, count);
}

/* Nothing is changed any more; and whoever leads again finishes it. */
static void test_no_longer_allowed(void **state maybe_unused)
{
	struct trial trials[2 * WAITS_MAX];
	int count = begin_frozen(trials);

	for (int i = 0; i < count; i++) {
		struct rig *r = &trials[i].rig;
		int changes = r->fakes[0]->changes + r->fakes[1]->changes;

		manager_set_acting(&r->manager, false);
		fake_engine_release(r->fakes[0]);
		turn_until(r->fx.loop, list_empty(&r->manager.works));
		turn_for_ms(r->fx.loop, 20);
		assert_int_equal(r->fakes[0]->changes + r->fakes[1]->changes, changes);
		manager_set_acting(&r->manager, true);
		say(&trials[i], AVAILABILITY_DRAIN); /* as when all that is kept was read */
	}
	settle(trials, count);
}

static void test_cancelled(void **state maybe_unused)
{
	struct trial trials[2 * WAITS_MAX];
	int count = begin_frozen(trials);

	for (int i = 0; i < count; i++) {
		struct trial *t = &trials[i];

		drain_destroy(steal(t->drain));
		fake_engine_release(t->rig.fakes[0]);
		rig_wait_idle(&t->rig); /* a create goes on without it */
		end(t);
	}
}

/* Active again before it has begun, it stays. */
static void test_active_again(void **state maybe_unused)
{
	struct trial t;

	begin(&t, 0, FAKE_NO_FAULT, 0);
	say(&t, AVAILABILITY_ACTIVE);
	turn_for_ms(t.rig.fx.loop, 50);
	assert_int_equal(count_copies(t.rig.fakes[0], "running"), 1);
	assert_int_equal(t.rig.fakes[0]->changes + t.rig.fakes[1]->changes, 0);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_or_cut),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_no_longer_allowed),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_active_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
