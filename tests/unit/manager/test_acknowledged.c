/* An engine has answered, and could not be read any more: the record and what is kept follow. */
#include "rig.h"

#include "cluster/find_container.h"
#include "manager/acknowledged.h"
#include "manager/candidates.h"
#include "manager/desired.h"

#define POLICY   ",\"com.docker.swarm.reschedule-policies\":\"[\\\"on-node-failure\\\"]\""
#define SWARM_ID "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

static void have_one(struct rig *r)
{
	struct fake_container *c = fake_engine_add(r->fakes[0], "aa", "web");

	snprintf(c->swarm_id, sizeof(c->swarm_id), SWARM_ID);
	c->more_labels = POLICY;
}

struct case_ {
	enum deed deed;
	const char *name, *kept;
	bool runs;
};

static const struct case_ cases[] = {
	{ DEED_STOP, NULL, "\"Running\":false", false },
	{ DEED_START, NULL, "\"Running\":true", true },
	{ DEED_RENAME, "shop", "\"Name\":\"shop\"", true },
	{ DEED_RENAME, "/shop", "\"Name\":\"shop\"", true },
	{ DEED_RENAME, "", "\"Name\":\"web\"", true },
	{ DEED_RENAME, NULL, "\"Name\":\"web\"", true },
	{ DEED_NONE, NULL, "\"Name\":\"web\"", true },
};

static const char *kept(const struct rig *r)
{
	return keep_get(r->manager.keep, "containers/" SWARM_ID);
}

static void lose_engine(struct rig *r)
{
	struct error err = ERROR_INIT;

	fake_engine_stop(r->fakes[0]);
	error_set(&err, ERROR_CLOSED, "it is dead");
	for (int i = 0; i < 3; i++)
		engine_report_failure(r->engines[0], &err);
	error_clear(&err);
}

static void try_one(const struct case_ *c, bool failed)
{
	struct container *found;
	struct rig r;

	rig_create(&r, have_one);
	turn_until(r.fx.loop, kept(&r));
	auto_free char *id = xstrdup(r.engines[0]->containers[0]->id);

	if (failed)
		lose_engine(&r);
	acknowledged_change(&r.manager, r.engines[0], id, c->deed, c->name);
	found = engine_find_container(r.engines[0], id);
	assert_true(kept(&r) && strstr(kept(&r), c->kept));
	assert_int_equal(candidate_ran(found), c->runs);
	if (c->name && strcmp(c->name, "shop") == 0)
		assert_ptr_equal(cluster_find_name(r.fx.cluster, "shop"), found);
	acknowledged_change(&r.manager, r.engines[0], "nobody", c->deed, c->name);
	rig_destroy(&r);
}

static void test_what_was_answered_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		try_one(&cases[i], false);
		try_one(&cases[i], true);
	}
}

/* An older copy on a node that answers goes with it. */
static void have_two(struct rig *r)
{
	struct fake_container *old = fake_engine_add(r->fakes[1], "bb", "web");

	have_one(r);
	fake_engine_find(r->fakes[0], "web")->more_labels =
		",\"com.docker.swarm.reschedule.epoch\":\"1\"" POLICY;
	snprintf(old->swarm_id, sizeof(old->swarm_id), SWARM_ID);
	old->more_labels = POLICY;
}

static void test_what_was_removed_stays_so(void **state)
{
	const bool failed[] = { false, true };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failed); i++) {
		rig_create(&r, have_two);
		turn_until(r.fx.loop, kept(&r) && strstr(kept(&r), "\"Epoch\":1"));
		desired_leave_behind(r.manager.desired, SWARM_ID, r.engines[1]->id);
		auto_free char *id = xstrdup(r.engines[0]->containers[0]->id);

		if (failed[i])
			lose_engine(&r);
		else
			fake_engine_remove(r.fakes[0], fake_engine_find(r.fakes[0], "web"));
		acknowledged_removal(&r.manager, r.engines[0], id);
		assert_null(kept(&r));
		assert_null(engine_find_container(r.engines[0], id));
		turn_until(r.fx.loop, !fake_engine_find(r.fakes[1], "web"));
		turn_until(r.fx.loop, r.engines[1]->containers_count == 0);
		assert_null(kept(&r));
		rig_wait_idle(&r);
		rig_destroy(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_answered_is_known),
		cmocka_unit_test(test_what_was_removed_stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
