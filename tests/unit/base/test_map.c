#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "unit.h"

static void test_same_bytes_same_hash(void **state)
{
	char text[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char copy[66];

	(void)state;
	for (size_t len = 0; len <= 64; len++) {
		memcpy(copy + 1, text, len); /* not aligned */
		assert_int_equal(map_hash(text, len), map_hash(copy + 1, len));
	}
}

/* Changing, adding or dropping one byte changes the hash; 1 in 4 billion pairs would agree by
 * chance. */
static void test_every_byte_counts(void **state)
{
	char text[40] = { 0 };

	(void)state;
	for (size_t len = 1; len <= sizeof(text); len++) {
		unsigned whole = map_hash(text, len);

		assert_int_not_equal(whole, map_hash(text, len - 1));
		for (size_t i = 0; i < len; i++) {
			text[i] = 1;
			assert_int_not_equal(whole, map_hash(text, len));
			text[i] = 0;
		}
	}
}

/* uthash takes the low bits. */
static void test_spread(void **state)
{
	enum { BUCKETS = 256, KEYS = 256 * 100 };
	unsigned counts[BUCKETS] = { 0 };
	char text[32];

	(void)state;
	for (int i = 0; i < KEYS; i++) {
		int len = snprintf(text, sizeof(text), "node-%d", i);

		counts[map_hash(text, (size_t)len) % BUCKETS]++;
	}
	/* 100 each, ten standard deviations on both sides */
	for (int i = 0; i < BUCKETS; i++)
		assert_in_range(counts[i], 1, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes_same_hash),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
