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
		{ "{\"label\":{\"a=b\":false,\"c\":true}}",
			"{\"label\":{\"a=b\":false,\"c\":true}}" },
		{ "{\"label\":{\"a=b\":null}}", "{\"label\":{\"a=b\":false}}" },
		{ "{\"label\":[]}", "{\"label\":{}}" },
		{ "{\"label\":null,\"name\":[\"x\"]}", "{\"label\":{},\"name\":{\"x\":true}}" },
		{ "{\"label\":[null]}", "{\"label\":{\"\":true}}" },
		{ "{\"a\":[\"1\"],\"a\":[\"2\"]}", "{\"a\":{\"2\":true}}" },
		{ "{\"a\":[\"1\"],\"b\":{\"2\":true}}", NULL }, /* two encodings */
		{ "{\"label\":{\"x\":\"true\"}}", NULL },
		{ "[]", NULL },
		{ "true", NULL },
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
			assert_string_equal(err.text, "invalid filter");
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
		for (int again = 0; again < 2; again++)
			assert_int_equal(
				list_filters_match(&f, "name", cases[i].subject), cases[i].matches);
		assert_true(list_filters_match(&f, "absent", cases[i].subject));
	}
}

/* {"x":false} asks for x wherever something is searched for, and never for everything. */
static void test_values_that_are_off(void **state maybe_unused)
{
	auto_list_filters struct list_filters f = { 0 };

	assert_true(list_filters_parse(&f,
		"{\"label\":{\"x\":false},\"driver\":{\"y\":false,\"z\":true},\"name\":{}}", NULL));
	assert_string_equal(list_filters_get(&f, "label")->items[0], "x");
	assert_true(list_filters_match(&f, "label", "x"));
	assert_false(list_filters_match(&f, "label", "other"));
	assert_false(list_filters_has(&f, "driver", "y"));
	assert_true(list_filters_has(&f, "driver", "z"));
	assert_null(list_filters_get(&f, "name"));
	assert_true(list_filters_match(&f, "name", "anything"));
	assert_true(list_filters_has(&f, "name", "anything"));
}

static void test_flags(void **state maybe_unused)
{
	static const struct {
		const char *text;
		int value; /* -1: refused */
		const char *error;
	} cases[] = {
		{ "{}", 2, NULL }, /* as it was otherwise */
		{ "{\"f\":[]}", 2, NULL },
		{ "{\"f\":[\"true\"]}", 1, NULL },
		{ "{\"f\":{\"1\":true,\"0\":false}}", 1, NULL },
		{ "{\"f\":[\"0\"]}", 0, NULL },
		{ "{\"f\":{\"true\":false}}", -1, "invalid filter 'f=[true]'" },
		{ "{\"f\":{\"false\":false}}", -1, "invalid filter 'f=[false]'" },
		{ "{\"f\":[\"true\",\"0\"]}", -1, "invalid filter 'f=[true 0]'" },
		{ "{\"f\":[\"x\"]}", -1, "invalid filter 'f=[x]'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_list_filters struct list_filters f = { 0 };
		auto_error struct error err = ERROR_INIT;

		assert_true(list_filters_parse(&f, cases[i].text, NULL));
		for (int otherwise = 0; otherwise < 2; otherwise++) {
			bool value = !otherwise;
			bool ok = list_filters_flag(&f, "f", otherwise, &value, &err);

			assert_int_equal(ok, cases[i].value >= 0);
			if (ok)
				assert_int_equal(
					value, cases[i].value == 2 ? otherwise : cases[i].value);
			else
				assert_string_equal(err.text, cases[i].error);
		}
	}
}

static void test_maximum_of_values(void **state maybe_unused)
{
	for (int extra = 0; extra < 2; extra++) {
		auto_list_filters struct list_filters f = { 0 };
		auto_error struct error err = ERROR_INIT;
		auto_strbuf struct strbuf text = STRBUF_INIT;

		strbuf_add_str(&text, "{\"id\":[\"a\"],\"name\":[\"a\"");
		for (int i = 2; i < LIST_FILTER_VALUES_MAX + extra; i++)
			strbuf_add_str(&text, ",\"a\"");
		strbuf_add_str(&text, "]}");
		assert_int_equal(list_filters_parse(&f, text.buf, &err), extra == 0);
		if (extra) {
			assert_int_equal(err.code, ERROR_INVALID);
			assert_string_equal(err.text, "invalid filter: more than 256 values");
		}
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
		cmocka_unit_test(test_values_that_are_off),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_maximum_of_values),
		cmocka_unit_test(test_values_added_after_a_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
