#include <string.h>

#include "base/clock.h"
#include "base/match.h"
#include "base/mem.h"
#include "unit.h"

static void test_regex(void **state)
{
	static const struct {
		const char *pattern;
		enum regex_flags flags;
		const char *subject;
		bool expected;
	} rows[] = {
		{ "b", REGEX_SEARCH, "abc", true },
		{ "b", REGEX_ANCHORED, "abc", false },
		{ "a.c", REGEX_ANCHORED, "abc", true },
		{ "a|abc", REGEX_ANCHORED, "abc", true },
		{ "", REGEX_SEARCH, "abc", true },
		{ "", REGEX_ANCHORED, "abc", false },
		{ "^abc$", REGEX_SEARCH, "abc\n", false },
		{ "c$", REGEX_SEARCH, "abc", true },
		{ "a.c", REGEX_SEARCH, "a\nc", false },
		{ "a.c", REGEX_SEARCH, "a\rc", true },
		{ "(?s)a.c", REGEX_SEARCH, "a\nc", true },
		{ "(?i)NODE-\\d+", REGEX_ANCHORED, "node-12", true },
		{ "NODE", REGEX_SEARCH, "node", false },
		{ "^a.b$", REGEX_SEARCH,
			"a\xc3\xa9"
			"b",
			true },
		{ "b$", REGEX_SEARCH,
			"\xff\xfe"
			"b",
			true },
		{ "[[:alpha:]]+", REGEX_ANCHORED, "abc", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		struct regex *re = regex_create(rows[i].pattern, rows[i].flags, &err);

		assert_non_null(re);
		if (regex_matches(re, rows[i].subject) != rows[i].expected)
			fail_msg("/%s/ on '%s'", rows[i].pattern, rows[i].subject);
		regex_destroy(re);
	}
}

static void test_regex_refused(void **state)
{
	static const char *const rows[] = { "(", "[a", "*a", "a{2,1}", "\\C", "\xff", "(?P<n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;

		if (regex_create(rows[i], REGEX_SEARCH, &err))
			fail_msg("'%s' was accepted", rows[i]);
		assert_int_equal(err.code, ERROR_INVALID);
	}
	regex_destroy(NULL);
}

static void test_regex_length(void **state)
{
	auto_free char *pattern = xcalloc(4098, 1);
	auto_error struct error err = ERROR_INIT;

	(void)state;
	memset(pattern, 'a', 4096);
	struct regex *re = regex_create(pattern, REGEX_SEARCH, &err);
	assert_non_null(re);
	regex_destroy(re);
	pattern[4096] = 'a';
	assert_null(regex_create(pattern, REGEX_SEARCH, &err));
	assert_int_equal(err.code, ERROR_TOO_LARGE);
}

/* A pattern that explodes costs a bounded time, however often it is asked. */
static void test_regex_cannot_stall(void **state)
{
	static const char *const patterns[] = { "(a+)+$", "(a|aa)+$", "(.*)*\\1x",
		"^(?:a?){40}a{40}$" };
	auto_free char *subject = xcalloc(5002, 1);

	(void)state;
	memset(subject, 'a', 5000);
	subject[5000] = 'b';
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		struct regex *re = regex_create(patterns[i], REGEX_SEARCH, NULL);
		int64_t start = clock_mono_ms();

		assert_non_null(re);
		for (int n = 0; n < 30000; n++)
			assert_false(regex_matches(re, subject));
		assert_in_range(clock_mono_ms() - start, 0, 5000);
		regex_destroy(re);
	}
}

static void test_long_subject(void **state)
{
	enum { LEN = 20000 };
	auto_free char *subject = xcalloc(LEN + 1, 1);
	struct regex *re = regex_create("^(?:a|b)*c$", REGEX_SEARCH, NULL);

	(void)state;
	memset(subject, 'a', LEN - 1);
	subject[LEN - 1] = 'c';
	assert_true(regex_matches(re, subject));
	regex_destroy(re);
}

static void test_glob(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool expected;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "**", "ab", true },
		{ "abc", "abc", true },
		{ "abc", "abcd", false },
		{ "*c", "abc", true },
		{ "a*", "a", true },
		{ "a*", "ab/c", false },
		{ "a*/b", "abc/b", true },
		{ "a*/b", "a/c/b", false },
		{ "a*b*c*d*e*/f", "axbxcxdxe/f", true },
		{ "a*b*c*d*e*/f", "axbxcxdxexxx/fff", false },
		{ "a*b?c*x", "abxbbxdbxebxczzx", true },
		{ "a*b?c*x", "abxbbxdbxebxczzy", false },
		{ "?", "", false },
		{ "?", "/", false },
		{ "a?b",
			"a\xc3\xa9"
			"b",
			true },
		{ "a??b",
			"a\xc3\xa9"
			"b",
			false },
		{ "a?b",
			"a\xff"
			"b",
			true },
		{ "ab[c]", "abc", true },
		{ "ab[b-d]", "abc", true },
		{ "ab[e-g]", "abc", false },
		{ "ab[^c]", "abc", false },
		{ "ab[^e-g]", "abc", true },
		{ "[\xc3\xa0-\xc3\xb0]", "\xc3\xa9", true },
		{ "[\\]a]", "]", true },
		{ "[\\-]", "-", true },
		{ "[x\\-]", "x", true },
		{ "a\\*b", "a*b", true },
		{ "a\\*b", "axb", false },
		{ "*x", "xxx", true },
		/* malformed */
		{ "[]a]", "]", false },
		{ "[-]", "-", false },
		{ "[x-]", "x", false },
		{ "[a-b-c]", "a", false },
		{ "[", "a", false },
		{ "[a", "a", false },
		{ "a[", "a", false },
		{ "[^bc", "a", false },
		{ "\\", "a", false },
		{ "\\", "\\", false },
		{ "a\\", "a\\", false },
		/* image names */
		{ "library/busy*", "library/busybox", true },
		{ "busybox:1.*", "busybox:1.36", true },
		{ "*/*:latest", "reg.example/app:latest", true },
		{ "*:latest", "reg.example/app:latest", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (glob_matches(rows[i].pattern, rows[i].text) != rows[i].expected)
			fail_msg("'%s' on '%s' should be %d", rows[i].pattern, rows[i].text,
				rows[i].expected);
	}
}

static void test_glob_cannot_stall(void **state)
{
	auto_free char *pattern = xcalloc(2002, 1);
	auto_free char *text = xcalloc(20001, 1);
	int64_t start = clock_mono_ms();

	(void)state;
	for (size_t i = 0; i < 2000; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[2000] = 'b';
	memset(text, 'a', 20000);
	assert_false(glob_matches(pattern, text));
	assert_in_range(clock_mono_ms() - start, 0, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regex),
		cmocka_unit_test(test_regex_refused),
		cmocka_unit_test(test_regex_length),
		cmocka_unit_test(test_regex_cannot_stall),
		cmocka_unit_test(test_long_subject),
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_glob_cannot_stall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
