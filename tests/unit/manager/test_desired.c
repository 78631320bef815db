/* What is kept of containers follows the engines, and what no engine has is made anew. */
#include "rig.h"

#include "docker/policy.h"
#include "manager/desired.h"
#include "manager/placing.h"
#include "manager/reschedule.h"

#define POLICY   ",\"com.docker.swarm.reschedule-policies\":\"[\\\"on-node-failure\\\"]\""
#define SWARM_ID "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

enum { SETTLED_MS = 20 * 1000 };

static void have_one(struct rig *r)
{
	struct fake_container *c = fake_engine_add(r->fakes[0], "aa", "web");

	snprintf(c->swarm_id, sizeof(c->swarm_id), SWARM_ID);
	c->more_labels = POLICY;
}

static const char *kept(const struct rig *r)
{
	return keep_get(r->manager.keep, "containers/" SWARM_ID);
}

static void test_it_follows_the_engine(void **state)
{
	struct rig r;
	struct reschedule *rs;

	(void)state;
	rig_create(&r, have_one);
	rs = reschedule_create(&r.manager);
	turn_until(r.fx.loop, kept(&r));
	assert_non_null(strstr(kept(&r), "\"Name\":\"web\""));
	assert_non_null(strstr(kept(&r), "\"Node\":\"node-1\""));
	assert_non_null(strstr(kept(&r), "\"Running\":true"));
	fake_engine_find(r.fakes[0], "web")->state = "exited";
	fake_engine_emit(r.fakes[0], "container", "die", r.engines[0]->containers[0]->id, "");
	turn_until(r.fx.loop, strstr(kept(&r), "\"Running\":false"));
	fake_engine_remove(r.fakes[0], fake_engine_find(r.fakes[0], "web"));
	fake_engine_emit(r.fakes[0], "container", "destroy", r.engines[0]->containers[0]->id, "");
	turn_until(r.fx.loop, !kept(&r));
	reschedule_destroy(rs);
	rig_destroy(&r);
}

/* The image is pulled for the new copy as it was for the first. */
static void test_credentials_are_remembered(void **state)
{
	struct reschedule *rs;
	struct error err = ERROR_INIT;
	struct rig r;

	(void)state;
	rig_create(&r, have_one);
	r.manager.reschedule_share = 0.5;
	rs = reschedule_create(&r.manager);
	turn_until(r.fx.loop, kept(&r));
	desired_remember_auth(r.manager.desired, "nobody", "other");
	desired_remember_auth(r.manager.desired, SWARM_ID, "secret");
	r.fakes[1]->lacks_image = true;
	r.manager.acting_since_ms -= SETTLED_MS;
	fake_engine_stop(r.fakes[0]);
	error_set(&err, ERROR_CLOSED, "it is dead");
	for (int i = 0; i < 3; i++)
		engine_report_failure(r.engines[0], &err);
	error_clear(&err);
	turn_until(r.fx.loop, fake_engine_find(r.fakes[1], "web"));
	assert_string_equal(r.fakes[1]->pulled_with, "secret");
	rig_wait_idle(&r);
	reschedule_destroy(rs);
	rig_destroy(&r);
}

/* The engine of a kept container; its other facts are always the same. */
static void keep_one(struct rig *r, const char *name, const char *engine, bool once, int priority)
{
	auto_free char *key = xasprintf("containers/%s", name);
	auto_free char *value = xasprintf("{\"Name\":\"%s\",\"Id\":\"id-of-%s\",\"Engine\":\"%s\","
					  "\"Node\":\"node-%s\",\"Running\":true,\"Once\":%s,"
					  "\"Priority\":%d,\"Epoch\":2}\n"
					  "{\"Image\":\"busybox\",\"Labels\":{\"" LABEL_SWARM_ID
					  "\":\"%s\",\"" LABEL_EPOCH "\":\"2\"" POLICY "}}",
		name, name, engine, engine, once ? "true" : "false", priority, name);

	keep_put(r->manager.keep, key, value, NULL, NULL);
}

static struct fake_container *find_made(const struct rig *r, const char *name)
{
	struct fake_container *c = fake_engine_find(r->fakes[0], name);

	return c ? c : fake_engine_find(r->fakes[1], name);
}

/* As a manager that begins: what is kept was read before there was a node. */
static struct reschedule *begin(struct rig *r)
{
	struct reschedule *rs;

	desired_destroy(r->manager.desired);
	r->manager.desired = desired_create(&r->manager);
	r->manager.reschedule_share = 0.5;
	rs = reschedule_create(&r->manager);
	clock_advance_ms(SETTLED_MS);
	return rs;
}

static void test_what_nobody_has_seen_comes_back(void **state)
{
	struct reschedule *rs;
	struct rig r;

	(void)state;
	rig_create(&r, NULL);
	keep_one(&r, "web", "X|127.0.0.1:1", false, 0);
	keep_one(&r, "once", "X|127.0.0.1:1", true, 5);
	rs = begin(&r);
	turn_until(r.fx.loop, find_made(&r, "web"));
	turn_until(r.fx.loop, strcmp(find_made(&r, "web")->state, "running") == 0);
	rig_wait_idle(&r);
	assert_null(find_made(&r, "once"));
	assert_true(desired_knows_node(r.manager.desired, "node-X|127.0.0.1:1"));
	assert_false(desired_declare_lost(r.manager.desired, "node-1", NULL));
	assert_false(desired_declare_lost(r.manager.desired, "nobody", NULL));
	assert_true(desired_declare_lost(r.manager.desired, "127.0.0.1:1", NULL));
	turn_until(r.fx.loop, find_made(&r, "once"));
	rig_wait_idle(&r);
	reschedule_destroy(rs);
	rig_destroy(&r);
}

/* It is not there, but it is no stranger either. */
static void test_what_nobody_has_seen_has_its_name(void **state)
{
	static const char *const words[] = { "web", "/web", "id-of-web" };
	struct container_config config = { 0 };
	struct error err = ERROR_INIT;
	struct desired_lost found;
	struct placing p;
	struct rig r;

	(void)state;
	rig_create(&r, NULL);
	keep_one(&r, "web", "X|127.0.0.1:1", true, 0);
	reschedule_destroy(begin(&r));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_true(desired_find_unseen(r.manager.desired, words[i], &found));
	assert_string_equal(found.node, "node-X|127.0.0.1:1");
	assert_false(desired_find_unseen(r.manager.desired, "we", &found));
	assert_true(config_parse(&config, "{\"Image\":\"busybox\"}", 19, "web", NULL, &err));
	placing_init(&p, &r.manager, &config, (struct api_version){ 0 });
	assert_false(placing_choose(&p, &err));
	assert_int_equal(err.code, ERROR_CONFLICT);
	error_clear(&err);
	placing_finish(&p);
	rig_destroy(&r);
}

/* Of five nodes three were never seen: then it is this manager that sees too little. */
static void test_too_many_were_never_seen(void **state)
{
	static const char *const engines[] = { "X|127.0.0.1:1", "Y|127.0.0.1:2", "Z|127.0.0.1:3" };
	struct reschedule *rs;
	struct rig r;

	(void)state;
	rig_create(&r, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		char name[] = { 'a', (char)('0' + i), '\0' };

		keep_one(&r, name, engines[i], false, 0);
	}
	rs = begin(&r);
	turn_for_ms(r.fx.loop, 100);
	assert_int_equal(desired_count_gone(r.manager.desired), 3);
	assert_null(find_made(&r, "a0"));
	assert_true(desired_declare_lost(r.manager.desired, "127.0.0.1:3", NULL));
	turn_until(r.fx.loop, find_made(&r, "a0") && find_made(&r, "a1") && find_made(&r, "a2"));
	rig_wait_idle(&r);
	reschedule_destroy(rs);
	rig_destroy(&r);
}

/* Somebody at its address is no dead engine, member or not. */
static void test_who_answers_is_left_alone(void **state)
{
	struct reschedule *rs;
	struct rig r;

	(void)state;
	rig_create(&r, NULL);
	struct fake_engine *stranger = fake_engine_create(r.fx.loop);
	auto_free char *engine = xasprintf("X|%s", stranger->address);

	keep_one(&r, "web", engine, false, 0);
	rs = begin(&r);
	turn_until(r.fx.loop, stranger->pings > 0);
	turn_for_ms(r.fx.loop, 100);
	assert_null(find_made(&r, "web"));
	reschedule_destroy(rs);
	fake_engine_destroy(stranger);
	rig_destroy(&r);
}

/* Another daemon at its address is a member: the old one will not answer any more. */
static void test_a_machine_that_was_set_up_anew(void **state)
{
	struct reschedule *rs;
	struct rig r;

	(void)state;
	rig_create(&r, NULL);
	auto_free char *engine = xasprintf("X|%s", r.fakes[0]->address);

	keep_one(&r, "web", engine, false, 0);
	keep_one(&r, "once", engine, true, 0);
	rs = begin(&r);
	turn_until(r.fx.loop, find_made(&r, "web"));
	rig_wait_idle(&r);
	assert_null(find_made(&r, "once"));
	assert_true(desired_declare_lost(r.manager.desired, engine, NULL));
	turn_until(r.fx.loop, find_made(&r, "once"));
	rig_wait_idle(&r);
	reschedule_destroy(rs);
	rig_destroy(&r);
}

/* Taken out of discovery while it answers, it has not failed. */
static void test_a_member_that_is_taken_out(void **state)
{
	struct rig r;
	struct reschedule *rs;

	(void)state;
	rig_create(&r, have_one);
	rs = reschedule_create(&r.manager);
	turn_until(r.fx.loop, kept(&r));
	fixture_members(&r.fx, r.fakes[1]->address, NULL);
	assert_null(kept(&r));
	reschedule_destroy(rs);
	rig_destroy(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_follows_the_engine),
		cmocka_unit_test(test_credentials_are_remembered),
		cmocka_unit_test(test_what_nobody_has_seen_comes_back),
		cmocka_unit_test(test_what_nobody_has_seen_has_its_name),
		cmocka_unit_test(test_too_many_were_never_seen),
		cmocka_unit_test(test_who_answers_is_left_alone),
		cmocka_unit_test(test_a_machine_that_was_set_up_anew),
		cmocka_unit_test(test_a_member_that_is_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
