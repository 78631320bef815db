/* Which pieces of a screen are told when it was written anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <string.h>

#include "base/util.h"
#include "page/fragments.h"

/* "(a text(b text))": a part opens with its id, a letter. */
static void read_screen(const char *screen, struct fragments *ps)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	for (; *screen; screen++) {
		if (*screen == '(')
			fragments_open(ps, (const char[]){ *++screen, '\0' }, text.len);
		else if (*screen == ')')
			fragments_close(ps, text.len);
		else
			strbuf_add_char(&text, *screen);
	}
	fragments_seal(ps, &text);
}

static void tell(void *arg, const struct fragment *part)
{
	strbuf_add_str(arg, part->id);
}

static const struct {
	const char *before, *now, *told;
} cases[] = {
	{ NULL, "(a1)(b2(c3)(d4))", "ab" },
	{ "(a1)(b2(c3)(d4))", "(a1)(b2(c3)(d4))", "" },
	{ "(a1)(b2(c3)(d4))", "(a2)(b2(c3)(d5))", "ad" },
	/* around, between and behind the inner ones */
	{ "(a1(b2)3(c4)5)", "(a0(b2)3(c4)5)", "a" },
	{ "(a1(b2)3(c4)5)", "(a1(b2)0(c4)5)", "a" },
	{ "(a1(b2)3(c4)5)", "(a1(b2)3(c4)0)", "a" },
	/* inner ones come, go, and change their places */
	{ "(a(b2))", "(a(b2)(c4))", "a" },
	{ "(a(b2)(c4))", "(a(b2))", "a" },
	{ "(a(b2)(c4))", "(a(c4)(b2))", "a" },
	{ "(a(b(c1)))", "(a(b(c2)))", "c" },
	{ "(a(b1(c1)))", "(a(b2(c2)))", "b" },
	/* outside of all parts nothing is told */
	{ "x(a1)y", "z(a1)", "" },
	{ "(a12)", "(a1)", "a" },
};

static void test_told(maybe_unused void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fragments before = { 0 }, now = { 0 };
		auto_strbuf struct strbuf told = STRBUF_INIT;

		if (cases[i].before)
			read_screen(cases[i].before, &before);
		read_screen(cases[i].now, &now);
		fragments_compare(&now, cases[i].before ? &before : NULL, tell, &told);
		if (strcmp(told.buf, cases[i].told) != 0)
			print_message("%s\n", cases[i].now);
		assert_string_equal(told.buf, cases[i].told);
		fragments_finish(&before);
		fragments_finish(&now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
