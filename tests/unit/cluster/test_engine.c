/* States, failures, capacity, membership and the bus (C-1..C-7, C-16..C-18, C-20, C-25, C-26). */
#include "fixture.h"

#include "base/log.h"

static struct error refused = { .code = ERROR_CONNECT, .text = (char *)"connection refused" };

static int setup(void **state)
{
	*state = xnew(struct fixture);
	fixture_create(*state);
	return 0;
}

static int teardown(void **state)
{
	fixture_destroy(*state);
	free(*state);
	return 0;
}

static void test_new_engine(void **state)
{
	struct fixture *fx = *state;

	fixture_members(fx, "127.0.0.1:1", NULL);
	struct engine *e = fixture_engine(fx, "127.0.0.1:1");
	assert_int_equal(e->state, ENGINE_PENDING);
	assert_string_equal(engine_state_text(e), "Pending");
	assert_int_equal(engine_health_indicator(e), 0);
	assert_string_equal(e->last_error, "");
	assert_string_equal(e->id, "");
}

static void test_failures_are_counted(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D");
	struct error random = { .code = ERROR_INTERNAL, .text = (char *)"random error" };

	assert_int_equal(engine_health_indicator(e), 100);
	engine_report_failure(e, &refused);
	assert_int_equal(e->failures, 1);
	assert_int_equal(engine_health_indicator(e), 67);
	engine_report_failure(e, &refused);
	assert_int_equal(e->failures, 2);
	assert_int_equal(engine_health_indicator(e), 34);
	assert_string_equal(e->last_error, "connection refused");
	engine_report_success(e);
	assert_int_equal(e->failures, 0);
	assert_string_equal(e->last_error, "");
	engine_report_failure(e, &random);
	assert_int_equal(e->failures, 0);
	assert_string_equal(e->last_error, "");
}

static void note_lost(struct engine_listener *l, struct engine *e maybe_unused)
{
	l->handle_lost = NULL; /* once */
}

static void test_lost_until_it_answers(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D");
	struct engine_listener l = { .handle_lost = note_lost };

	engine_listen(e, &l);
	for (int i = 0; i < 3; i++)
		engine_report_failure(e, &refused);
	assert_int_equal(e->state, ENGINE_UNHEALTHY);
	assert_false(e->lost);
	engine_declare_lost(e);
	assert_true(e->lost);
	assert_null(l.handle_lost);
	engine_report_success(e);
	assert_false(e->lost);
	engine_unlisten(&l);
}

/* D12 */
static void test_which_errors_count(void **state)
{
	static const struct {
		enum error_code code;
		bool counts;
	} cases[] = {
		{ ERROR_CONNECT, true },
		{ ERROR_TIMEOUT, true },
		{ ERROR_TLS, true },
		{ ERROR_CLOSED, true },
		{ ERROR_PROTOCOL, true },
		{ ERROR_ENGINE, false },
		{ ERROR_CANCELLED, false },
		{ ERROR_UNAVAILABLE, false },
		{ ERROR_TOO_LARGE, false },
	};
	struct engine *e = fixture_validated(*state, "n1", "D");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = { .code = cases[i].code, .text = (char *)"x" };

		engine_report_success(e);
		engine_report_failure(e, &err);
		if ((e->failures == 1) != cases[i].counts)
			fail_msg("%s", error_code_name(cases[i].code));
	}
}

static void test_unhealthy_and_back(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "D");

	for (int i = 0; i < 3; i++) {
		assert_true(engine_is_healthy(e));
		engine_report_failure(e, &refused);
	}
	assert_int_equal(e->state, ENGINE_UNHEALTHY);
	assert_int_equal(e->failures, 3);
	assert_int_equal(engine_health_indicator(e), 0);
	assert_int_equal(fx->cluster->healthy, 0);
	assert_int_equal(fx->cluster->validated, 1);
	engine_report_failure(e, &refused);
	assert_int_equal(fixture_heard(fx, "engine_disconnect"), 1);
	engine_report_success(e);
	assert_true(engine_is_healthy(e));
	assert_int_equal(e->failures, 0);
	assert_int_equal(engine_health_indicator(e), 100);
	assert_int_equal(fixture_heard(fx, "engine_reconnect"), 1);
	assert_int_equal(fx->cluster->healthy, 1);
}

static void test_pending_only_collects(void **state)
{
	struct fixture *fx = *state;

	fixture_members(fx, "127.0.0.1:1", NULL);
	struct engine *e = fixture_engine(fx, "127.0.0.1:1");
	for (int i = 0; i < 10; i++)
		engine_report_failure(e, &refused);
	assert_int_equal(e->state, ENGINE_PENDING);
	assert_int_equal(e->failures, 10);
}

static void test_overcommit(void **state)
{
	static const struct {
		double overcommit;
		int64_t cpus, memory, total_cpus, total_memory;
	} cases[] = {
		{ 0.05, 2, 1024, 2, 1075 },
		{ 0, 2, 1024, 2, 1024 },
		{ 0.05, 20, INT64_C(8589934592), 21, INT64_C(9019431321) },
		{ 0.29, 100, 100, 128, 128 }, /* truncated to 28 % */
		{ -0.5, 4, 1024, 2, 512 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fx = *state;
		struct cluster *c = members_create(
			fx->loop, &(struct cluster_config){
					  .overcommit = cases[i].overcommit, .failure_retry = 3 });
		struct engine e = {
			.terms = &c->terms, .cpus = cases[i].cpus, .memory_bytes = cases[i].memory
		};

		assert_int_equal(engine_total_nano_cpus(&e), cases[i].total_cpus * NS_PER_S);
		assert_int_equal(engine_total_memory(&e), cases[i].total_memory);
		members_destroy(c);
	}
}

static void test_sums_follow_containers(void **state)
{
	struct engine *e = fixture_validated(*state, "n1", "D");
	struct container *r = container_create();

	snprintf(r->swarm_id, sizeof(r->swarm_id), "cafe");
	r->memory_bytes = 100;
	r->nano_cpus = 7;
	engine_add_container(e, r); /* a reservation */
	assert_int_equal(e->used_memory, 100);
	assert_int_equal(e->running + e->stopped + e->paused, 0);

	struct container *c = container_create();
	c->state = CONTAINER_RUNNING;
	snprintf(c->id, sizeof(c->id), "abc");
	snprintf(c->swarm_id, sizeof(c->swarm_id), "cafe");
	c->memory_bytes = 120;
	engine_add_container(e, c); /* what was reserved is there and counts once */
	assert_int_equal(e->used_memory, 120);
	assert_int_equal(e->used_nano_cpus, 0);
	assert_int_equal(e->running, 1);
	assert_int_equal(e->containers_count, 1); /* one slot */
	engine_remove_container(e, r);
	assert_int_equal(e->containers_count, 1);
	assert_int_equal(e->used_memory, 120);

	engine_before_change(e, c);
	c->state = CONTAINER_PAUSED;
	c->memory_bytes = 5;
	engine_after_change(e, c);
	assert_int_equal(e->running, 0);
	assert_int_equal(e->paused, 1);
	assert_int_equal(e->used_memory, 5);
	engine_remove_container(e, c);
	assert_int_equal(e->paused + e->running + e->stopped, 0);
	assert_int_equal(e->used_memory, 0);
}

static void test_members_come_and_go(void **state)
{
	struct fixture *fx = *state;

	fixture_members(fx, "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:2", NULL);
	assert_int_equal(fx->cluster->engines_count, 2);
	struct engine *kept = fixture_engine(fx, "127.0.0.1:2");
	fixture_members(fx, "127.0.0.1:3", "http://nonsense", "127.0.0.1:2", NULL);
	assert_int_equal(fx->cluster->engines_count, 2);
	assert_ptr_equal(fixture_engine(fx, "127.0.0.1:2"), kept);
	fixture_engine(fx, "127.0.0.1:3");
	fixture_members(fx, NULL, NULL);
	assert_int_equal(fx->cluster->engines_count, 0);
}

/* C-20; who holds a reference or a reservation may give it back later. */
static void test_removed_engine_lives_on(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = engine_ref(fixture_validated(fx, "n1", "D"));
	struct container *r = fixture_container(e, "", "cafe", "/web");

	fixture_container(e, "abc", "", "/db");
	fixture_members(fx, NULL, NULL);
	assert_int_equal(e->state, ENGINE_DISCONNECTED);
	assert_int_equal(engine_health_indicator(e), 0);
	assert_int_equal(fx->cluster->validated, 0);
	assert_int_equal(e->containers_count, 1);
	assert_null(cluster_find_name(fx->cluster, "web"));
	engine_report_success(e);
	engine_report_failure(e, &refused);
	assert_int_equal(e->state, ENGINE_DISCONNECTED);
	assert_string_equal(e->last_error, "Engine no longer exists");
	engine_disconnect(e);
	assert_int_equal(fixture_heard(fx, "engine_disconnect"), 1);
	engine_remove_container(e, r);
	engine_unref(e);
}

static void test_natural_order(void **state)
{
	struct fixture *fx = *state;
	static const char *const names[] = { "machine10", "machine9", "machine1", "machine11",
		"name3", "name2" };
	static const char *const sorted[] = { "machine1", "machine9", "machine10", "machine11",
		"name2", "name3" };
	size_t count;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		fixture_validated(fx, names[i], names[i]);
	struct engine **engines = cluster_sorted_engines(fx->cluster, &count);
	assert_int_equal(count, ARRAY_SIZE(sorted));
	for (size_t i = 0; i < count; i++)
		assert_string_equal(engines[i]->name, sorted[i]);
	free(engines);
}

static void test_any_healthy_rotates(void **state)
{
	struct fixture *fx = *state;

	assert_null(cluster_any_healthy(fx->cluster));
	struct engine *a = fixture_validated(fx, "a", "A");
	struct engine *b = fixture_validated(fx, "b", "B");
	struct engine *first = cluster_any_healthy(fx->cluster);
	assert_ptr_not_equal(first, cluster_any_healthy(fx->cluster));
	for (int i = 0; i < 3; i++)
		engine_report_failure(a, &refused);
	assert_ptr_equal(cluster_any_healthy(fx->cluster), b);
	assert_ptr_equal(cluster_any_healthy(fx->cluster), b);
}

static void test_find_engine(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "n1", "DAEMON");

	assert_ptr_equal(cluster_find_engine(fx->cluster, "n1"), e);
	assert_ptr_equal(cluster_find_engine(fx->cluster, "DAEMON"), e);
	assert_ptr_equal(cluster_find_engine(fx->cluster, e->id), e);
	assert_ptr_equal(cluster_find_engine(fx->cluster, e->addr), e);
	assert_null(cluster_find_engine(fx->cluster, ""));
	assert_null(cluster_find_engine(fx->cluster, "n2"));
}

/*
 * Listeners.
 */

struct hearer {
	struct engine_listener listener;
	struct engine_listener *victim;
	struct strbuf heard; /* "before>now " for each state, "!" for a failure, "?" for doubt, "c"
			       for a container */
};

static void hear_state(struct engine_listener *l, struct engine *e, enum engine_state before)
{
	struct hearer *h = container_of(l, struct hearer, listener);

	strbuf_addf(&h->heard, "%d>%d ", before, e->state);
	if (h->victim)
		engine_unlisten(h->victim);
}

static void hear_failure(struct engine_listener *l, struct engine *e maybe_unused)
{
	strbuf_add_str(&container_of(l, struct hearer, listener)->heard, "!");
}

static void hear_doubt(struct engine_listener *l, struct engine *e maybe_unused)
{
	strbuf_add_str(&container_of(l, struct hearer, listener)->heard, "?");
}

static void hear_containers(struct engine_listener *l, struct engine *e maybe_unused)
{
	strbuf_add_str(&container_of(l, struct hearer, listener)->heard, "c");
}

/* Reservations are nobody's news. */
static void test_engine_tells_of_containers(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "a", "A");
	struct hearer h = { .listener.handle_containers = hear_containers };
	struct container *reserved = container_create(), *c = container_create();

	engine_listen(e, &h.listener);
	engine_add_container(e, reserved);
	engine_remove_container(e, reserved);
	assert_int_equal(h.heard.len, 0);
	c->state = CONTAINER_RUNNING;
	engine_add_container(e, c);
	engine_before_change(e, c);
	engine_after_change(e, c);
	engine_remove_container(e, c);
	assert_string_equal(h.heard.buf, "ccc");
	engine_unlisten(&h.listener);
	strbuf_finish(&h.heard);
}

static void test_engine_tells(void **state)
{
	struct fixture *fx = *state;
	struct engine *a = fixture_validated(fx, "a", "A"), *b = fixture_validated(fx, "b", "B");
	struct hearer of_all = { .listener = { hear_state, hear_failure, hear_doubt } };
	struct hearer of_b = { .listener = { hear_state, hear_failure, hear_doubt } };
	struct hearer deaf = { 0 };
	auto_error struct error err = ERROR_INIT;

	error_set(&err, ERROR_CONNECT, "refused");
	cluster_listen(fx->cluster, &of_all.listener);
	cluster_listen(fx->cluster, &deaf.listener);
	engine_listen(b, &of_b.listener);
	of_b.victim = &of_all.listener;
	engine_report_failure(a, &err);
	engine_doubt(b);
	engine_report_success(a);
	for (int i = 0; i < 3; i++)
		engine_report_failure(a, &err);
	engine_report_success(a);
	engine_suspend(b, "why"); /* who hears it makes the other leave */
	engine_suspend(a, "why");
	assert_string_equal(of_all.heard.buf, "!?!!1>2 2>1 1>0 ");
	assert_string_equal(of_b.heard.buf, "?1>0 ");
	engine_unlisten(&of_b.listener);
	engine_unlisten(&deaf.listener);
	strbuf_finish(&of_all.heard);
	strbuf_finish(&of_b.heard);
}

/*
 * The bus.
 */

struct quitter {
	struct bus_listener listener;
	struct bus_listener *victim;
	int heard;
};

static void quit(struct bus_listener *l, const struct docker_event *e maybe_unused,
	struct engine *engine maybe_unused)
{
	struct quitter *q = container_of(l, struct quitter, listener);

	q->heard++;
	bus_unsubscribe(q->victim);
}

static void say(struct bus *bus, const char *action)
{
	bus_publish_own(bus, JOURNAL_NODE, &(struct event_own){ EVENT_SWARM, action }, NULL);
}

static void test_listeners_may_leave(void **state)
{
	struct fixture *fx = *state;
	struct bus *bus = fx->cluster->bus;
	struct quitter a = { .listener.handle_event = quit }, b = a, c = a;

	a.victim = &a.listener;
	b.victim = &c.listener; /* the next in line */
	c.victim = NULL;
	bus_subscribe(bus, &a.listener);
	bus_subscribe(bus, &b.listener);
	bus_subscribe(bus, &c.listener);
	assert_int_equal(bus_listeners(bus), 4);
	say(bus, "one");
	say(bus, "two");
	assert_int_equal(a.heard, 1);
	assert_int_equal(b.heard, 2);
	assert_int_equal(c.heard, 0);
	assert_int_equal(fixture_heard(fx, "two"), 1);
	bus_unsubscribe(&b.listener);
	bus_unsubscribe(&b.listener);
	assert_int_equal(bus_listeners(bus), 1);
}

static size_t warnings_written(struct engine *e, int times)
{
	char *text = NULL;
	size_t len, lines = 0;
	FILE *sink = open_memstream(&text, &len);

	log_set_sink(sink);
	log_set_level(LOG_WARN);
	for (int i = 0; i < times; i++)
		engine_warn(e, "again", "error", "and again");
	log_set_level(LOG_FATAL);
	log_set_sink(stdout);
	fclose(sink);
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	free(text);
	return lines;
}

static void test_an_engine_cannot_flood_the_log(void **state)
{
	struct fixture *fx = *state;
	struct engine *e = fixture_validated(fx, "node", "AAAA");

	assert_int_equal(warnings_written(e, 1000), LOG_LIMIT_LINES);
	assert_int_equal(warnings_written(e, 1000), 0);
	e->warnings.since_ms -= 60 * 1000;
	assert_int_equal(warnings_written(e, 1), 2); /* and how many were left out */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_an_engine_cannot_flood_the_log, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_engine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_until_it_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_which_errors_count, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unhealthy_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pending_only_collects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overcommit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sums_follow_containers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removed_engine_lives_on, setup, teardown),
		cmocka_unit_test_setup_teardown(test_natural_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_healthy_rotates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_find_engine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_engine_tells_of_containers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_engine_tells, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listeners_may_leave, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
