#include "docker/build_query.h"
#include "docker_test.h"

/* A value of buildargs, and what becomes of it. */
static void test_arguments(void **state maybe_unused)
{
	static const struct {
		const char *args;
		const char *rest; /* NULL: as they came */
		const char *constraint, *affinity, *whitelist;
	} cases[] = {
		{ "{}", NULL, NULL, NULL, NULL },
		{ "{\"a\":\"1\",\"b\":null}", NULL, NULL, NULL, NULL },
		{ "{\"constraint:node\":\"=node-1\"}", "{}", "node==node-1", NULL, NULL },
		{ "{\"constraint:node!\":\"node-1\"}", "{}", "node!=node-1", NULL, NULL },
		{ "{\"a\":null,\"constraint:node\":\"=n\",\"b\":\"\"}", "{\"a\":null,\"b\":\"\"}",
			"node==n", NULL, NULL },
		{ "{\"affinity:image\":\"=~busybox\"}", "{}", NULL, "image==~busybox", NULL },
		{ "{\"whitelist:node\":\"=a\"}", "{}", NULL, NULL, "node==a" },
		{ "{\"reschedule:on-node-failure\":\"\"}", "{}", NULL, NULL, NULL },
		{ "{\"constraint:node\":null}", "{}", "node", NULL, NULL },
		/* somebody else's */
		{ "{\"constraint\":\"node==a\"}", NULL, NULL, NULL, NULL },
		{ "{\"my:constraint\":\"=a\"}", NULL, NULL, NULL, NULL },
		/* for the engine to refuse */
		{ "", NULL, NULL, NULL, NULL },
		{ "{\"a\":", NULL, NULL, NULL, NULL },
		{ "[\"constraint:node==a\"]", NULL, NULL, NULL, NULL },
		{ "{\"constraint:node\":1}", NULL, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_query struct query q = QUERY_INIT;
		struct build_query b;

		query_set(&q, "buildargs", cases[i].args);
		build_query_read(&b, &q, 8);
		assert_int_equal(b.constraints.count, cases[i].constraint != NULL);
		assert_int_equal(b.affinities.count, cases[i].affinity != NULL);
		assert_int_equal(b.whitelists.count, cases[i].whitelist != NULL);
		if (cases[i].constraint)
			assert_string_equal(b.constraints.items[0], cases[i].constraint);
		if (cases[i].affinity)
			assert_string_equal(b.affinities.items[0], cases[i].affinity);
		if (cases[i].whitelist)
			assert_string_equal(b.whitelists.items[0], cases[i].whitelist);
		if (cases[i].rest)
			assert_string_equal(b.args, cases[i].rest);
		else
			assert_null(b.args);
		build_query_finish(&b);
	}
}

static void test_query_for_an_engine(void **state maybe_unused)
{
	static const struct {
		const char *raw, *sent;
	} cases[] = {
		{ "", "" }, { "t=a%3ab&rm&q=0&new=%7b&t=c", "t=a%3ab&rm&q=0&new=%7b&t=c" },
		{ "buildargs={\"a\":null}&t=x", "buildargs={\"a\":null}&t=x" },
		{ "t=x&buildargs={\"constraint:node\":\"%3Da\",\"b\":\"c\"}&t=y",
			"t=x&buildargs=%7B%22b%22%3A%22c%22%7D&t=y" },
		/* a second one is nobody's way around */
		{ "buildargs={\"constraint:node\":\"%3Da\"}&buildargs={\"b\":\"c\"}",
			"buildargs=%7B%7D" },
		{ "cpushares=1&memory=5", "cpushares=256&memory=5" },
		{ "cpushares=0&memory=5", "cpushares=0&memory=5" },
		{ "cpushares=9", "cpushares=9" }, /* a weight */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_query struct query q = QUERY_INIT;
		struct build_query b;

		assert_true(query_parse(&q, cases[i].raw, strlen(cases[i].raw), NULL));
		build_query_read(&b, &q, 8);
		auto_free char *sent = build_query_format(&b, &q, cases[i].raw, 4);
		assert_string_equal(sent, cases[i].sent);
		build_query_finish(&b);
	}
}

static void test_resources(void **state maybe_unused)
{
	static const struct {
		const char *query;
		int64_t nano_cpus, memory_bytes;
		bool choosy;
	} cases[] = {
		{ "cpushares=2&memory=1048576", 2000000000, 1048576, true },
		{ "cpuquota=50000&cpuperiod=100000", 500000000, 0, true },
		{ "cpushares=0&memory=0&cpuquota=0", 0, 0, false },
		{ "cpushares=512", 0, 0, false },
		{ "cpushares=x&memory=-1", 0, 0, false },
		{ "buildargs={\"a\":\"b\"}", 0, 0, false },
		{ "buildargs={\"affinity:a\":\"%3Db\"}", 0, 0, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_query struct query q = QUERY_INIT;
		struct build_query b;

		assert_true(query_parse(&q, cases[i].query, strlen(cases[i].query), NULL));
		build_query_read(&b, &q, 8);
		assert_int_equal(b.nano_cpus, cases[i].nano_cpus);
		assert_int_equal(b.memory_bytes, cases[i].memory_bytes);
		assert_int_equal(build_query_is_choosy(&b), cases[i].choosy);
		build_query_finish(&b);
	}
}

static void test_platform(void **state maybe_unused)
{
	static const struct {
		const char *query, *platform;
		bool choosy;
	} cases[] = {
		{ "t=x", "", false },
		{ "platform=", "", false },
		{ "platform=linux%2Farm64", "linux/arm64", true },
		{ "platform=linux%2Farm64%2Clinux%2Famd64", "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_query struct query q = QUERY_INIT;
		struct build_query b;

		assert_true(query_parse(&q, cases[i].query, strlen(cases[i].query), NULL));
		build_query_read(&b, &q, 8);
		assert_string_equal(b.platform, cases[i].platform);
		assert_int_equal(build_query_is_choosy(&b), cases[i].choosy);
		build_query_finish(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_query_for_an_engine),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_platform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
