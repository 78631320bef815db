#include "base/recent.h"

#include <string.h>

#include "base/util.h"
#include "unit.h"

static void test_the_oldest_goes(void **state)
{
	struct recent r = { .max = 2 };
	char key[] = "a", value[] = "1";

	(void)state;
	recent_put(&r, key, value);
	key[0] = value[0] = 'x'; /* it was copied */
	recent_put(&r, "b", "2");
	recent_put(&r, "a", "3");
	assert_string_equal(recent_get(&r, "a"), "3");
	recent_put(&r, "c", "4"); /* a is newer than b */
	assert_null(recent_get(&r, "b"));
	assert_string_equal(recent_get(&r, "a"), "3");
	assert_string_equal(recent_get(&r, "c"), "4");
	recent_finish(&r);
}

static void test_what_is_not_kept(void **state)
{
	struct recent none = { 0 }, r = { .max = 2 };
	char longest[RECENT_TEXT_MAX + 2];

	(void)state;
	memset(longest, 'k', sizeof(longest));
	longest[RECENT_TEXT_MAX + 1] = '\0';
	recent_put(&none, "a", "1");
	assert_null(recent_get(&none, "a"));
	recent_put(&r, longest, "1");
	recent_put(&r, "a", longest);
	assert_null(r.items);
	recent_put(&r, longest + 1, longest + 1);
	assert_string_equal(recent_get(&r, longest + 1), longest + 1);
	recent_finish(&none);
	recent_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_oldest_goes),
		cmocka_unit_test(test_what_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
