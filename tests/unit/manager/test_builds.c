/* Which engine the connections of a build belong to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/util.h"
#include "manager/builds.h"

enum { MORE_THAN_ARE_KEPT = 300 };

struct rig {
	struct loop *loop;
	struct builds *builds;
	struct engine a, b;
};

static void rig_start(struct rig *r)
{
	*r = (struct rig){ .loop = loop_create() };
	r->builds = builds_create(r->loop);
	r->a = r->b = (struct engine){ .refs = 1, .state = ENGINE_HEALTHY };
}

/* All references come back, whoever held what. */
static void rig_stop(struct rig *r)
{
	builds_destroy(r->builds);
	assert_int_equal(r->a.refs, 1);
	assert_int_equal(r->b.refs, 1);
	loop_destroy(r->loop);
}

#define auto_rig __attribute__((cleanup(rig_stop)))

/* An unhealthy engine is not asked for its images. */
static void release(struct build_tie *tie, struct engine *e)
{
	enum engine_state state = e->state;

	e->state = ENGINE_UNHEALTHY;
	builds_release(tie);
	e->state = state;
}

static void test_a_key_means_an_engine(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct build_tie *first, *second;

	rig_start(&r);
	assert_null(builds_find(r.builds, BUILD_KEY_SESSION, "s"));
	first = builds_hold(r.builds, BUILD_KEY_SESSION, "s", &r.a);
	second = builds_hold(r.builds, BUILD_KEY_SESSION, "s", &r.a);
	assert_ptr_equal(builds_find(r.builds, BUILD_KEY_SESSION, "s"), &r.a);
	assert_null(builds_find(r.builds, BUILD_KEY_ID, "s")); /* another kind of name */
	release(first, &r.a);
	assert_true(builds_is_held(r.builds, BUILD_KEY_SESSION, "s"));
	release(second, &r.a);
	assert_false(builds_is_held(r.builds, BUILD_KEY_SESSION, "s"));
	/* a build leaves gaps between its connections */
	assert_ptr_equal(builds_find(r.builds, BUILD_KEY_SESSION, "s"), &r.a);
	(void)builds_hold(r.builds, BUILD_KEY_SESSION, "s", &r.a);
	assert_true(builds_is_held(r.builds, BUILD_KEY_SESSION, "s"));
}

static void test_a_lost_engine_is_left(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct build_tie *old;

	rig_start(&r);
	old = builds_hold(r.builds, BUILD_KEY_CLIENT, "c", &r.a);
	r.a.state = ENGINE_UNHEALTHY;
	assert_null(builds_find(r.builds, BUILD_KEY_CLIENT, "c"));
	(void)builds_hold(r.builds, BUILD_KEY_CLIENT, "c", &r.b);
	assert_ptr_equal(builds_find(r.builds, BUILD_KEY_CLIENT, "c"), &r.b);
	release(old, &r.b); /* the connection that broke ends later than the new one began */
	assert_true(builds_is_held(r.builds, BUILD_KEY_CLIENT, "c"));
	assert_ptr_equal(builds_find(r.builds, BUILD_KEY_CLIENT, "c"), &r.b);
}

/* Names are the clients' to invent. */
static void test_idle_keys_have_a_ceiling(void **state maybe_unused)
{
	auto_rig struct rig r;
	char name[32];

	rig_start(&r);
	(void)builds_hold(r.builds, BUILD_KEY_SESSION, "held", &r.b);
	for (int i = 0; i < MORE_THAN_ARE_KEPT; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		release(builds_hold(r.builds, BUILD_KEY_SESSION, name, &r.a), &r.a);
	}
	assert_null(builds_find(r.builds, BUILD_KEY_SESSION, "s0"));
	assert_ptr_equal(builds_find(r.builds, BUILD_KEY_SESSION, name), &r.a);
	assert_ptr_equal(builds_find(r.builds, BUILD_KEY_SESSION, "held"), &r.b);
	assert_true(r.a.refs < MORE_THAN_ARE_KEPT);
}

struct watcher {
	struct task task;
	int woken;
};

static enum task_turn watch(struct task *t)
{
	container_of(t, struct watcher, task)->woken++;
	return TASK_WAIT;
}
STEP(watch);

static void test_who_waits_is_woken(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct watcher w = { 0 };
	struct build_waiter waiter = { 0 };

	rig_start(&r);
	task_init(&w.task, r.loop, &watch_step, NULL);
	builds_wait(r.builds, &waiter, &w.task);
	(void)builds_hold(r.builds, BUILD_KEY_ID, "b", &r.a);
	loop_turn(r.loop, 0);
	assert_int_equal(w.woken, 1);
	builds_stop_waiting(&waiter);
	(void)builds_hold(r.builds, BUILD_KEY_ID, "c", &r.a);
	loop_turn(r.loop, 0);
	assert_int_equal(w.woken, 1);
	task_finish(&w.task);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_means_an_engine),
		cmocka_unit_test(test_a_lost_engine_is_left),
		cmocka_unit_test(test_idle_keys_have_a_ceiling),
		cmocka_unit_test(test_who_waits_is_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
