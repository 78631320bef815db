#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "unit.h"

static void test_empty(void **state)
{
	auto_strbuf struct strbuf a = STRBUF_INIT;
	struct strbuf b;

	(void)state;
	strbuf_init(&b, 10);
	assert_string_equal(a.buf, "");
	assert_string_equal(b.buf, "");
	strbuf_reset(&a);
	strbuf_finish(&b);
	auto_free char *text = strbuf_steal(&b);
	assert_string_equal(text, "");
}

/* An owner that is only zeroed may be used as well. */
static void test_zeroed(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	strbuf_reset(&sb);
	strbuf_addf(&sb, "%d", 1);
	assert_string_equal(sb.buf, "1");
	strbuf_finish(&sb);
}

static void test_add(void **state)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_add_str(&sb, "ab");
	strbuf_add_char(&sb, 'c');
	strbuf_add(&sb, "d\0e", 3);
	strbuf_add(&sb, NULL, 0);
	strbuf_addf(&sb, "%05d|%s", 42, "x");
	assert_int_equal(sb.len, 13);
	assert_memory_equal(sb.buf, "abcd\0e00042|x", 14);
	size_t cap = sb.cap;
	strbuf_reset(&sb);
	assert_string_equal(sb.buf, "");
	assert_int_equal(sb.cap, cap);
}

static void test_growth(void **state)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		strbuf_addf(&sb, "%d,", i % 10);
	assert_int_equal(sb.len, 200000);
	assert_int_equal(strlen(sb.buf), 200000);
	assert_true(sb.cap < 3 * sb.len);
	/* text longer than what is free is formatted twice */
	strbuf_addf(&sb, "%300000s", "x");
	assert_int_equal(sb.len, 500000);
	assert_int_equal(strlen(sb.buf), 500000);
}

static void test_ceiling(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf_init(&sb, 5);
	strbuf_add_str(&sb, "abcde");
	assert_false(sb.overflow);
	strbuf_add(&sb, "", 0);
	assert_false(sb.overflow);
	strbuf_add_char(&sb, 'f');
	assert_true(sb.overflow);
	assert_string_equal(sb.buf, "abcde");
	strbuf_reset(&sb);
	assert_false(sb.overflow);
	strbuf_add_str(&sb, "abc");
	strbuf_addf(&sb, "%d", 1234);
	assert_true(sb.overflow);
	strbuf_add_char(&sb, 'x'); /* it would fit, but something is missing before it */
	assert_string_equal(sb.buf, "abc");
	assert_int_equal(sb.len, 3);
	assert_in_range(sb.cap, 1, 6);
	assert_false(strbuf_reserve(&sb, 1));
	auto_free char *text = strbuf_steal(&sb);
	assert_string_equal(text, "abc");
	assert_int_equal(sb.max, 5);
	assert_false(sb.overflow);
	assert_false(strbuf_reserve(&sb, SIZE_MAX));
	strbuf_finish(&sb);
}

static void test_reserve(void **state)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	(void)state;
	assert_true(strbuf_reserve(&sb, 1000));
	memset(sb.buf, 'x', 1000);
	sb.len = 1000;
	strbuf_add_char(&sb, 'y');
	assert_int_equal(strlen(sb.buf), 1001);
	assert_false(strbuf_reserve(&sb, SIZE_MAX - 100));
	assert_true(sb.overflow);
}

static void test_json_string(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: all */
		const char *json;
	} rows[] = {
		{ "", 0, "\"\"" },
		{ "plain /text' \x7f", 0, "\"plain /text' \x7f\"" },
		{ "a\"b\\c", 0, "\"a\\\"b\\\\c\"" },
		{ "\b\f\n\r\t", 0, "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f", 0, "\"\\u0001\\u001f\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "<a&b>", 0, "\"\\u003ca\\u0026b\\u003e\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 0,
			"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xe2\x80\xa8\xe2\x80\xa9", 0, "\"\\u2028\\u2029\"" },
		{ "\xff", 0, "\"\\ufffd\"" },
		{ "\xc3", 0, "\"\\ufffd\"" },
		{ "\xc3\xa9", 1, "\"\\ufffd\"" },
		{ "\xc0\x80", 0, "\"\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", 0, "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf4\x90\x80\x80", 0, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "\xe2\x82z", 0, "\"\\ufffd\\ufffdz\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_strbuf struct strbuf sb = STRBUF_INIT;
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);

		strbuf_add_json_str(&sb, rows[i].text, len);
		assert_row(rows[i].text, sb.buf, rows[i].json);
	}
}

static void test_quoted(void **state)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{ "", "\"\"" },
		{ "a b", "\"a b\"" },
		{ "\"\\", "\"\\\"\\\\\"" },
		{ "\a\b\f\n\r\t\v", "\"\\a\\b\\f\\n\\r\\t\\v\"" },
		{ "\x01\x1b\x7f", "\"\\x01\\x1b\\x7f\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "\xc2\x85\xe2\x80\xa8", "\"\\u0085\\u2028\"" },
		{ "\xff\xc3", "\"\\xff\\xc3\"" },
		{ "<&>", "\"<&>\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_strbuf struct strbuf sb = STRBUF_INIT;

		strbuf_add_quoted(&sb, rows[i].text);
		assert_row(rows[i].text, sb.buf, rows[i].quoted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_json_string),
		cmocka_unit_test(test_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
