/* Who may be a member: connecting, validation, one daemon at two addresses, another daemon at one
 * (cluster.md 2.2, 3.2-3.5, 4.6; D1, D3, D11, D14, D15; C-8..C-11, C-20, C-21). */
#include "fixture.h"

struct world {
	struct fixture fx;
	struct fake_engine *a, *b;
};

static int setup(void **state)
{
	struct world *w = xnew(struct world);

	fixture_create(&w->fx);
	w->a = fake_engine_create(w->fx.loop);
	w->b = fake_engine_create(w->fx.loop);
	w->b->daemon_id = "CCCC:DDDD";
	w->b->name = "node-2";
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	fake_engine_destroy(w->a);
	fake_engine_destroy(w->b);
	fixture_destroy(&w->fx);
	free(w);
	return 0;
}

static void test_connect(void **state)
{
	struct world *w = *state;

	w->a->labels = "[\"foo=bar\",\"executiondriver=x\",\"node=node1\",\"kernelversion=9\"]";
	w->a->clock_behind_ms = 3600 * 1000;
	int64_t began_ms = clock_mono_ms();
	struct engine *e = fixture_join(&w->fx, w->a);
	int64_t joined_ms = clock_mono_ms() - began_ms + 1;
	auto_free char *id = xasprintf("AAAA:BBBB|%s", w->a->address);
	static const char *const labels[][2] = {
		{ "storagedriver", "driver-test" },
		{ "kernelversion", "1.2.3" },
		{ "operatingsystem", "golang" },
		{ "ostype", "linux" },
		{ "foo", "bar" },
		{ "executiondriver", "x" },
	};

	assert_string_equal(e->id, id);
	assert_string_equal(e->name, "node-1");
	assert_string_equal(e->ip, "127.0.0.1");
	assert_string_equal(e->server_version, "20.10.24");
	assert_int_equal(e->cpus, 10);
	assert_int_equal(e->used_nano_cpus, 0);
	assert_int_equal(e->images_count, 1);
	assert_int_equal(e->networks_count, 1);
	assert_int_equal(e->labels.count, ARRAY_SIZE(labels));
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		assert_string_equal(labels_get(&e->labels, labels[i][0]), labels[i][1]);
	assert_null(labels_get(&e->labels, "node"));
	/* as exact as the answers were quick */
	assert_true(llabs(e->clock_shift_ns - 3600 * NS_PER_S) <= joined_ms * 1000000);
	assert_string_equal(e->last_error, "");
	assert_int_equal(fixture_heard(&w->fx, "engine_connect"), 1);
	assert_null(strstr(
		yyjson_get_str(yyjson_obj_get(
			yyjson_obj_get(
				yyjson_obj_get(yyjson_doc_get_root(e->info), "Runtimes"), "runc"),
			"path")),
		"status"));
	turn_for_ms(w->fx.loop, 300); /* one round, one stream */
	assert_int_equal(w->a->lists, 1);
	assert_int_equal(w->a->streams_opened, 1);
}

static void test_small_clock_difference_is_none(void **state)
{
	struct world *w = *state;

	w->a->clock_behind_ms = 1500;
	assert_int_equal(fixture_join(&w->fx, w->a)->clock_shift_ns, 0);
}

/* A busy engine answers late, and told its time before. */
static void test_a_slow_answer_is_no_clock_difference(void **state)
{
	struct world *w = *state;

	w->a->clock_behind_ms = 1900;
	w->a->hold = "/info";
	fixture_members(&w->fx, w->a->address, NULL);
	turn_until(w->fx.loop, w->a->infos == 1);
	turn_for_ms(w->fx.loop, 300);
	fake_engine_release(w->a);
	struct engine *e = fixture_engine(&w->fx, w->a->address);

	turn_until(w->fx.loop, engine_is_healthy(e));
	assert_int_equal(e->clock_shift_ns, 0);
}

static struct engine *join_pending(struct world *w, const char *text)
{
	fixture_members(&w->fx, w->a->address, NULL);
	struct engine *e = fixture_engine(&w->fx, w->a->address);

	turn_until(w->fx.loop, strstr(e->last_error, text));
	assert_int_equal(e->state, ENGINE_PENDING);
	assert_int_equal(e->containers_count, 0);
	return e;
}

static void test_no_resources(void **state)
{
	struct world *w = *state;
	auto_free char *text = xasprintf("cannot get resources for this engine, make sure %s is a "
					 "Docker Engine, not a Swarm manager",
		w->a->address);

	w->a->cpus = 0;
	assert_string_equal(join_pending(w, "cannot get")->last_error, text);
}

static void test_bad_label(void **state)
{
	struct world *w = *state;
	auto_free char *text = xasprintf("Engine (ID: AAAA:BBBB|%s, Addr: %s) contains an invalid "
					 "label (nonsense) not formatted as \"key=value\".",
		w->a->address, w->a->address);

	w->a->labels = "[\"a=b\",\"nonsense\"]";
	assert_string_equal(join_pending(w, "invalid label")->last_error, text);
}

static void test_versions_do_not_meet(void **state)
{
	struct world *w = *state;

	w->a->api_min = "1.90";
	w->a->api_max = "1.99";
	join_pending(w, "engine speaks API versions 1.90 to 1.99, this manager 1.24 to ");
}

static void test_failing_info(void **state)
{
	struct world *w = *state;

	w->a->fail = "/info";
	struct engine *e = join_pending(w, "out of order");
	w->a->fail = NULL;
	turn_until(w->fx.loop, engine_is_healthy(e)); /* tried again by itself */
	assert_string_equal(e->last_error, "");
}

/* D14: what a failed attempt opened is closed, and nothing is left of what it read. */
static void test_failing_late(void **state)
{
	struct world *w = *state;

	fake_engine_add(w->a, "abc", "web");
	w->a->fail = "/images/json";
	struct engine *e = join_pending(w, "out of order");
	w->a->fail = NULL;
	turn_until(w->fx.loop, engine_is_healthy(e));
	assert_int_equal(e->containers_count, 1);
	fake_engine_emit(w->a, "container", "start", w->a->containers.next ? "abc" : "", "");
	turn_until(w->fx.loop, fixture_heard(&w->fx, "start"));
	turn_for_ms(w->fx.loop, 100);
	assert_int_equal(fixture_heard(&w->fx, "start"), 1);
}

/* Something before the daemon that begins to refuse its events and falls silent. */
static void test_refusal_without_an_end(void **state)
{
	struct world *w = *state;
	struct gate *loading = &w->fx.cluster->loading;

	w->a->stall = "/events";
	fixture_members(&w->fx, w->a->address, NULL);
	struct engine *e = fixture_engine(&w->fx, w->a->address);
	turn_until(w->fx.loop, strstr(e->last_error, "Service Unavailable"));
	assert_int_equal(e->state, ENGINE_PENDING);
	assert_int_equal(loading->inside, 0);
	w->a->stall = NULL;
	turn_until(w->fx.loop, engine_is_healthy(e));
}

static void test_nobody_there_at_first(void **state)
{
	struct world *w = *state;

	fake_engine_stop(w->a);
	struct engine *e = join_pending(w, "Cannot connect to the Docker daemon at tcp://");
	assert_true(e->failures > 0);
	fake_engine_start(w->a);
	turn_until(w->fx.loop, engine_is_healthy(e));
}

/* C-20: at any moment of its first round. */
static void test_removed_while_connecting(void **state)
{
	struct world *w = *state;
	static const char *const moments[] = { "/version", "/info", "/containers/json", "/json",
		"/images", "/networks", "/volumes" };

	fake_engine_add(w->a, "abc", "web");
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		w->a->hold = moments[i];
		fixture_members(&w->fx, w->a->address, NULL);
		turn_until(w->fx.loop, !list_empty(&w->a->held));
		struct engine *e = engine_ref(fixture_engine(&w->fx, w->a->address));
		fixture_members(&w->fx, NULL, NULL);
		assert_int_equal(e->state, ENGINE_DISCONNECTED);
		engine_unref(e);
		fake_engine_release(w->a);
		turn_for_ms(w->fx.loop, 20);
	}
	assert_int_equal(fixture_heard(&w->fx, "engine_connect"), 0);
	fixture_join(&w->fx, w->a);
}

/* C-21, D3 */
static void test_removed_before_resolved(void **state)
{
	struct world *w = *state;

	fixture_members(&w->fx, "no-such-host.invalid:2375", NULL);
	loop_turn(w->fx.loop, 0);
	fixture_members(&w->fx, NULL, NULL);
	loop_turn(w->fx.loop, 0);
	assert_int_equal(w->fx.cluster->engines_count, 0);
}

static void join_both(struct world *w, struct engine **ret_a, struct engine **ret_b)
{
	*ret_a = fixture_join(&w->fx, w->a);
	fixture_members(&w->fx, w->a->address, w->b->address, NULL);
	*ret_b = fixture_engine(&w->fx, w->b->address);
}

/* D1 */
static void test_one_daemon_at_two_addresses(void **state)
{
	struct world *w = *state;
	struct engine *a, *b;

	w->b->daemon_id = w->a->daemon_id;
	fake_engine_add(w->a, "abc", "web");
	fake_engine_add(w->b, "abc", "web");
	join_both(w, &a, &b);
	turn_until(
		w->fx.loop, str_starts_with(b->last_error, "ID duplicated. AAAA:BBBB shared by"));
	assert_non_null(strstr(b->last_error, w->a->address));
	assert_int_equal(b->state, ENGINE_PENDING);
	assert_true(engine_is_healthy(a));
	assert_int_equal(a->containers_count, 1);
	assert_non_null(cluster_find_container(w->fx.cluster, "web", NULL));
}

static void test_clones_are_accepted(void **state)
{
	struct world *w = *state;
	struct engine *a, *b;

	w->b->daemon_id = w->a->daemon_id;
	fake_engine_add(w->a, "abc", "web");
	fake_engine_add(w->b, "def", "db");
	join_both(w, &a, &b);
	turn_until(w->fx.loop, engine_is_healthy(b));
	assert_true(engine_is_healthy(a));
}

/* Empty ones look like clones until the first container appears on both. */
static void test_twins_found_later(void **state)
{
	struct world *w = *state;
	struct engine *a, *b;

	w->b->daemon_id = w->a->daemon_id;
	join_both(w, &a, &b);
	turn_until(w->fx.loop, engine_is_healthy(b));
	const char *id = fake_engine_add(w->a, "abc", "web")->id;
	fake_engine_add(w->b, "abc", "web");
	fake_engine_emit(w->a, "container", "create", id, "");
	fake_engine_emit(w->b, "container", "create", id, "");
	turn_until(w->fx.loop, w->fx.cluster->healthy == 1);
	turn_for_ms(w->fx.loop, 200);
	assert_int_equal(w->fx.cluster->validated, 1);
	assert_non_null(cluster_find_container(w->fx.cluster, "web", NULL));
}

/* A reboot with a new address, while the old entry has not expired. */
static void test_engine_moved(void **state)
{
	struct world *w = *state;
	struct engine *a, *b;

	w->b->daemon_id = w->a->daemon_id;
	fake_engine_add(w->a, "abc", "web");
	fake_engine_add(w->b, "abc", "web");
	fixture_join(&w->fx, w->a);
	fake_engine_stop(w->a);
	a = fixture_engine(&w->fx, w->a->address);
	turn_until(w->fx.loop, a->state == ENGINE_UNHEALTHY);
	fixture_members(&w->fx, w->a->address, w->b->address, NULL);
	b = fixture_engine(&w->fx, w->b->address);
	turn_until(w->fx.loop, engine_is_healthy(b));
	assert_int_equal(a->state, ENGINE_PENDING);
	assert_int_equal(a->containers_count, 0);
	assert_ptr_equal(cluster_find_container(w->fx.cluster, "web", NULL)->engine, b);
}

/* D11 */
static void test_another_daemon_at_the_address(void **state)
{
	struct world *w = *state;

	fake_engine_add(w->a, "abc", "web");
	struct engine *e = fixture_join(&w->fx, w->a);
	fake_engine_stop(w->a);
	fake_engine_remove(w->a, fake_engine_find(w->a, "web"));
	fake_engine_add(w->a, "def", "db");
	w->a->daemon_id = "EEEE:FFFF";
	fake_engine_start(w->a);
	turn_until(w->fx.loop, strcmp(e->daemon_id, "EEEE:FFFF") == 0 && engine_is_healthy(e));
	assert_int_equal(e->containers_count, 1);
	assert_null(cluster_find_container(w->fx.cluster, "web", NULL));
	assert_non_null(cluster_find_container(w->fx.cluster, "db", NULL));
	assert_int_equal(fixture_heard(&w->fx, "engine_connect"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_connect, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_small_clock_difference_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_slow_answer_is_no_clock_difference, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_resources, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_label, setup, teardown),
		cmocka_unit_test_setup_teardown(test_versions_do_not_meet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failing_info, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failing_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusal_without_an_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_there_at_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removed_while_connecting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removed_before_resolved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_daemon_at_two_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clones_are_accepted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twins_found_later, setup, teardown),
		cmocka_unit_test_setup_teardown(test_engine_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_another_daemon_at_the_address, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
