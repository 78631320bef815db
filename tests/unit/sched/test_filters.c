/* Health, containerslots and whitelist: cases S-46 to S-50 and S-56 to S-58. */
#include "pool.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define ANY "{\"Image\":\"i\"}"

static void test_health(void **state maybe_unused)
{
	static const struct {
		int first, second;
		const char *expected;
	} cases[] = {
		{ 100, 100, "01" },
		{ 0, 100, "1" },
		{ 0, 0, "E" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_create(2, NULL, "health");

		p->nodes[0].health = cases[i].first;
		p->nodes[1].health = cases[i].second;
		auto_free char *got = pool_fitting(p, ANY);
		check_text("S-46", got, cases[i].expected);
		pool_destroy(p);
	}
}

static void test_soft_affinity_to_unhealthy(void **state maybe_unused)
{
	struct pool *p = pool_create(2, NULL, NULL);
	const char *env[4] = { "affinity:image==~image-0:tag3" };

	p->nodes[1].health = 0;
	pool_add_image(p, 1, "image-1-id", "image-0:tag3", NULL);
	auto_free char *got = pool_fitting_env(p, env);
	check_text("S-47", got, "0");
	pool_destroy(p);
}

/* Asked whatever is configured, and not counted among that. */
static void test_availability(void **state maybe_unused)
{
	static const struct {
		enum availability first, second;
		const char *expected;
	} cases[] = {
		{ AVAILABILITY_ACTIVE, AVAILABILITY_ACTIVE, "01" },
		{ AVAILABILITY_PAUSE, AVAILABILITY_ACTIVE, "1" },
		{ AVAILABILITY_ACTIVE, AVAILABILITY_DRAIN, "0" },
		{ AVAILABILITY_DRAIN, AVAILABILITY_PAUSE, "E" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_create(2, NULL, "health");
		auto_free char *names = sched_filter_names(p->sched);

		p->nodes[0].availability = cases[i].first;
		p->nodes[1].availability = cases[i].second;
		auto_free char *got = pool_fitting(p, ANY);
		check_text("availability", got, cases[i].expected);
		check_text("availability", names, "health");
		pool_destroy(p);
	}
}

static void add_containers(struct pool *p, size_t node, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char id[48];

		snprintf(id, sizeof(id), "%zu-%zu", node, i);
		pool_add(p, node, "", id, NULL);
	}
}

static void test_slots(void **state maybe_unused)
{
	static const struct {
		const char *name, *labels[2];
		size_t containers[2];
		const char *expected;
	} cases[] = {
		{ "S-48", { "3", "3" }, { 1, 0 }, "01" },
		{ "S-48", { "3", "3" }, { 3, 0 }, "1" },
		{ "S-48", { "3", "3" }, { 3, 3 }, "E" },
		{ "S-49", { NULL, NULL }, { 3, 0 }, "01" },
		{ "S-50", { "3", "foo" }, { 3, 3 }, "1" },
		{ "sign", { "+1", "0" }, { 0, 0 }, "0" },
		/* F12: a negative number is none, as in classic Swarm */
		{ "negative", { "-1", "1" }, { 0, 0 }, "1" },
		{ "empty label", { "", "1" }, { 5, 5 }, "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_create(2, NULL, "containerslots");

		for (size_t k = 0; k < 2; k++) {
			if (cases[i].labels[k])
				pool_set_label(p, k, "containerslots", cases[i].labels[k]);
			add_containers(p, k, cases[i].containers[k]);
		}
		auto_free char *got = pool_fitting(p, ANY);
		check_text(cases[i].name, got, cases[i].expected);
		pool_destroy(p);
	}
}

/* F12: networks, volumes and builds are no containers. */
static void test_slots_are_for_containers(void **state maybe_unused)
{
	struct pool *p = pool_create(1, NULL, NULL);
	struct wish *w = wish_create_expressions(NULL, NULL, NULL, 0, 0, NULL);

	pool_set_label(p, 0, "containerslots", "0");
	assert_true(
		sched_place(p->sched, w, p->nodes, p->count, p->ranked, &p->ranked_count, &p->err));
	assert_int_equal(p->ranked_count, 1);
	wish_destroy(w);
	pool_destroy(p);
}

static void test_whitelist(void **state maybe_unused)
{
	static const struct env_case cases[] = {
		{ "S-56", {}, "0123" },
		{ "S-56", { "whitelist:node==node-5-name|node-6-name|node-7-name" }, "E" },
		{ "S-56", { "whitelist:node==node-5-name" }, "E" },
		{ "S-57", { "whitelist:node==node-1-name" }, "1" },
		{ "S-57", { "whitelist:node==node-1-name|node-2-name" }, "12" },
		{ "S-57", { "whitelist:node==node-1-name|node-2-name|node-5-name|node-6-name" },
			"12" },
		{ "S-58",
			{ "whitelist:node==node-0-name|node-1-name|node-2-name",
				"whitelist:node==node-1-name|node-2-name|node-3-name" },
			"12" },
		{ "F11", { "whitelist:node!=node-1-name|node-2-name" }, "03" },
		{ "no patterns", { "whitelist:node==node-*" }, "E" },
		{ "any key", { "whitelist:whatever==node-1-name" }, "1" },
		{ "soft", { "whitelist:node==~node-5-name" }, "0123" },
		{ "empty part", { "whitelist:node==|node-1-name|" }, "1" },
		{ "a prefix is no name", { "whitelist:node==node-1-nam|node-1-name2" }, "E" },
	};
	struct pool *p = pool_create(4, NULL, NULL);

	check_env_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

static void test_names(void **state maybe_unused)
{
	auto_error struct error err = ERROR_INIT;
	auto_strv struct strv names = STRV_INIT;

	struct sched *s = sched_create(NULL, NULL, &err);
	auto_free char *defaults = sched_filter_names(s);
	assert_string_equal(defaults, "health, port, containerslots, dependency, together, "
				      "affinity, constraint, whitelist");
	assert_string_equal(sched_strategy_name(s), "spread");
	sched_destroy(s);

	strv_add(&names, "constraint");
	strv_add(&names, "health");
	strv_add(&names, "constraint");
	s = sched_create("binpacking", &names, &err);
	auto_free char *given = sched_filter_names(s);
	assert_string_equal(given, "constraint, health, constraint");
	assert_string_equal(sched_strategy_name(s), "binpack");
	sched_destroy(s);

	assert_null(sched_create("fastest", NULL, &err));
	assert_string_equal(error_text(&err), "strategy not supported");
	strv_add(&names, "ports");
	assert_null(sched_create(NULL, &names, &err));
	assert_string_equal(error_text(&err), "filter not supported");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_soft_affinity_to_unhealthy),
		cmocka_unit_test(test_availability),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_slots_are_for_containers),
		cmocka_unit_test(test_whitelist),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
