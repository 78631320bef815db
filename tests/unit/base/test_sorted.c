#include "base/sorted.h"
#include "base/util.h"
#include "unit.h"

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void test_places(void **state)
{
	static const int items[] = { 2, 4, 4, 4, 7, 9 };
	static const struct {
		int key;
		size_t count, place;
	} rows[] = {
		{ 2, 0, 0 },
		{ 1, 1, 0 },
		{ 2, 1, 0 },
		{ 3, 1, 1 },
		{ 1, 6, 0 },
		{ 3, 6, 1 },
		{ 4, 6, 1 }, /* the first of three */
		{ 5, 6, 4 },
		{ 7, 6, 4 },
		{ 9, 6, 5 },
		{ 10, 6, 6 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const int *some = rows[i].count ? items : NULL;

		assert_int_equal(sorted_place(&rows[i].key, some, rows[i].count, sizeof(*items),
					 compare_ints),
			rows[i].place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
