#include <stdio.h>
#include <string.h>

#include "base/intern.h"
#include "base/util.h"
#include "unit.h"

static void test_shared(void **state)
{
	char text[] = "busybox:latest";
	const char *a = intern(text);

	(void)state;
	assert_string_equal(a, text);
	assert_ptr_not_equal(a, text);
	assert_ptr_equal(intern("busybox:latest"), a);
	assert_ptr_equal(intern_n("busybox:latest@x", 14), a);
	assert_ptr_equal(intern_ref(a), a);
	assert_int_equal(intern_count(), 1);
	for (int i = 0; i < 3; i++) {
		intern_unref(a);
		assert_int_equal(intern_count(), 1);
	}
	intern_unref(a);
	assert_int_equal(intern_count(), 0);
}

static void test_null_and_empty(void **state)
{
	const char *empty = intern("");

	(void)state;
	assert_null(intern(NULL));
	assert_null(intern_n(NULL, 3));
	assert_null(intern_ref(NULL));
	intern_unref(NULL);
	assert_string_equal(empty, "");
	assert_ptr_equal(intern_n("x", 0), empty);
	intern_unref(empty);
	intern_unref(empty);
	assert_int_equal(intern_count(), 0);
}

static void test_prefixes_differ(void **state)
{
	const char *ab = intern("ab");
	const char *abc = intern("abc");

	(void)state;
	assert_ptr_not_equal(ab, abc);
	intern_unref(ab);
	assert_string_equal(abc, "abc");
	intern_unref(abc);
}

static void test_many(void **state)
{
	enum { COUNT = 20000 };
	static const char *held[COUNT];
	char text[32];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < COUNT; i++) {
			snprintf(text, sizeof(text), "label-%d", i);
			held[i] = intern(text);
		}
		assert_int_equal(intern_count(), COUNT);
	}
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "label-%d", i);
		assert_string_equal(held[i], text);
		intern_unref(held[i]);
		intern_unref(held[i]);
	}
	assert_int_equal(intern_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_null_and_empty),
		cmocka_unit_test(test_prefixes_differ),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
