#include "base/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void check_growth(struct backoff b, int64_t first, int64_t last)
{
	int64_t top = first;

	assert_true(backoff_is_fresh(&b));
	for (int i = 0; i < 20; i++) {
		int64_t ms = backoff_next_ms(&b);

		assert_true(ms >= top / 2 && ms <= top);
		assert_false(backoff_is_fresh(&b));
		top = top * 2 > last ? last : top * 2;
	}
	backoff_reset(&b);
	assert_in_range(backoff_next_ms(&b), first / 2, first);
}

static void test_growth(void **state)
{
	(void)state;
	check_growth((struct backoff){ 0 }, 400, 10000);
	check_growth((struct backoff){ .first_ms = 50, .last_ms = 1000 }, 50, 1000);
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
