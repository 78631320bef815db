/* Why a container has not come back, in a sentence. */
#include "rig.h"

#include "manager/move_told.h"
#include "manager/waiting.h"

#define POLICY(word) ",\"" LABEL_RESCHEDULE "\":\"[\\\"on-node-failure" word "\\\"]\""

enum { SETTLED_MS = 3600 * 1000 };

static void add(struct rig *r, const char *id, const char *name, const char *labels)
{
	struct fake_container *c = fake_engine_add(r->fakes[1], id, name);

	snprintf(c->swarm_id, sizeof(c->swarm_id), "%s5a", id);
	c->more_labels = labels;
}

static void have_them(struct rig *r)
{
	fake_engine_add(r->fakes[1], "aa", "plain");
	add(r, "bb", "web", POLICY(""));
	add(r, "cc", "once", POLICY(":at-most-once"));
}

static struct container *find(const struct rig *r, const char *name)
{
	struct container *c = cluster_find_container(r->fx.cluster, name, NULL);

	assert_non_null(c);
	return c;
}

static void check(const struct rig *r, const char *name, const char *expected)
{
	auto_free char *why = waiting_reason(&r->manager, find(r, name));

	assert_non_null(why);
	assert_non_null(strstr(why, "its node node-2 "));
	if (!strstr(why, expected))
		fail_msg("%s: %s", name, why);
}

static void fail_node(struct rig *r)
{
	auto_error struct error err = ERROR_INIT;

	error_set(&err, ERROR_CLOSED, "it is dead");
	for (int n = 0; n < 3; n++)
		engine_report_failure(r->engines[1], &err);
}

/* The one that waits for somebody's word. */
static void check_told(const struct rig *r)
{
	const struct journal *j = bus_journal(r->fx.cluster->bus);
	const struct journal_entry *e = journal_older(j, NULL, JOURNAL_MOVE);

	assert_non_null(e);
	assert_string_equal(e->event.action, "reschedule_waits");
	assert_string_equal(e->event.actor_id, find(r, "once")->id);
	assert_string_equal(event_attribute(&e->event, "name"), "once");
	assert_string_equal(event_attribute(&e->event, "from"), "node-2");
	assert_non_null(strstr(event_attribute(&e->event, "reason"), "docker node rm --force"));
	assert_null(journal_older(j, e, JOURNAL_MOVE));
}

static void test_reasons(void **state maybe_unused)
{
	struct rig r;

	rig_create(&r, have_them);
	r.manager.reschedule_share = 0.5;
	assert_null(waiting_reason(&r.manager, find(&r, "web")));
	fail_node(&r);
	check(&r, "plain", "does not answer; it has no policy");
	check(&r, "web", "has just begun to lead");
	check(&r, "once", "at most one copy of it may run: `docker node rm --force node-2`");
	waiting_tell(&r.manager, r.engines[1]);
	check_told(&r);
	r.manager.acting_since_ms -= SETTLED_MS;
	check(&r, "web", "being made anew");
	move_tell(&r.manager, "reschedule_failed",
		&(struct move_told){ find(&r, "web")->id, "web", NULL, "node-2", r.engines[1] },
		"no room");
	check(&r, "web", "is tried again: no room");
	r.manager.reschedule_share = 0.3;
	check(&r, "web", "1 of 2 nodes do not answer");
	r.manager.reschedule_share = 0.5;
	free(find(&r, "web")->blueprint);
	find(&r, "web")->blueprint =
		xstrdup("{\"Image\":\"busybox\",\"Labels\":{\"" LABEL_SWARM_ID "\":\"5a\"},"
			"\"HostConfig\":{\"Binds\":[\"data:/data\"]}}");
	check(&r, "web", "its volume data is there");
	manager_set_acting(&r.manager, false);
	check(&r, "web", "another manager leads");
	manager_set_acting(&r.manager, true);
	engine_declare_lost(r.engines[1]);
	check(&r, "once", "was declared lost; this manager has just begun to lead");
	rig_destroy(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
