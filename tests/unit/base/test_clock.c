#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "unit.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		int64_t ns;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", true, 0 },
		{ "1970-01-01T00:00:01.5Z", true, 1500000000 },
		{ "1969-12-31T23:59:59.999999999Z", true, -1 },
		{ "2006-01-02T15:04:05Z", true, 1136214245 * NS_PER_S },
		{ "2006-01-02T15:04:05.123456789Z", true, 1136214245123456789 },
		{ "2006-01-02T15:04:05.1234567899Z", true, 1136214245123456789 },
		{ "2006-01-02T17:04:05+02:00", true, 1136214245 * NS_PER_S },
		{ "2006-01-02T09:34:05-05:30", true, 1136214245 * NS_PER_S },
		{ "2024-02-29T00:00:00Z", true, 1709164800 * NS_PER_S },
		{ "0001-01-01T00:00:00Z", true, 0 },
		{ "2262-04-11T23:47:16.854775807Z", true, INT64_MAX },
		{ "2262-04-11T23:47:16.854775808Z", false, 0 },
		{ "0002-01-01T00:00:00Z", false, 0 },
		{ "2023-02-29T00:00:00Z", false, 0 },
		{ "2038-01-19T03:14:08Z", true, (INT64_C(1) << 31) * NS_PER_S },
		{ "2000-02-29T12:00:00Z", true, 951825600 * NS_PER_S },
		{ "2100-03-01T00:00:00Z", true, 4107542400 * NS_PER_S },
		{ "1899-12-31T23:59:59Z", true, -2208988801 * NS_PER_S },
		{ "0000-01-01T00:00:00Z", false, 0 },
		{ "9999-12-31T23:59:59Z", false, 0 },
		{ "2100-02-29T00:00:00Z", false, 0 },
		{ "2024-04-31T00:00:00Z", false, 0 },
		{ "2024-13-01T00:00:00Z", false, 0 },
		{ "2024-00-01T00:00:00Z", false, 0 },
		{ "2024-01-01T24:00:00Z", false, 0 },
		{ "2024-01-01T00:00:60Z", false, 0 },
		{ "2024-01-01T00:00:00", false, 0 },
		{ "2024-01-01T00:00:00.Z", false, 0 },
		{ "2024-01-01 00:00:00Z", false, 0 },
		{ "2024-01-01T00:00:00Zx", false, 0 },
		{ "2024-01-01T00:00:00+0100", false, 0 },
		{ "2024-01-01T00:00:00+24:00", false, 0 },
		{ "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t ns = 42;

		if (time_parse_rfc3339(rows[i].text, &ns) != rows[i].valid)
			fail_msg("'%s' should be %s", rows[i].text,
				rows[i].valid ? "valid" : "invalid");
		assert_int_equal(ns, rows[i].valid ? rows[i].ns : 42);
	}
}

static void test_format(void **state)
{
	static const struct {
		int64_t ns;
		const char *plain, *nano;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999999Z" },
		{ 1136214245123456789, "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.123456789Z" },
		{ 1136214245100000000, "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.1Z" },
		{ 1136214245000000010, "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.00000001Z" },
		{ 4107542400 * NS_PER_S - 1, "2100-02-28T23:59:59Z",
			"2100-02-28T23:59:59.999999999Z" },
		{ 1709164800 * NS_PER_S, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z" },
		{ 1735689599 * NS_PER_S, "2024-12-31T23:59:59Z", "2024-12-31T23:59:59Z" },
		{ INT64_MAX, "2262-04-11T23:47:16Z", "2262-04-11T23:47:16.854775807Z" },
		{ INT64_MIN, "1677-09-21T00:12:43Z", "1677-09-21T00:12:43.145224192Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_strbuf struct strbuf plain = STRBUF_INIT;
		auto_strbuf struct strbuf nano = STRBUF_INIT;

		time_format_utc(&plain, rows[i].ns);
		time_format_utc_nano(&nano, rows[i].ns);
		assert_string_equal(plain.buf, rows[i].plain);
		assert_string_equal(nano.buf, rows[i].nano);
	}
}

/* Every day that nanoseconds can name, against the C library, which has 64 bits here or skips. */
static void test_every_day(void **state)
{
	const int64_t first = INT64_MIN / NS_PER_S, last = INT64_MAX / NS_PER_S;

	(void)state;
	if (sizeof(time_t) < sizeof(int64_t))
		skip();
	for (int64_t second = first; second < last; second += 24 * 3600 - 1) {
		auto_strbuf struct strbuf text = STRBUF_INIT;
		time_t t = (time_t)second;
		char wanted[sizeof("2006-01-02T15:04:05Z")];
		struct tm tm;
		int64_t ns;

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
		time_format_utc(&text, second * NS_PER_S);
		assert_string_equal(text.buf, wanted);
		assert_true(time_parse_rfc3339(text.buf, &ns));
		assert_true(ns == second * NS_PER_S);
	}
}

static void test_advance(void **state)
{
	int64_t mono = clock_mono_ms();
	int64_t wall = clock_wall_ns();

	(void)state;
	clock_advance_ms(3600000);
	assert_in_range(clock_mono_ms() - mono, 3600000, 3600000 + 5000);
	assert_in_range(clock_wall_ns() - wall, 3600 * NS_PER_S, 3605 * NS_PER_S);
	clock_advance_ms(-3600000);
	assert_in_range(clock_mono_us() / 1000 - mono, 0, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_advance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
