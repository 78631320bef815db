/* Strategies: cases S-67 to S-79. */
#include "pool.h"

#include <string.h>

#include "base/mem.h"
#include "sched/strategy.h"

/* Overcommit of 5 % in whole GiB, as in the cases. */
static int64_t with_overcommit(int64_t gib)
{
	return gib * 105 / 100 * GIB;
}

static struct pool *pool_of(size_t count, const char *strategy, int64_t gib, int64_t cpus)
{
	struct pool *p = pool_create(count, strategy, NULL);

	for (size_t i = 0; i < count; i++)
		pool_set_size(p, i, with_overcommit(gib), cpus);
	return p;
}

static size_t run(struct pool *p, int64_t gib, int64_t cpus)
{
	auto_free char *body =
		xasprintf("{\"Image\":\"i\",\"HostConfig\":{\"Memory\":%lld,\"CpuShares\":%lld}}",
			(long long)(gib * GIB), (long long)cpus);

	return pool_run(p, body);
}

static void add(struct pool *p, size_t node, int64_t gib)
{
	auto_free char *body = xasprintf(
		"{\"Image\":\"i\",\"HostConfig\":{\"Memory\":%lld}}", (long long)(gib * GIB));

	pool_add(p, node, "", "id", body);
}

static void test_s67(void **state maybe_unused)
{
	static const struct {
		const char *strategy;
		size_t expected;
	} cases[] = { { "binpack", 1 }, { "spread", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_of(2, cases[i].strategy, 4, 0);

		add(p, 0, 2);
		add(p, 1, 1);
		add(p, 1, 1);
		assert_int_equal(run(p, 1, 0), cases[i].expected);
		assert_int_equal(p->nodes[0].containers_count, cases[i].expected ? 1 : 2);
		assert_int_equal(p->nodes[1].containers_count, cases[i].expected ? 3 : 2);
		pool_destroy(p);
	}
}

static void test_twice(void **state maybe_unused)
{
	static const struct {
		const char *name, *strategy;
		int64_t gib, cpus; /* of nodes */
		int64_t want_gib, want_cpus;
		bool same;
	} cases[] = {
		{ "S-68", "binpack", 2, 0, 1, 0, true },
		{ "S-68", "spread", 2, 0, 1, 0, false },
		{ "S-69", "binpack", 0, 2, 0, 1, true },
		{ "S-69", "spread", 0, 2, 0, 1, false },
		/* S-94, S-95: both strategies on larger nodes */
		{ "S-94", "spread", 8, 4, 0, 1, false },
		{ "S-95", "binpack", 8, 4, 0, 1, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_of(2, cases[i].strategy, cases[i].gib, cases[i].cpus);
		size_t first = run(p, cases[i].want_gib, cases[i].want_cpus);
		size_t second = run(p, cases[i].want_gib, cases[i].want_cpus);

		assert_int_not_equal(first, POOL_NONE);
		assert_int_not_equal(second, POOL_NONE);
		check_text(cases[i].name, first == second ? "same" : "different",
			cases[i].same ? "same" : "different");
		pool_destroy(p);
	}
}

static void test_s70(void **state maybe_unused)
{
	static const char *const names[] = { "spread", "binpack" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct pool *p = pool_of(100, names[i], 1, 1);

		for (size_t k = 0; k < 100; k++)
			assert_int_not_equal(run(p, 0, 1), POOL_NONE);
		assert_int_equal(run(p, 0, 1), POOL_NONE);
		for (size_t k = 0; k < 100; k++)
			assert_int_not_equal(run(p, 1, 0), POOL_NONE);
		assert_int_equal(run(p, 1, 0), POOL_NONE);
		for (size_t k = 0; k < 100; k++)
			assert_int_equal(p->nodes[k].containers_count, 2);
		pool_destroy(p);
	}
}

static void test_s71(void **state maybe_unused)
{
	static const char *const names[] = { "spread", "binpacking" };
	static const struct {
		int64_t gib;
		size_t expected;
	} cases[] = { { 90, 0 }, { 100, 0 }, { 105, 0 }, { 106, POOL_NONE } };

	for (size_t i = 0; i < ARRAY_SIZE(names) * ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_of(1, names[i % ARRAY_SIZE(names)], 100, 1);

		assert_int_equal(run(p, cases[i / ARRAY_SIZE(names)].gib, 0),
			cases[i / ARRAY_SIZE(names)].expected);
		pool_destroy(p);
	}
}

static void test_s72(void **state maybe_unused)
{
	struct pool *p = pool_of(3, "binpack", 2, 4);

	assert_int_equal(run(p, 10, 0), POOL_NONE);
	size_t a = run(p, 1, 0);
	assert_int_equal(run(p, 1, 0), a);
	size_t b = run(p, 2, 0);
	assert_int_not_equal(b, a);
	size_t c = run(p, 1, 0);
	assert_int_not_equal(c, a);
	assert_int_not_equal(c, b);
	assert_int_equal(run(p, 1, 0), c);
	assert_int_equal(run(p, 1, 0), POOL_NONE);
	pool_clear(p, b);
	assert_int_equal(run(p, 1, 0), b);
	pool_destroy(p);
}

static void test_s73(void **state maybe_unused)
{
	static const char *const names[] = { "spread", "binpack" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct pool *p = pool_of(2, names[i], 4, 4);
		size_t with_2 = run(p, 2, 0);
		size_t with_3 = run(p, 3, 0);

		assert_int_not_equal(with_2, with_3);
		assert_int_equal(run(p, 1, 0), i == 0 ? with_2 : with_3);
		pool_destroy(p);
	}
}

static void test_sizes(void **state maybe_unused)
{
	static const struct {
		const char *name;
		int64_t cpus;
		size_t first, second;
	} cases[] = { { "S-74", 0, 30, 30 }, { "S-75", 1, 20, 40 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_create(2, "spread", NULL);

		pool_set_size(p, 0, with_overcommit(64), 21);
		pool_set_size(p, 1, with_overcommit(128), 42);
		for (size_t k = 0; k < 60; k++)
			assert_int_not_equal(run(p, 0, cases[i].cpus), POOL_NONE);
		auto_free char *got = xasprintf(
			"%zu and %zu", p->nodes[0].containers_count, p->nodes[1].containers_count);
		auto_free char *expected =
			xasprintf("%zu and %zu", cases[i].first, cases[i].second);
		check_text(cases[i].name, got, expected);
		pool_destroy(p);
	}
}

struct weight_case {
	int64_t used_cpus, used_memory, total_cpus, total_memory;
	int health;
	int64_t cpus, memory;
	bool fits;
	int64_t spread, binpack;
};

static int64_t floor_to_percent(int64_t weight)
{
	return weight >= 0 ? weight / WEIGHT_SCALE : -((-weight + WEIGHT_SCALE - 1) / WEIGHT_SCALE);
}

/* The scale is finer than in the table (F15): whole percents are compared. */
static void check_weight(const struct weight_case *c)
{
	struct wish *w = wish_create_expressions(NULL, NULL, NULL, c->cpus * CPU, c->memory, NULL);
	struct node n = {
		.used_nano_cpus = c->used_cpus * CPU,
		.used_memory = c->used_memory,
		.total_nano_cpus = c->total_cpus * CPU,
		.total_memory = c->total_memory,
		.health = c->health,
	};

	assert_int_equal(strategy_fits_cpus(w, &n) && strategy_fits_memory(w, &n), c->fits);
	if (c->fits) {
		assert_int_equal(floor_to_percent(strategy_weight(w, &n, -10)), c->spread);
		assert_int_equal(floor_to_percent(strategy_weight(w, &n, 10)), c->binpack);
	}
	wish_destroy(w);
}

static void test_s76(void **state maybe_unused)
{
	enum { TOTAL_CPUS = 4 };
	static const int64_t total = INT64_C(9019431321); /* 8 GiB and 5 % */
	const struct weight_case cases[] = {
		{ 0, 0, TOTAL_CPUS, total, 100, 1, GIB, true, -964, 1036 },
		{ 0, 0, TOTAL_CPUS, total, 67, 1, GIB, true, -634, 706 },
		{ 0, 0, TOTAL_CPUS, total, 100, 0, 0, true, -800, 1200 },
		{ 4, total, TOTAL_CPUS, total, 100, 0, 0, true, -800, 1200 },
		{ 4, 0, TOTAL_CPUS, total, 100, 1, 0, false, 0, 0 },
		{ 2, 2 * GIB, TOTAL_CPUS, 8 * GIB, 100, 1, 2 * GIB, true, -875, 1125 },
		{ 2, 2 * GIB, TOTAL_CPUS, 8 * GIB, 0, 1, 2 * GIB, true, 125, 125 },
		/* F14: classic Swarm took these two until 101 %; used and requested must not
		 * exceed the total */
		{ 0, 1000, 1, 1000, 100, 0, 9, false, 0, 0 },
		{ 200, 0, 200, 1, 100, 1, 0, false, 0, 0 },
		{ 0, 1000, 1, 1000, 100, 0, 10, false, 0, 0 },
		{ 0, 991, 1, 1000, 100, 0, 9, true, -800, 1200 },
		{ 0, 991, 1, 1000, 100, 0, 10, false, 0, 0 },
		/* more used than there is, and nothing at all */
		{ 5, 0, TOTAL_CPUS, total, 100, 1, 0, false, 0, 0 },
		{ 5, 0, TOTAL_CPUS, total, 100, 0, 0, true, -800, 1200 },
		{ 0, 0, 0, 0, 100, 1, 0, false, 0, 0 },
		{ 0, 0, 0, 0, 100, 0, 0, true, -800, 1200 },
		/* negative requests are none */
		{ 4, 0, TOTAL_CPUS, total, 100, -1, -1, true, -800, 1200 },
		/* requests near the end of the range do not wrap around */
		{ 0, 1, 1, INT64_MAX, 100, 0, INT64_MAX, false, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_weight(&cases[i]);
}

/* F15: with whole percents both nodes below would be equal for a hundred containers. */
static void test_fine_scale(void **state maybe_unused)
{
	struct pool *p = pool_of(2, "spread", 1024, 0);

	add(p, 0, 1);
	assert_int_equal(run(p, 1, 0), 1);
	add(p, 1, 1);
	assert_int_equal(run(p, 1, 0), 0);
	pool_destroy(p);
}

static void test_soft_gives_way_to_room(void **state maybe_unused)
{
	struct pool *p = pool_create(2, "spread", "constraint");

	pool_set_label(p, 0, "group", "1");
	pool_set_label(p, 1, "group", "2");
	pool_set_size(p, 0, GIB, 1);
	pool_set_size(p, 1, GIB, 2);
	auto_free char *got =
		pool_fitting(p, "{\"Image\":\"i\",\"Env\":[\"constraint:group==~1\"],"
				"\"HostConfig\":{\"Memory\":1073741824,\"CpuShares\":2}}");
	check_text("S-77", got, "1");
	pool_destroy(p);
}

static void test_ostype(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "S-78",
			"{\"Image\":\"i\",\"Env\":[\"constraint:ostype==windows\"],"
			"\"HostConfig\":{\"Memory\":1073741824,\"CpuShares\":2}}",
			"1" },
		{ "S-78",
			"{\"Image\":\"i\",\"Env\":[\"constraint:ostype==linux\"],"
			"\"HostConfig\":{\"Memory\":1073741824,\"CpuShares\":2}}",
			"0" },
	};
	struct pool *p = pool_create(2, "spread", "constraint");

	pool_set_label(p, 0, "ostype", "linux");
	pool_set_label(p, 1, "ostype", "windows");
	pool_set_size(p, 0, GIB, 2);
	pool_set_size(p, 1, GIB, 2);
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

/*
 * S-79 had the random strategy succeed whatever was asked for.  F17: it chooses among those that
 * have room; each comes first about equally often.
 */
static void test_s79(void **state maybe_unused)
{
	enum { DRAWS = 3000 };
	static const char body[] = "{\"Image\":\"i\",\"HostConfig\":{\"Memory\":10737418240}}";
	struct pool *p = pool_create(4, "random", NULL);
	size_t first[4] = { 0 };

	for (size_t i = 0; i < 3; i++)
		pool_set_size(p, i, 10 * GIB, 1);
	pool_set_size(p, 3, GIB, 1);
	for (size_t i = 0; i < DRAWS; i++) {
		auto_free char *got = pool_fitting(p, body);

		check_text("S-79", got, "012");
		first[p->ranked[0] - p->nodes]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_in_range(first[i], DRAWS / 3 - DRAWS / 20, DRAWS / 3 + DRAWS / 20);
	pool_destroy(p);
}

/* A failure weighs more than any load. */
static void test_health_first(void **state maybe_unused)
{
	static const char *const names[] = { "spread", "binpack" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct pool *p = pool_of(2, names[i], 8, 4);

		p->nodes[i].health = 67; /* the one that load speaks for */
		add(p, 1, 7);
		assert_int_equal(run(p, 1, 1), i == 0 ? 1 : 0);
		pool_destroy(p);
	}
}

/* Equal in everything: the seed decides, and the same seed decides alike. */
static void test_ties(void **state maybe_unused)
{
	struct pool *p = pool_create(8, NULL, NULL);
	size_t seen[8] = { 0 }, different = 0, again;

	for (uint64_t seed = 0; seed < 64; seed++) {
		sched_seed(p->sched, seed);
		free(pool_fitting(p, "{\"Image\":\"i\"}"));
		again = (size_t)(p->ranked[0] - p->nodes);
		seen[again]++;
		sched_seed(p->sched, seed);
		free(pool_fitting(p, "{\"Image\":\"i\"}"));
		assert_int_equal(p->ranked[0] - p->nodes, again);
	}
	for (size_t i = 0; i < 8; i++)
		different += seen[i] > 0;
	assert_in_range(different, 6, 8);
	pool_destroy(p);
}

/* Today's clients: --cpus, --cpu-quota and --memory-reservation count too (F14). */
static void test_what_counts(void **state maybe_unused)
{
	static const struct body_case cases[] = {
		{ "--cpus 1.5", "{\"Image\":\"i\",\"HostConfig\":{\"NanoCpus\":1500000000}}", "1" },
		{ "--cpu-quota",
			"{\"Image\":\"i\",\"HostConfig\":{\"CpuQuota\":150000,\"CpuPeriod\":"
			"100000}}",
			"1" },
		{ "--cpus 1", "{\"Image\":\"i\",\"HostConfig\":{\"NanoCpus\":1000000000}}", "01" },
		{ "--memory-reservation",
			"{\"Image\":\"i\",\"HostConfig\":{\"MemoryReservation\":2147483648}}",
			"1" },
		{ "--memory counts before the reservation",
			"{\"Image\":\"i\",\"HostConfig\":{\"Memory\":1073741824,"
			"\"MemoryReservation\":536870912}}",
			"01" },
	};
	struct pool *p = pool_create(2, NULL, NULL);

	pool_set_size(p, 0, GIB, 1);
	pool_set_size(p, 1, 2 * GIB, 2);
	check_body_cases(p, cases, ARRAY_SIZE(cases));
	pool_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_s67),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_s70),
		cmocka_unit_test(test_s71),
		cmocka_unit_test(test_s72),
		cmocka_unit_test(test_s73),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_s76),
		cmocka_unit_test(test_fine_scale),
		cmocka_unit_test(test_soft_gives_way_to_room),
		cmocka_unit_test(test_ostype),
		cmocka_unit_test(test_s79),
		cmocka_unit_test(test_health_first),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_what_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
