/* A program's word that a node is dead; of containers of which one copy at most may run. */
#include "rig.h"

#include "manager/fence.h"

#define POLICY ",\"" LABEL_RESCHEDULE "\":\"[\\\"on-node-failure:at-most-once\\\"]\""

enum { SETTLED_MS = 3600 * 1000 };

struct trial {
	struct rig rig;
	struct reschedule *reschedule;
	struct fence *fence;
};

static void have_one(struct rig *r)
{
	struct fake_container *c = fake_engine_add(r->fakes[0], "aa", "web");

	snprintf(c->swarm_id, sizeof(c->swarm_id), "5a5a");
	c->more_labels = POLICY;
}

static void begin(struct trial *t, const char *command)
{
	rig_create(&t->rig, have_one);
	t->rig.manager.reschedule_share = 0.5;
	t->rig.manager.acting_since_ms -= SETTLED_MS;
	t->reschedule = reschedule_create(&t->rig.manager);
	t->fence = fence_create(&t->rig.manager, t->reschedule, command);
}

static void fail_node(struct trial *t)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_CLOSED, "it is dead");
	for (int i = 0; i < 3; i++)
		engine_report_failure(t->rig.engines[0], &err);
	error_clear(&err);
	assert_int_equal(reschedule_count_waiting(t->rig.engines[0]), 1);
}

static void end(struct trial *t)
{
	rig_wait_idle(&t->rig);
	fence_destroy(t->fence);
	reschedule_destroy(t->reschedule);
	rig_destroy(&t->rig);
}

static void test_status_0_is_a_proof(void **state)
{
	struct trial t;

	(void)state;
	begin(&t, "/bin/true");
	fake_engine_stop(t.rig.fakes[0]);
	fail_node(&t);
	turn_until(t.rig.fx.loop, fake_engine_find(t.rig.fakes[1], "web"));
	end(&t);
}

static void test_any_other_is_none(void **state)
{
	struct trial t;

	(void)state;
	begin(&t, "/bin/false");
	fake_engine_stop(t.rig.fakes[0]);
	fail_node(&t);
	turn_for_ms(t.rig.fx.loop, 1500);
	assert_false(t.rig.engines[0]->lost);
	assert_null(fake_engine_find(t.rig.fakes[1], "web"));
	end(&t);
}

/* The program is not even run. */
static void test_who_answers_is_not_fenced(void **state)
{
	struct trial t;

	(void)state;
	begin(&t, "/bin/true");
	fail_node(&t);
	turn_until(t.rig.fx.loop, engine_is_healthy(t.rig.engines[0]));
	assert_null(fake_engine_find(t.rig.fakes[1], "web"));
	end(&t);
}

static void test_what_cannot_be_run(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_true(fence_check(NULL, &err) && fence_check("/bin/true", &err));
	assert_false(fence_check("/nowhere/at/all", &err));
	assert_string_equal(err.text, "--fence-command /nowhere/at/all: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_0_is_a_proof),
		cmocka_unit_test(test_any_other_is_none),
		cmocka_unit_test(test_who_answers_is_not_fenced),
		cmocka_unit_test(test_what_cannot_be_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
