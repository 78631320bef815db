/* An old copy goes; every wait on the way refused, cut, frozen, and no longer allowed. */
#include "rig.h"

#include "manager/retire.h"

#define POLICY ",\"com.docker.swarm.reschedule-policies\":\"[\\\"on-node-failure\\\"]\""

#define MADE POLICY ",\"" LABEL_EPOCH "\":\"1\""

static const struct copies {
	const char *labels[2], *states[2];
	bool stays[2];
} copies[] = {
	{ { POLICY, MADE }, { "running", "running" }, { false, true } },
	{ { POLICY, MADE }, { "exited", "running" }, { false, true } },
	{ { POLICY, MADE }, { "running", "exited" }, { false, true } }, /* a client stopped it */
	{ { POLICY, MADE }, { "exited", "created" }, { false, true } },
	{ { POLICY, MADE }, { "created", "created" }, { false, true } },
	{ { POLICY, MADE }, { "running", "created" }, { true, false } }, /* it never ran */
	{ { MADE, MADE }, { "running", "exited" }, { true, false } },
	{ { MADE, MADE }, { "created", "running" }, { false, true } },
	{ { MADE, MADE }, { "running", "running" }, { true, false } }, /* by id */
	{ { POLICY, POLICY }, { "running", "running" }, { true, true } },
}, *present = copies;

static void have_two_copies(struct rig *r)
{
	static const char *const ids[] = { "aa", "bb" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct fake_container *c = fake_engine_add(r->fakes[i], ids[i], "web");

		snprintf(c->swarm_id, sizeof(c->swarm_id), "5a5a");
		c->more_labels = present->labels[i];
		c->state = present->states[i];
	}
}

static void begin(struct rig *r, enum fake_fault fault, int n)
{
	rig_create(r, have_two_copies);
	rig_fault(r, fault, n);
	retire_start(&r->manager, r->engines[0]);
}

static void end(struct rig *r)
{
	rig_wait_idle(r);
	assert_non_null(fake_engine_find(r->fakes[1], "web"));
	rig_destroy(r);
}

static int count_waits(void)
{
	struct rig r;
	int waits;

	begin(&r, FAKE_NO_FAULT, 0);
	rig_wait_idle(&r);
	assert_null(fake_engine_find(r.fakes[0], "web"));
	waits = r.fakes[0]->asked;
	end(&r);
	return waits;
}

static void test_who_stays(void **state maybe_unused)
{
	for (present = copies; present < copies + ARRAY_SIZE(copies); present++) {
		struct rig r;

		begin(&r, FAKE_NO_FAULT, 0);
		rig_wait_idle(&r);
		for (int i = 0; i < 2; i++) {
			if ((fake_engine_find(r.fakes[i], "web") != NULL) != present->stays[i])
				fail_msg("case %td, copy %d", present - copies, i);
		}
		rig_destroy(&r);
	}
	present = copies;
}

/* What was believed never to have run runs by now: it is looked at anew. */
static void test_it_runs_after_all(void **state maybe_unused)
{
	struct rig r;

	present = &copies[5];
	begin(&r, FAKE_NO_FAULT, 0);
	fake_engine_find(r.fakes[1], "web")->state = "running";
	rig_wait_idle(&r);
	assert_null(fake_engine_find(r.fakes[0], "web"));
	end(&r);
	present = copies;
}

static void test_every_wait(void **state maybe_unused)
{
	int waits = count_waits();

	assert_true(waits > 2);
	for (int fault = FAKE_REFUSES; fault < FAKE_FAULTS; fault++) {
		for (int n = 0; n < waits; n++) {
			struct rig r;

			begin(&r, fault, n);
			if (fault == FAKE_FREEZES) {
				rig_wait_frozen(&r);
				fake_engine_stop(r.fakes[0]);
			}
			end(&r);
		}
	}
}

static void test_no_longer_allowed(void **state maybe_unused)
{
	for (int n = 0, waits = count_waits(); n < waits; n++) {
		struct rig r;
		int changes;

		begin(&r, FAKE_FREEZES, n);
		rig_wait_frozen(&r);
		changes = r.fakes[0]->changes;
		manager_set_acting(&r.manager, false);
		fake_engine_release(r.fakes[0]);
		rig_wait_idle(&r);
		assert_int_equal(r.fakes[0]->changes, changes);
		end(&r);
	}
}

static void test_cancelled(void **state maybe_unused)
{
	for (int n = 0, waits = count_waits(); n < waits; n++) {
		struct rig r;

		begin(&r, FAKE_FREEZES, n);
		rig_wait_frozen(&r);
		work_cancel_all(&r.manager);
		rig_check_idle(&r);
		end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_stays),
		cmocka_unit_test(test_it_runs_after_all),
		cmocka_unit_test(test_every_wait),
		cmocka_unit_test(test_no_longer_allowed),
		cmocka_unit_test(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
