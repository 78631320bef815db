#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "unit.h"

static void test_integers(void **state)
{
	static const struct {
		const char *text;
		bool is_u64, is_i64, is_any;
		int64_t value, any;
	} rows[] = {
		{ "0", true, true, true, 0, 0 },
		{ "42", true, true, true, 42, 42 },
		{ "007", true, true, true, 7, 7 },
		{ "010", true, true, true, 10, 8 },
		{ "08", true, true, false, 8, 0 },
		{ "-5", false, true, true, -5, -5 },
		{ "+5", false, true, true, 5, 5 },
		{ "0x1F", false, false, true, 0, 31 },
		{ "-0Xff", false, false, true, 0, -255 },
		{ "9223372036854775807", true, true, true, INT64_MAX, INT64_MAX },
		{ "-9223372036854775808", false, true, true, INT64_MIN, INT64_MIN },
		{ "-9223372036854775809", false, false, false, 0, 0 },
		{ "-0x8000000000000000", false, false, true, 0, INT64_MIN },
		{ "0x8000000000000000", false, false, false, 0, 0 },
		{ "18446744073709551616", false, false, false, 0, 0 },
		{ "", false, false, false, 0, 0 },
		{ "-", false, false, false, 0, 0 },
		{ "--1", false, false, false, 0, 0 },
		{ "+-1", false, false, false, 0, 0 },
		{ " 1", false, false, false, 0, 0 },
		{ "1 ", false, false, false, 0, 0 },
		{ "0x", false, false, false, 0, 0 },
		{ "0x-1", false, false, false, 0, 0 },
		{ "1.0", false, false, false, 0, 0 },
		{ "1e3", false, false, false, 0, 0 },
		{ "a", false, false, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t u = 99;
		int64_t n = 99, any = 99;
		bool ok = parse_u64(rows[i].text, &u) == rows[i].is_u64 &&
			  parse_i64(rows[i].text, &n) == rows[i].is_i64 &&
			  parse_i64_any_base(rows[i].text, &any) == rows[i].is_any &&
			  u == (rows[i].is_u64 ? (uint64_t)rows[i].value : 99) &&
			  n == (rows[i].is_i64 ? rows[i].value : 99) &&
			  any == (rows[i].is_any ? rows[i].any : 99);

		if (!ok)
			fail_msg("'%s'", rows[i].text);
	}
}

static void test_u64_limit(void **state)
{
	uint64_t u;

	(void)state;
	assert_true(parse_u64("18446744073709551615", &u));
	assert_true(u == UINT64_MAX);
}

static void test_double(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		double value;
	} rows[] = {
		{ "0", true, 0 },
		{ "-1.5", true, -1.5 },
		{ "+2e3", true, 2000 },
		{ ".5", true, 0.5 },
		{ "5.", true, 5 },
		{ "", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x10", false, 0 },
		{ "inf", false, 0 },
		{ "nan", false, 0 },
		{ "1e999", false, 0 },
		{ "1.2.3", false, 0 },
		{ "e", false, 0 },
		{ "-", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double value = 0;

		if (parse_double(rows[i].text, &value) != rows[i].valid ||
			fabs(value - rows[i].value) > 1e-12)
			fail_msg("'%s' gave %g", rows[i].text, value);
	}
}

static void test_flag_bool(void **state)
{
	static const struct {
		const char *text;
		int value; /* -1 invalid */
	} rows[] = {
		{ "1", 1 },
		{ "t", 1 },
		{ "T", 1 },
		{ "TRUE", 1 },
		{ "true", 1 },
		{ "True", 1 },
		{ "0", 0 },
		{ "f", 0 },
		{ "F", 0 },
		{ "FALSE", 0 },
		{ "false", 0 },
		{ "False", 0 },
		{ "", -1 },
		{ "yes", -1 },
		{ "tRUE", -1 },
		{ "2", -1 },
		{ " 1", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool value = true;
		int got = parse_flag_bool(rows[i].text, &value) ? value : -1;

		if (got != rows[i].value)
			fail_msg("'%s' gave %d", rows[i].text, got);
	}
}

static void test_query_bool(void **state)
{
	static const char *const no[] = { NULL, "", "0", "no", "false", "none", "False", "NO",
		" 0 ", "\tNone\n", "  " };
	static const char *const yes[] = { "1", "true", "True", "yes", "00", "n", "f", "off",
		"nope", "false x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		if (parse_query_bool(no[i]))
			fail_msg("'%s' is false", no[i] ? no[i] : "NULL");
	}
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!parse_query_bool(yes[i]))
			fail_msg("'%s' is true", yes[i]);
	}
}

#define S  INT64_C(1000000000)
#define MS INT64_C(1000000)

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
		const char *canonical;
	} rows[] = {
		{ "0", 0, "0s" },
		{ "+0", 0, "0s" },
		{ "0s", 0, "0s" },
		{ "1ns", 1, "1ns" },
		{ "1.5us", 1500, "1.5\xc2\xb5s" },
		{ "2\xc2\xb5s", 2000, "2\xc2\xb5s" },
		{ "3\xce\xbcs", 3000, "3\xc2\xb5s" },
		{ "868.68235ms", 868682350, "868.68235ms" },
		{ "1s", S, "1s" },
		{ "1500ms", 1500 * MS, "1.5s" },
		{ "60s", 60 * S, "1m0s" },
		{ "1m30s", 90 * S, "1m30s" },
		{ "1.5h", 5400 * S, "1h30m0s" },
		{ "2h", 7200 * S, "2h0m0s" },
		{ "-.5s", -500 * MS, "-500ms" },
		{ "1.s", S, "1s" },
		{ "0.3s", 300 * MS, "300ms" },
		{ "1s1m1h", 3661 * S, "1h1m1s" },
		{ "0.100000000000000000000h", 360 * S, "6m0s" },
		/* the fraction is a double, as in Go */
		{ "0.9999999999999999999999999999s", S, "1s" },
		{ "9223372036854775807ns", INT64_MAX, "2562047h47m16.854775807s" },
		{ "-9223372036854775808ns", INT64_MIN, "-2562047h47m16.854775808s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		auto_strbuf struct strbuf text = STRBUF_INIT;
		int64_t ns = 0;

		assert_true(parse_duration(rows[i].text, &ns, &err));
		if (ns != rows[i].ns)
			fail_msg("'%s' gave %lld", rows[i].text, (long long)ns);
		format_duration(&text, rows[i].ns);
		assert_row(rows[i].text, text.buf, rows[i].canonical);
	}
}

static void test_duration_errors(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "time: invalid duration \"\"" },
		{ "x", "time: invalid duration \"x\"" },
		{ "-", "time: invalid duration \"-\"" },
		{ ".", "time: invalid duration \".\"" },
		{ ".s", "time: invalid duration \".s\"" },
		{ "--1s", "time: invalid duration \"--1s\"" },
		{ " 1s", "time: invalid duration \" 1s\"" },
		{ "60", "time: missing unit in duration \"60\"" },
		{ "1m30", "time: missing unit in duration \"1m30\"" },
		{ "1..s", "time: missing unit in duration \"1..s\"" },
		{ "1d", "time: unknown unit \"d\" in duration \"1d\"" },
		{ "1s ", "time: unknown unit \"s \" in duration \"1s \"" },
		{ "1S", "time: unknown unit \"S\" in duration \"1S\"" },
		{ "3000000h", "time: invalid duration \"3000000h\"" },
		{ "9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\"" },
		{ "99999999999999999999ns", "time: invalid duration \"99999999999999999999ns\"" },
		{ "2562047h48m", "time: invalid duration \"2562047h48m\"" },
		{ "1\"", "time: unknown unit \"\\\"\" in duration \"1\\\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		int64_t ns = 42;

		assert_false(parse_duration(rows[i].text, &ns, &err));
		assert_row(rows[i].text, err.text, rows[i].error);
		assert_true(ns == 42);
	}
}

static void test_human_duration(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ -5, "Less than a second" },
		{ 0, "Less than a second" },
		{ 1, "1 second" },
		{ 2, "2 seconds" },
		{ 59, "59 seconds" },
		{ 60, "About a minute" },
		{ 119, "About a minute" },
		{ 120, "2 minutes" },
		{ 3599, "59 minutes" },
		{ 3600, "About an hour" },
		{ 5399, "About an hour" },
		{ 5400, "2 hours" },
		{ 7199, "2 hours" },
		{ 7200, "2 hours" },
		{ 48 * 3600 - 1801, "47 hours" },
		{ 48 * 3600 - 1, "2 days" },
		{ 48 * 3600, "2 days" },
		{ 14 * 86400 - 1801, "13 days" },
		{ 14 * 86400, "2 weeks" },
		{ 60 * 86400 - 1801, "8 weeks" },
		{ 60 * 86400, "2 months" },
		{ 730 * 86400 - 1801, "24 months" },
		{ 730 * 86400, "2 years" },
		{ INT64_MAX, "292471208677 years" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_strbuf struct strbuf text = STRBUF_INIT;

		format_human_duration(&text, rows[i].seconds);
		assert_string_equal(text.buf, rows[i].text);
	}
}

static void test_human_size(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1 KiB" },
		{ 10485760, "10 MiB" },
		{ 26543000000, "24.72 GiB" },
		{ 1536, "1.5 KiB" },
		{ INT64_C(1) << 40, "1 TiB" },
		{ INT64_MAX, "8 EiB" },
		{ -2048, "-2 KiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_strbuf struct strbuf text = STRBUF_INIT;

		format_human_size(&text, rows[i].bytes);
		assert_string_equal(text.buf, rows[i].text);
	}
}

static void test_host_port(void **state)
{
	static const struct {
		const char *text, *host, *port, *error, *back;
	} rows[] = {
		{ "host:80", "host", "80", NULL, "host:80" },
		{ ":80", "", "80", NULL, ":80" },
		{ "a:", "a", "", NULL, "a:" },
		{ ":", "", "", NULL, ":" },
		{ " b:2", " b", "2", NULL, " b:2" },
		{ "[::1]:80", "::1", "80", NULL, "[::1]:80" },
		{ "[host]:80", "host", "80", NULL, "host:80" },
		{ "[]:80", "", "80", NULL, ":80" },
		{ "[fe80::1%eth0]:1", "fe80::1%eth0", "1", NULL, "[fe80::1%eth0]:1" },
		{ "", NULL, NULL, "missing port in address", NULL },
		{ "host", NULL, NULL, "address host: missing port in address", NULL },
		{ "[::1]", NULL, NULL, "address [::1]: missing port in address", NULL },
		{ "[::1]x:80", NULL, NULL, "address [::1]x:80: missing port in address", NULL },
		{ "::1", NULL, NULL, "address ::1: too many colons in address", NULL },
		{ "a:b:c", NULL, NULL, "address a:b:c: too many colons in address", NULL },
		{ "[::1]:80:90", NULL, NULL, "address [::1]:80:90: too many colons in address",
			NULL },
		{ "[::1:80", NULL, NULL, "address [::1:80: missing ']' in address", NULL },
		{ "a[b:80", NULL, NULL, "address a[b:80: unexpected '[' in address", NULL },
		{ "[[a]:80", NULL, NULL, "address [[a]:80: unexpected '[' in address", NULL },
		{ "a]b:80", NULL, NULL, "address a]b:80: unexpected ']' in address", NULL },
		{ "[a]:8]", NULL, NULL, "address [a]:8]: unexpected ']' in address", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		auto_free char *host = NULL;
		auto_free char *port = NULL;
		bool ok = parse_host_port(rows[i].text, &host, &port, &err);

		if (rows[i].error) {
			assert_false(ok);
			assert_row(rows[i].text, error_text(&err), rows[i].error);
			assert_null(host);
			continue;
		}
		assert_row(rows[i].text, error_text(&err), "no error");
		assert_string_equal(host, rows[i].host);
		assert_string_equal(port, rows[i].port);
		auto_free char *back = format_host_port(host, port);
		assert_string_equal(back, rows[i].back);
	}
}

/* Every name comes before all that stand below it. */
static void test_natural_order(void **state)
{
	static const char *const names[] = {
		"",
		"0",
		"00",
		"1",
		"01",
		"2",
		"2a",
		"10",
		"99999999999999999999",
		"100000000000000000000",
		"a",
		"a1",
		"a1b",
		"a 2",
		"a02",
		"a10",
		"a10.9",
		"a10.10",
		"a-1",
		"ab",
		"ab1",
		"b",
		"\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
			int order = compare_natural(names[i], names[j]);

			if ((order > 0) - (order < 0) != (i > j) - (i < j))
				fail_msg("'%s' and '%s' gave %d", names[i], names[j], order);
		}
	}
	assert_int_equal(compare_natural("node 1", "no de1 "), 0);
}

static void test_affixes(void **state)
{
	(void)state;
	assert_true(str_starts_with("swarm", ""));
	assert_true(str_starts_with("swarm", "swarm"));
	assert_false(str_starts_with("swarm", "swarms"));
	assert_true(str_ends_with("swarm", "arm"));
	assert_true(str_ends_with("swarm", ""));
	assert_false(str_ends_with("arm", "swarm"));
	assert_false(str_ends_with("swarm", "war"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_u64_limit),
		cmocka_unit_test(test_double),
		cmocka_unit_test(test_flag_bool),
		cmocka_unit_test(test_query_bool),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_duration_errors),
		cmocka_unit_test(test_human_duration),
		cmocka_unit_test(test_human_size),
		cmocka_unit_test(test_host_port),
		cmocka_unit_test(test_natural_order),
		cmocka_unit_test(test_affixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
