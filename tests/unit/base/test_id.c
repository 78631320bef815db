#include <string.h>

#include "base/id.h"
#include "base/util.h"
#include "unit.h"

static void test_new(void **state)
{
	char a[ID_HEX_LEN + 1], b[ID_HEX_LEN + 1];

	(void)state;
	id_new(b);
	/* one in 280 random ids would start with twelve decimals */
	for (int i = 0; i < 5000; i++) {
		id_new(a);
		assert_int_equal(strlen(a), ID_HEX_LEN);
		assert_int_equal(strspn(a, "0123456789abcdef"), ID_HEX_LEN);
		assert_in_range(strspn(a, "0123456789"), 0, 11);
		assert_string_not_equal(a, b);
		memcpy(b, a, sizeof(b));
	}
}

static void test_hex_length(void **state)
{
	char text[6] = "zzzzz";

	(void)state;
	id_random_hex(text, 4);
	assert_int_equal(strlen(text), 4);
	id_random_hex(text, 0);
	assert_string_equal(text, "");
}

static void test_below(void **state)
{
	size_t seen[6] = { 0 };

	(void)state;
	for (int i = 0; i < 6000; i++) {
		uint64_t n = random_below(6);

		assert_in_range(n, 0, 5);
		seen[n]++;
	}
	/* 1000 each; a fair source misses these bounds less than once in 10^20 runs */
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		assert_in_range(seen[i], 700, 1300);
	assert_int_equal(random_below(1), 0);
	assert_true(random_below(UINT64_MAX) < UINT64_MAX);
}

static void test_is_hex(void **state)
{
	static const struct {
		const char *text;
		size_t min_len;
		bool expected;
	} rows[] = {
		{ "", 0, true },
		{ "", 1, false },
		{ "0123456789abcdefABCDEF", 22, true },
		{ "0123456789abcdefABCDEF", 23, false },
		{ "abcg", 1, false },
		{ "abc ", 1, false },
		{ "-1", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(id_is_hex(rows[i].text, rows[i].min_len), rows[i].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_hex_length),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_is_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
