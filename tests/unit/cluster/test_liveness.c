/* Losing an engine and getting it back (cluster.md 3.6, 3.8; D9, D10; C-23). */
#include "fixture.h"

struct world {
	struct fixture fx;
	struct fake_engine *f;
};

static int setup(void **state)
{
	struct world *w = xnew(struct world);

	fixture_create(&w->fx);
	w->f = fake_engine_create(w->fx.loop);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	fake_engine_destroy(w->f);
	fixture_destroy(&w->fx);
	free(w);
	return 0;
}

static void test_killed_and_back(void **state)
{
	struct world *w = *state;

	fake_engine_add(w->f, "111", "web");
	struct engine *e = fixture_join(&w->fx, w->f);
	fake_engine_stop(w->f);
	turn_until_s(w->fx.loop, 5, e->state == ENGINE_UNHEALTHY);
	assert_true(str_starts_with(
		e->last_error, "Cannot connect to the Docker daemon at tcp://127.0.0.1:"));
	assert_int_equal(fixture_heard(&w->fx, "engine_disconnect"), 1);
	assert_non_null(cluster_find_container(w->fx.cluster, "web", NULL)); /* still listed */
	fake_engine_find(w->f, "web")->state = "exited";
	fake_engine_start(w->f);
	turn_until_s(w->fx.loop, 12, engine_is_healthy(e));
	assert_int_equal(fixture_heard(&w->fx, "engine_reconnect"), 1);
	assert_string_equal(e->last_error, "");
	turn_until(w->fx.loop,
		cluster_find_container(w->fx.cluster, "web", NULL)->state == CONTAINER_EXITED);
	assert_int_equal(w->f->streams_opened, 2);
}

/* It accepts and never answers, and its event stream stays open. */
static void test_frozen_and_thawed(void **state)
{
	struct world *w = *state;
	struct engine *e = fixture_join(&w->fx, w->f);
	int64_t began = clock_mono_ms();

	w->f->hold = "";
	turn_until_s(w->fx.loop, 10, e->state == ENGINE_UNHEALTHY);
	assert_in_range(clock_mono_ms() - began, 1000, 9500);
	assert_true(str_starts_with(e->last_error, "Cannot connect to the Docker daemon at"));
	fake_engine_release(w->f);
	turn_until_s(w->fx.loop, 15, engine_is_healthy(e));
	turn_for_ms(w->fx.loop, 200);
	assert_int_equal(w->f->streams_opened, 1); /* it never ended */
}

static void test_short_restart_is_forgiven(void **state)
{
	struct world *w = *state;
	struct engine *e = fixture_join(&w->fx, w->f);

	fake_engine_stop(w->f);
	turn_until(w->fx.loop, e->failures == 1);
	fake_engine_start(w->f);
	turn_until(w->fx.loop, w->f->streams_opened == 2 && e->failures == 0);
	assert_true(engine_is_healthy(e));
	assert_int_equal(fixture_heard(&w->fx, "engine_disconnect"), 0);
}

/* C-23: somebody's call succeeds first. */
static void test_one_success_wakes_everything(void **state)
{
	struct world *w = *state;
	struct engine *e = fixture_join(&w->fx, w->f);

	fake_engine_stop(w->f);
	turn_until_s(w->fx.loop, 5, e->state == ENGINE_UNHEALTHY);
	turn_for_ms(w->fx.loop, 2000); /* its pauses grow */
	fake_engine_start(w->f);
	fake_engine_add(w->f, "111", "web");
	engine_report_success(e);
	turn_until_s(w->fx.loop, 1, cluster_find_container(w->fx.cluster, "web", NULL));
}

static void test_idle_engine_is_pinged_seldom(void **state)
{
	struct world *w = *state;

	fixture_join(&w->fx, w->f);
	turn_for_ms(w->fx.loop, 6000);
	assert_in_range(w->f->pings, 2, 3);
}

/* Clients who wait for its containers take every place there is. */
static void test_a_busy_engine_is_not_silent(void **state)
{
	struct world *w = *state;
	struct address address;
	struct call waiting[3];
	struct engine *e;

	fixture_members(&w->fx, w->f->address, NULL);
	e = fixture_engine(&w->fx, w->f->address);
	endpoint_destroy(e->remote.endpoint, "replaced");
	assert_true(address_parse(&address, w->f->address, NULL));
	e->remote.endpoint = endpoint_create(
		w->fx.loop, &(struct endpoint_config){ .address = address, .max_active = 2 });
	address_finish(&address);
	turn_until(w->fx.loop, engine_is_healthy(e));
	w->f->hold = "/wait";
	for (size_t i = 0; i < ARRAY_SIZE(waiting); i++) {
		call_init(&waiting[i], "POST", "/containers/111/wait");
		waiting[i].head_timeout_ms = -1;
		call_send(&waiting[i], e->remote.endpoint, NULL);
	}
	turn_until_s(w->fx.loop, 4, w->f->pings > 0);
	assert_int_equal(e->failures, 0);
	fake_engine_add(w->f, "111", "web");
	fake_engine_emit(w->f, "container", "create", fake_engine_find(w->f, "web")->id, "");
	turn_until_s(w->fx.loop, 2, cluster_find_container(w->fx.cluster, "web", NULL));
	for (size_t i = 0; i < ARRAY_SIZE(waiting); i++)
		call_finish(&waiting[i]);
}

static void test_ping_errors_are_failures(void **state)
{
	struct world *w = *state;
	struct engine *e = fixture_join(&w->fx, w->f);

	w->f->fail = "/_ping";
	turn_until_s(w->fx.loop, 9, e->state == ENGINE_UNHEALTHY);
	assert_string_equal(e->last_error, "out of order");
	w->f->fail = NULL;
	turn_until_s(w->fx.loop, 12, engine_is_healthy(e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_killed_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frozen_and_thawed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_restart_is_forgiven, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_success_wakes_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idle_engine_is_pinged_seldom, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_busy_engine_is_not_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ping_errors_are_failures, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
