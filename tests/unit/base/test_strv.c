#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/strv.h"
#include "unit.h"

static void test_split_and_join(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *joined;
	} rows[] = {
		{ "", 1, "" },
		{ "a", 1, "a" },
		{ "a,b", 2, "a+b" },
		{ ",", 2, "+" },
		{ "a,,b,", 4, "a++b+" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_strv struct strv v = STRV_INIT;

		strv_split(&v, rows[i].text, ',');
		assert_int_equal(v.count, rows[i].count);
		auto_free char *joined = strv_join(&v, "+");
		assert_row(rows[i].text, joined, rows[i].joined);
	}
}

static void test_edit(void **state)
{
	auto_strv struct strv v = STRV_INIT;
	auto_strv struct strv copy = STRV_INIT;

	(void)state;
	strv_add(&v, "c");
	strv_add_n(&v, "abc", 1);
	strv_take(&v, xstrdup("b"));
	assert_true(strv_contains(&v, "a"));
	assert_false(strv_contains(&v, "abc"));
	strv_sort(&v);
	strv_copy(&copy, &v);
	strv_copy(&copy, &copy);
	strv_remove(&v, 1);
	strv_remove(&v, 1);
	assert_int_equal(v.count, 1);
	assert_string_equal(v.items[0], "a");
	auto_free char *joined = strv_join(&copy, "");
	assert_string_equal(joined, "abcabc");
}

static void test_empty(void **state)
{
	auto_strv struct strv v = STRV_INIT;

	(void)state;
	strv_sort(&v);
	auto_free char *joined = strv_join(&v, ",");
	assert_string_equal(joined, "");
	assert_false(strv_contains(&v, ""));
}

struct item {
	int number;
	struct list link;
};

/* list.h has no .c of its own */
static void test_list(void **state)
{
	struct list head = LIST_INIT(head);
	struct item items[4] = { { .number = 0 }, { .number = 1 }, { .number = 2 },
		{ .number = 3 } };
	struct item *item, *tmp;
	int sum = 0;

	(void)state;
	assert_null(list_first(&head, struct item, link));
	list_push_back(&head, &items[1].link);
	list_push_back(&head, &items[2].link);
	list_push_front(&head, &items[0].link);
	list_insert_after(&items[2].link, &items[3].link);
	list_for_each (item, &head, link)
		sum = sum * 10 + item->number;
	assert_int_equal(sum, 123);
	list_for_each_safe (item, tmp, &head, link) {
		if (item->number % 2)
			list_remove(&item->link);
	}
	list_remove(&items[1].link);
	assert_ptr_equal(list_first(&head, struct item, link), &items[0]);
	list_remove(&items[0].link);
	assert_ptr_equal(list_first(&head, struct item, link), &items[2]);
	list_remove(&items[2].link);
	assert_true(list_empty(&head));
}

static void test_memory(void **state)
{
	auto_free char *cut = xstrndup("abcdef", 3);
	auto_free char *whole = xstrndup("ab", 10);
	auto_free char *formatted = xasprintf("%s-%d", "n", 7);
	auto_free int *numbers = NULL;
	auto_free void *nothing = xmalloc(0);
	size_t count = 0, cap = 0;

	(void)state;
	assert_string_equal(cut, "abc");
	assert_string_equal(whole, "ab");
	assert_string_equal(formatted, "n-7");
	assert_non_null(nothing);
	assert_null(xstrdup_null(NULL));
	for (int i = 0; i < 100; i++) {
		array_reserve(numbers, count, cap);
		numbers[count++] = i;
	}
	assert_int_equal(numbers[99], 99);
	assert_in_range(cap, 100, 200);
	char *stolen = steal(cut);
	assert_null(cut);
	free(stolen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_and_join),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
