#include "net/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct {
	const char *arguments[4];
	int64_t limit_ms;
	const char *error; /* NULL: none */
} cases[] = {
	{ { "/bin/true" }, 60000, NULL },
	{ { "/bin/false" }, 60000, "ended with status 1" },
	{ { "/bin/sh", "-c", "exit 3" }, 60000, "ended with status 3" },
	{ { "/bin/sh", "-c", "kill -9 $$" }, 60000, "was ended by signal 9" },
	{ { "/bin/sh", "-c", "test \"$WHO\" = me" }, 60000, NULL },
	{ { "/bin/sh", "-c", "test -z \"$(cat)\"" }, 60000, NULL },
	{ { "/bin/sh", "-c", "sleep 1000; true" }, 50, "did not end in its time" },
	{ { "/nowhere/at/all" }, 60000, "cannot be started: No such file or directory" },
};

static void test_how_it_ends(void **state)
{
	static const char *const environment[] = { "WHO=me", NULL };
	struct loop *loop = loop_create();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct child c = { 0 };

		child_start(&c, loop, cases[i].arguments, environment, cases[i].limit_ms, NULL);
		while (!c.done)
			loop_turn(loop, 1000);
		assert_string_equal(
			error_text(&c.err), cases[i].error ? cases[i].error : "no error");
		child_finish(&c);
	}
	loop_destroy(loop);
}

static void test_nobody_wants_it_any_more(void **state)
{
	static const char *const arguments[] = { "/bin/sleep", "1000", NULL };
	static const char *const environment[] = { NULL };
	struct loop *loop = loop_create();
	struct child c = { 0 };

	(void)state;
	child_start(&c, loop, arguments, environment, 60000, NULL);
	assert_false(c.done);
	child_finish(&c);
	child_finish(&c);
	loop_destroy(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_it_ends),
		cmocka_unit_test(test_nobody_wants_it_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
