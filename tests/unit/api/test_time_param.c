/* When a client means by `since` and `until`. */
#include "unit.h"

#include <stdlib.h>

#include "api/time_param.h"

static void test_times(void **state maybe_unused)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{ "0", 0 },
		{ "1700000000", INT64_C(1700000000) * NS_PER_S },
		{ "1700000000.5", INT64_C(1700000000) * NS_PER_S + NS_PER_S / 2 },
		{ "1700000000.000000001", INT64_C(1700000000) * NS_PER_S + 1 },
		{ "1700000000.0000000019", INT64_C(1700000000) * NS_PER_S + 1 },
		{ "-1", -NS_PER_S },
		{ "2023-11-14T22:13:20Z", INT64_C(1700000000) * NS_PER_S },
		{ "2023-11-14T22:13:20", INT64_C(1699992800) * NS_PER_S },
		{ "2023-11-14T22:13:20.5", INT64_C(1699992800) * NS_PER_S + NS_PER_S / 2 },
		{ "2023-11-14T22:13:20.5-01:00", INT64_C(1700003600) * NS_PER_S + NS_PER_S / 2 },
		{ "2023-11-14T22:13", INT64_C(1699992780) * NS_PER_S },
		{ "2023-11-14T22:13Z", INT64_C(1699999980) * NS_PER_S },
		{ "2023-11-14T22", INT64_C(1699992000) * NS_PER_S },
		{ "2023-11-14T22+01:00", INT64_C(1699995600) * NS_PER_S },
		{ "2023-11-14", INT64_C(1699912800) * NS_PER_S },
		{ "2023-11-14Z", INT64_C(1699920000) * NS_PER_S },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = -7;

		assert_true(time_param_parse("since", cases[i].text, &ns, NULL));
		if (ns != cases[i].ns)
			fail_msg("'%s': %lld", cases[i].text, (long long)ns);
	}
}

static void test_durations_are_before_now(void **state maybe_unused)
{
	int64_t ns, now = clock_wall_ns();

	assert_true(time_param_parse("since", "10m", &ns, NULL));
	assert_in_range((now - ns) / NS_PER_S, 590, 600);
	assert_true(time_param_parse("until", "-10m", &ns, NULL));
	assert_in_range((ns - now) / NS_PER_S, 600, 610);
}

static void test_no_times(void **state maybe_unused)
{
	static const char *const cases[] = { "", "soon", "9223372037", "-9223372037", "1h2",
		"-2562047h47m16s", "2023-11", "2023-11-1", "2023-13-01", "2023-11-14T",
		"2023-11-14T2", "2023-11-14T22:", "2023-11-14T22:13:2", "2023-11-14 22:13:20",
		"2023-11-14T22:13:20x", "01-01-2020", "2023-11-14T22.5" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_error struct error err = ERROR_INIT;
		int64_t ns = -7;

		if (time_param_parse("since", cases[i], &ns, &err))
			fail_msg("'%s': %lld", cases[i], (long long)ns);
		assert_int_equal(err.code, ERROR_INVALID);
		assert_int_equal(ns, -7);
	}
}

int main(void)
{
	setenv("TZ", "TWO-2", 1); /* what has no zone is two hours earlier */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_durations_are_before_now),
		cmocka_unit_test(test_no_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
