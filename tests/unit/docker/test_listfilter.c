#include "docker_test.h"

#include "base/util.h"
#include "docker/listfilter.h"

static void test_encodings(void **state maybe_unused)
{
	static const struct {
		const char *text, *formatted; /* NULL: refused */
	} cases[] = {
		{ NULL, "{}" },
		{ "", "{}" },
		{ "{}", "{}" },
		{ "null", "{}" },
		{ "{\"label\":{\"a=b\":true}}", "{\"label\":{\"a=b\":true}}" },
		{ "{\"label\":[\"a=b\",\"c\"]}", "{\"label\":{\"a=b\":true,\"c\":true}}" },
		{ "{\"label\":{\"a=b\":false,\"c\":true}}", "{\"label\":{\"c\":true}}" },
		{ "{\"label\":{\"a=b\":false}}", "{}" },
		{ "{\"label\":[]}", "{}" },
		{ "{\"label\":null}", "{}" },
		{ "{\"a\":[\"1\"],\"a\":[\"2\"]}", "{\"a\":{\"1\":true,\"2\":true}}" },
		{ "{\"label\":\"a\"}", NULL },
		{ "{\"label\":[1]}", NULL },
		{ "{\"label\":{\"a\":1}}", NULL },
		{ "[\"label\"]", NULL },
		{ "zzz", NULL },
		{ "{\"label\":[\"a\\u0000b\"]}", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_list_filters struct list_filters f = { 0 };
		auto_error struct error err = ERROR_INIT;
		bool ok = list_filters_parse(&f, cases[i].text, &err);

		assert_int_equal(ok, cases[i].formatted != NULL);
		if (!ok) {
			assert_int_equal(err.code, ERROR_INVALID);
			assert_memory_equal(err.text, "invalid filter", 14);
			continue;
		}
		auto_free char *formatted = list_filters_format(&f);
		assert_string_equal(formatted, cases[i].formatted);
	}
}

static void test_unknown_keys(void **state maybe_unused)
{
	static const char *const accepted[] = { "label", "name", NULL };
	auto_list_filters struct list_filters f = { 0 };
	auto_error struct error err = ERROR_INIT;

	assert_true(list_filters_parse(&f, "{\"name\":[\"x\"]}", NULL));
	assert_true(list_filters_check(&f, accepted, &err));
	list_filters_add(&f, "node", "y");
	assert_false(list_filters_check(&f, accepted, &err));
	assert_string_equal(err.text, "invalid filter 'node'");
	list_filters_remove(&f, "node");
	assert_true(list_filters_check(&f, accepted, NULL));
	assert_null(list_filters_get(&f, "node"));
	list_filters_remove(&f, "never-there");
}

static void test_match(void **state maybe_unused)
{
	static const struct {
		const char *value, *subject;
		bool matches;
	} cases[] = {
		{ "web", "web", true },
		{ "we", "web", true },
		{ "web", "we", false },
		{ "^web$", "web", true },
		{ "^eb", "web", false },
		{ "w.b", "web", true },
		{ "web|db", "db1", true },
		{ "(", "(", true }, /* equal, though no expression */
		{ "(", "a(b", false },
		{ "", "anything", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_list_filters struct list_filters f = { 0 };

		list_filters_add(&f, "name", cases[i].value);
		assert_int_equal(
			list_filter_matches(list_filters_get(&f, "name"), cases[i].subject),
			cases[i].matches);
		for (int again = 0; again < 2; again++)
			assert_int_equal(
				list_filters_match(&f, "name", cases[i].subject), cases[i].matches);
		assert_true(list_filters_match(&f, "absent", cases[i].subject));
	}
}

static void test_values_added_after_a_match(void **state maybe_unused)
{
	auto_list_filters struct list_filters f = { 0 };

	list_filters_add(&f, "name", "^a$");
	assert_false(list_filters_match(&f, "name", "b"));
	list_filters_add(&f, "name", "^b$");
	assert_true(list_filters_match(&f, "name", "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_values_added_after_a_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
