#include "kv/entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void assert_entries(const struct kv_entries *e, const char *expected)
{
	char got[256] = "";

	for (size_t i = 0; i < e->count; i++) {
		size_t len = strlen(got);

		snprintf(got + len, sizeof(got) - len, "%s%s=%s", i ? " " : "", e->items[i].key,
			e->items[i].value);
	}
	assert_string_equal(got, expected);
}

static void test_set_and_remove(void **state)
{
	auto_kv_entries struct kv_entries e = KV_ENTRIES_INIT;

	(void)state;
	assert_true(kv_entries_set(&e, "b", "2", 1));
	assert_true(kv_entries_set(&e, "c", "3", 1));
	assert_true(kv_entries_set(&e, "a", "1", 1));
	assert_entries(&e, "a=1 b=2 c=3");
	assert_false(kv_entries_set(&e, "b", "2", 1));
	assert_true(kv_entries_set(&e, "b", "", 0));
	assert_true(kv_entries_set(&e, "b", "22", 2));
	assert_entries(&e, "a=1 b=22 c=3");
	assert_false(kv_entries_remove(&e, "d"));
	assert_true(kv_entries_remove(&e, "a"));
	assert_true(kv_entries_remove(&e, "c"));
	assert_entries(&e, "b=22");
	assert_true(kv_entries_remove(&e, "b"));
	assert_false(kv_entries_remove(&e, "b"));
	assert_entries(&e, "");
}

static void test_equal(void **state)
{
	auto_kv_entries struct kv_entries a = KV_ENTRIES_INIT;
	auto_kv_entries struct kv_entries b = KV_ENTRIES_INIT;

	(void)state;
	assert_true(kv_entries_equal(&a, &b));
	kv_entries_add(&a, "y", "1", 1);
	assert_false(kv_entries_equal(&a, &b));
	kv_entries_add(&a, "x", "2", 1);
	kv_entries_add(&b, "x", "2", 1);
	kv_entries_add(&b, "y", "1", 1);
	assert_false(kv_entries_equal(&a, &b));
	kv_entries_sort(&a);
	assert_true(kv_entries_equal(&a, &b));
	kv_entries_set(&b, "x", "2\0z", 3); /* a NUL is a byte like any other */
	assert_false(kv_entries_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_remove),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
