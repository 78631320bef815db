#include "discovery/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *item;
	const char *expected; /* joined by commas */
} cases[] = {
	{ "10.0.0.1:2375", "10.0.0.1:2375" },
	{ "10.0.0.[9:11]:2375", "10.0.0.9:2375,10.0.0.10:2375,10.0.0.11:2375" },
	{ "192.168.1.2:[2:4]375", "192.168.1.2:2375,192.168.1.2:3375,192.168.1.2:4375" },
	{ "h[-1:1]:2", "h-1:2,h0:2,h1:2" },
	{ "h[-3:-2]:2", "h-3:2,h-2:2" },
	{ "h[+1:+2]:2", "h1:2,h2:2" },
	{ "[1:3]:80", "1:80,2:80,3:80" },
	{ "h[7:7]:80", "h7:80" },
	/* padding */
	{ "n[01:03]:1", "n01:1,n02:1,n03:1" },
	{ "n[08:11]:1", "n08:1,n09:1,n10:1,n11:1" },
	{ "n[8:11]:1", "n8:1,n9:1,n10:1,n11:1" },
	{ "n[008:10]:1", "n8:1,n9:1,n10:1" },
	/* several */
	{ "a[1:2]b[3:4]:5", "a1b3:5,a1b4:5,a2b3:5,a2b4:5" },
	{ "[1:2][1:2][1:2]", "111,112,121,122,211,212,221,222" },
	/* literal */
	{ "[2001:db8::1]:2375", "[2001:db8::1]:2375" },
	{ "[::1]:2375", "[::1]:2375" },
	{ "[fe80::1%eth0]:2375", "[fe80::1%eth0]:2375" },
	{ "[2001:db8::[1:2]]:2375", "[2001:db8::1]:2375,[2001:db8::2]:2375" },
	{ "h[1:x]:80", "h[1:x]:80" },
	{ "h[:2]:80", "h[:2]:80" },
	{ "h[1:]:80", "h[1:]:80" },
	{ "h[1-2:3]:80", "h[1-2:3]:80" },
	{ "h[+-1:3]:80", "h[+-1:3]:80" },
	{ "h[1:2", "h[1:2" },
	{ "h[1:99999999999999999999999]:80", "h[1:99999999999999999999999]:80" },
	{ "100%s[1:2]:80", "100%s1:80,100%s2:80" },
	{ "unix:///run/docker-[0:1].sock", "unix:///run/docker-0.sock,unix:///run/docker-1.sock" },
	{ "h[9223372036854775806:9223372036854775807]:1",
		"h9223372036854775806:1,h9223372036854775807:1" },
};

static void test_expansion(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strv struct strv got = STRV_INIT;
		auto_error struct error err = ERROR_INIT;

		if (!range_expand(cases[i].item, &got, &err))
			fail_msg("%s: %s", cases[i].item, error_text(&err));
		auto_free char *joined = strv_join(&got, ",");
		assert_string_equal(joined, cases[i].expected);
	}
}

static const char *const backwards[] = {
	"h[5:1]:80",
	"h[1:2]x[5:1]:80",
	"h[5:1]x[1:2]:80",
	"h[0:-1]:80",
};

static void test_a_range_that_runs_backwards_stands_for_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(backwards); i++) {
		auto_strv struct strv got = STRV_INIT;
		auto_error struct error err = ERROR_INIT;

		assert_false(range_expand(backwards[i], &got, &err));
		assert_int_equal(err.code, ERROR_NOT_FOUND);
		assert_non_null(strstr(err.text, backwards[i]));
		assert_int_equal(got.count, 0);
	}
}

static const char *const too_large[] = {
	"h[0:65536]:1",
	"h[0:255].[0:256]:1",
	"h[-9223372036854775808:9223372036854775807]:1",
	"[0:99][0:99][0:99]:1",
	"[1:1][1:1][1:1][1:1][1:1][1:1][1:1][1:1][1:1]:1",
};

static void test_ceiling(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(too_large); i++) {
		auto_strv struct strv got = STRV_INIT;
		auto_error struct error err = ERROR_INIT;

		assert_false(range_expand(too_large[i], &got, &err));
		assert_int_equal(err.code, ERROR_TOO_LARGE);
		assert_int_equal(got.count, 0);
	}
}

static void test_ceiling_is_for_the_whole_list(void **state)
{
	auto_strv struct strv got = STRV_INIT;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_true(range_expand("h[0:255].[0:255]:1", &got, &err));
	assert_int_equal(got.count, RANGE_MAX_ENTRIES);
	assert_false(range_expand("one-more:1", &got, &err));
	assert_int_equal(got.count, RANGE_MAX_ENTRIES);
}

static void test_long_item_is_refused(void **state)
{
	char item[RANGE_MAX_ITEM_LEN + 2];
	auto_strv struct strv got = STRV_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(item); i++)
		item[i] = 'a';
	item[sizeof(item) - 1] = '\0';
	assert_false(range_expand(item, &got, NULL));
	item[RANGE_MAX_ITEM_LEN] = '\0';
	assert_true(range_expand(item, &got, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expansion),
		cmocka_unit_test(test_a_range_that_runs_backwards_stands_for_nothing),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_ceiling_is_for_the_whole_list),
		cmocka_unit_test(test_long_item_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
