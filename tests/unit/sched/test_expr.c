/* Expressions: cases S-1 to S-14. */
#include "pool.h"

#include <string.h>

#include "base/mem.h"
#include "sched/expr.h"

/* "hard node value", or the error text. */
static char *describe(const char *text)
{
	auto_error struct error err = ERROR_INIT;
	struct expr e;

	if (!expr_parse(&e, text, &err)) {
		assert_int_equal(err.code, ERROR_INVALID);
		return xstrdup(error_text(&err));
	}
	char *description = xasprintf(
		"%s%s %s %s", e.soft ? "soft" : "hard", e.is_regex ? " regex" : "", e.key, e.value);
	expr_finish(&e);
	return description;
}

static void test_grammar(void **state maybe_unused)
{
	static const struct {
		const char *name, *text, *expected;
	} cases[] = {
		{ "S-1", "1node", "One of operator ==, != is expected" },
		{ "S-1", "node ==node1", "Key 'node ' is invalid" },
		{ "S-1", "no*de==node1", "Key 'no*de' is invalid" },
		{ "S-1", "no$de==node1", "Key 'no$de' is invalid" },
		{ "S-1", "node==", "Value '' is invalid" },
		{ "S-2", "NoDe==node1", "hard NoDe node1" },
		{ "S-3", "no.de==node1", "hard no.de node1" },
		{ "S-3", "_node==_node1", "hard _node _node1" },
		{ "S-4", "node==*node*", "hard node *node*" },
		{ "S-5", "node==/(?i)^[a-b]+c*(n|b)$/", "hard regex node /(?i)^[a-b]+c*(n|b)$/" },
		{ "S-6", "node==node 1", "hard node node 1" },
		{ "S-7", "node==node1", "hard node node1" },
		{ "S-7", "node==~node1", "soft node node1" },
		{ "S-7", "ab!=~x", "soft ab x" },
		{ "S-7", "ab===b", "hard ab =b" },
		{ "S-7", "ab==!b", "hard ab !b" },
		{ "S-7", "ab==!~x", "hard ab !~x" },
		{ "S-7", "ab==/~x/", "hard regex ab /~x/" },
		{ "S-7", "ab== x", "hard ab  x" },
		{ "S-7", "ab==x y", "hard ab x y" },
		{ "S-7", "ab=b", "One of operator ==, != is expected" },
		{ "S-7", "ab=!b", "One of operator ==, != is expected" },
		{ "S-7", "==x", "Key '' is invalid" },
		{ "S-7", "-a==x", "Key '-a' is invalid" },
		{ "S-7", "ab!=x==y", "Key 'ab!=x' is invalid" },
		{ "S-7", "ab!==y", "Key 'ab!' is invalid" },
		{ "S-7", "ab==~", "Value '~' is invalid" },
		{ "S-7", "ab==~~x", "Value '~~x' is invalid" },
		{ "S-7", "ab==/~", "Value '/~' is invalid" },
		{ "S-7", "ab==a!=b", "Value 'a!=b' is invalid" },
		{ "S-7", "ab==x{2}", "Value 'x{2}' is invalid" },
		/* F5: these are errors in classic Swarm */
		{ "F5", "a==b", "hard a b" },
		{ "F5", "ab==a,b", "hard ab a,b" },
		{ "F5", "image==foo@sha256:abc", "hard image foo@sha256:abc" },
		{ "F5", "ab==a=b", "hard ab a=b" },
		{ "F5", "ab==a~b", "hard ab a~b" },
		{ "F5", "ab==caf\xc3\xa9", "hard ab caf\xc3\xa9" },
		{ "F5", "ab==a;b", "Value 'a;b' is invalid" },
		{ "F5", "ab==a\x01", "Value 'a\x01' is invalid" },
		/* S-14, F1: one slash is a slash */
		{ "S-14", "ab==/", "hard ab /" },
		{ "S-14", "ab==~/", "soft ab /" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *got = describe(cases[i].text);

		check_text(cases[i].name, got, cases[i].expected);
	}
}

/* Candidates are separated by commas; "" is none. */
static bool accepts(const char *text, const char *candidates)
{
	auto_strv struct strv list = STRV_INIT;
	struct expr e;
	bool found = false;

	assert_true(expr_parse(&e, text, NULL));
	if (*candidates)
		strv_split(&list, candidates, ',');
	for (size_t i = 0; i < list.count; i++)
		found |= expr_matches(&e, list.items[i]);
	bool accepted = expr_accepts(&e, found);
	expr_finish(&e);
	return accepted;
}

static void test_matching(void **state maybe_unused)
{
	static const struct {
		const char *name, *text, *candidates;
		bool expected;
	} cases[] = {
		{ "S-8", "ab==foo", "foo", true },
		{ "S-8", "ab==foo", "bar", false },
		{ "S-8", "ab==foo", "foo,bar", true },
		{ "S-9", "ab!=foo", "foo", false },
		{ "S-9", "ab!=foo", "bar", true },
		{ "S-9", "ab!=foo", "foo,bar", false },
		{ "S-9", "ab!=foo", "bar,foo", false },
		{ "S-10", "ab==f*o", "foo", true },
		{ "S-10", "ab==f*o", "fuo", true },
		{ "S-10", "ab==f*o", "foo,fuo,bar", true },
		{ "S-11", "ab!=f*o", "foo", false },
		{ "S-11", "ab!=f*o", "fuo", false },
		{ "S-11", "ab!=f*o", "foo,fuo,bar", false },
		{ "S-13", "ab==//", "anything", true },
		{ "S-13", "ab==foo", "", false },
		{ "S-13", "ab!=foo", "", true },
		{ "S-14", "ab==/", "/", true },
		{ "S-14", "ab==~/", "x", false },
		{ "4.2 whole", "ab==foo", "foobar", false },
		{ "4.2 case", "ab==foo", "FOO", false },
		{ "4.2 search", "ab==/oo/", "foobar", true },
		{ "4.2 dot", "ab==f.o", "fxo", true },
		{ "4.2 or", "ab==a|b", "a10", true },
		{ "4.2 or", "ab==a|b", "xb", true },
		{ "4.2 or", "ab==a|b", "xax", false },
		{ "4.2 or", "ab==a|b|c", "xbx", true },
		{ "4.2 newline", "ab==a.b", "a\nb", false },
		{ "4.2 end", "ab==/a$/", "a\n", false },
		/* F3: a plain value finds itself */
		{ "F3", "os==Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux 12 (bookworm)",
			true },
		{ "F3", "ab==c++", "c++", true },
		{ "F3", "ab!=c++", "c++", false },
		{ "F3", "ab==[x", "[x", true },
		{ "F3", "ab==[x*", "[xyz", true },
		{ "F3", "ab==[x*", "xyz", false },
		{ "F3", "ab==/a.c/", "/a.c/", true }, /* by searching, not by equality */
		{ "F3", "ab==/a\\.c/", "/a\\.c/", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (accepts(cases[i].text, cases[i].candidates) == cases[i].expected)
			continue;
		print_error("%s: %s with %s\n", cases[i].name, cases[i].text, cases[i].candidates);
		fail();
	}
}

/* S-12 had a bad pattern match nothing, so that != accepted every node; F4: it is an error. */
static void test_bad_pattern(void **state maybe_unused)
{
	static const char *const texts[] = { "ab==/[/", "ab!=/[/", "ab==~/(/" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_free char *got = describe(texts[i]);

		assert_non_null(strstr(got, "is invalid: "));
		assert_memory_equal(got, "Value '/", 8);
	}
}

static void test_list_has_a_ceiling(void **state maybe_unused)
{
	auto_error struct error err = ERROR_INIT;
	struct expr_list l = { 0 };
	size_t added = 0;

	while (expr_list_add(&l, "ab==c", &err))
		added++;
	assert_int_equal(added, 256);
	assert_int_equal(l.count, 256);
	assert_int_equal(err.code, ERROR_TOO_LARGE);
	expr_list_finish(&l);
}

static void test_failed_add_keeps_the_list(void **state maybe_unused)
{
	struct expr_list l = { 0 };

	assert_true(expr_list_add(&l, "ab==c", NULL));
	assert_false(expr_list_add(&l, "ab", NULL));
	assert_int_equal(l.count, 1);
	assert_string_equal(l.items[0].value, "c");
	expr_list_finish(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_matching),
		cmocka_unit_test(test_bad_pattern),
		cmocka_unit_test(test_list_has_a_ceiling),
		cmocka_unit_test(test_failed_add_keeps_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
