/* Sorting by pieces gives what qsort gives. */
#include "base/long_sort.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/util.h"
#include "unit.h"

static size_t compared;

static int compare_ints(const void *a, const void *b)
{
	compared++;
	return *(const int *)a - *(const int *)b;
}

static int *numbers(size_t count)
{
	int *items = xcalloc(count + 1, sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = (int)(i * 7919 % 1009);
	return items;
}

static void test_sorted(void **state maybe_unused)
{
	static const size_t counts[] = { 0, 1, 2, 255, 256, 257, 511, 512, 513, 768, 1023, 1024,
		1025, 5000, 65536 };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		auto_free int *wanted = numbers(counts[i]), *got = NULL;
		struct long_sort sort;

		long_sort_begin(&sort, numbers(counts[i]), counts[i], sizeof(int), compare_ints);
		while (long_sort_more(&sort)) {
		}
		assert_false(long_sort_more(&sort)); /* and stays so */
		got = long_sort_take(&sort);
		qsort(wanted, counts[i], sizeof(int), compare_ints);
		assert_memory_equal(wanted, got, counts[i] * sizeof(int));
	}
}

static void test_pieces_are_small(void **state maybe_unused)
{
	enum { COUNT = 60000 };
	struct long_sort sort;
	bool more = true;

	long_sort_begin(&sort, numbers(COUNT), COUNT, sizeof(int), compare_ints);
	while (more) {
		compared = 0;
		more = long_sort_more(&sort);
		assert_true(compared < 4000);
	}
	long_sort_finish(&sort);
}

static void test_given_up(void **state maybe_unused)
{
	for (int calls = 0; calls < 30; calls++) {
		struct long_sort sort;

		long_sort_begin(&sort, numbers(2000), 2000, sizeof(int), compare_ints);
		for (int i = 0; i < calls; i++)
			long_sort_more(&sort);
		long_sort_finish(&sort);
	}
}

static void test_nothing(void **state maybe_unused)
{
	struct long_sort sort = { 0 };

	assert_false(long_sort_more(&sort));
	assert_null(long_sort_take(&sort));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_pieces_are_small),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
