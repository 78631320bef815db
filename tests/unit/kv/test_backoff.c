#include "kv/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_growth(void **state)
{
	struct backoff b = { 0 };
	int64_t top = 400;

	(void)state;
	for (int i = 0; i < 20; i++) {
		int64_t ms = backoff_next_ms(&b);

		assert_true(ms >= top / 2 && ms <= top);
		top = top * 2 > 10000 ? 10000 : top * 2;
	}
	backoff_reset(&b);
	int64_t first = backoff_next_ms(&b);
	assert_true(first >= 200 && first <= 400);
}

static void test_it_is_random(void **state)
{
	int64_t seen[16];
	size_t same = 0;

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		struct backoff b = { .base_ms = 10000 };

		seen[i] = backoff_next_ms(&b);
		same += i > 0 && seen[i] == seen[0];
	}
	assert_true(same < 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_it_is_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
