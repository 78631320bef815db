#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "unit.h"

static yyjson_doc *parse(const char *text)
{
	auto_error struct error err = ERROR_INIT;
	yyjson_doc *doc = json_parse(text, strlen(text), &err);

	if (!doc)
		fail_msg("'%s': %s", text, error_text(&err));
	return doc;
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		"",
		" ",
		"{",
		"{\"a\":1,}",
		"[1] x",
		"{'a':1}",
		"[1 2]",
		"\"\\ud800\"",
		"\"\xff\"",
		"\"a\nb\"",
		"// comment\n1",
		"NaN",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		auto_json yyjson_doc *doc = json_parse(rows[i], strlen(rows[i]), &err);

		if (doc)
			fail_msg("'%s' was accepted", rows[i]);
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

static void test_error_names_the_place(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_null(json_parse("{\"ab\":x}", 8, &err));
	assert_true(strncmp(err.text, "invalid JSON at byte 6: ", 24) == 0);
}

static char *nested(size_t depth, char open, char close)
{
	char *text = xcalloc(2 * depth + 1, 1);

	memset(text, open, depth);
	memset(text + depth, close, depth);
	return text;
}

static void test_depth(void **state)
{
	auto_free char *deepest = nested(JSON_MAX_DEPTH, '[', ']');
	auto_free char *too_deep = nested(JSON_MAX_DEPTH + 1, '[', ']');
	auto_free char *far_too_deep = nested(200000, '[', ']');
	auto_error struct error err = ERROR_INIT;
	auto_json yyjson_doc *doc = parse(deepest);
	auto_json yyjson_doc *siblings = NULL;
	auto_strbuf struct strbuf wide = STRBUF_INIT;

	(void)state;
	assert_null(json_parse(too_deep, strlen(too_deep), &err));
	assert_int_equal(err.code, ERROR_TOO_LARGE);
	assert_null(json_parse(far_too_deep, strlen(far_too_deep), NULL));
	/* many, but beside each other */
	strbuf_add_str(&wide, "[{\"a\":[]}");
	for (int i = 0; i < 2000; i++)
		strbuf_add_str(&wide, ",[[]],{\"a\":{}}");
	strbuf_add_str(&wide, "]");
	siblings = parse(wide.buf);
	assert_non_null(doc);
	assert_non_null(siblings);
}

static void test_values_of_a_request(void **state)
{
	enum { MOST = JSON_MAX_REQUEST_VALUES - 1 }; /* besides the array itself */
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_error struct error err = ERROR_INIT;
	yyjson_doc *doc;

	(void)state;
	for (int i = 0; i < MOST; i++)
		strbuf_add_str(&text, i ? ",0" : "[0");
	strbuf_add_char(&text, ']');
	doc = json_parse_request(text.buf, text.len, &err);
	assert_non_null(doc);
	yyjson_doc_free(doc);
	text.buf[text.len - 1] = ',';
	strbuf_add_str(&text, "0]");
	assert_null(json_parse_request(text.buf, text.len, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	error_clear(&err);
	doc = json_parse(text.buf, text.len, &err); /* what engines say may be larger */
	assert_non_null(doc);
	yyjson_doc_free(doc);
}

static void test_getters(void **state)
{
	auto_json yyjson_doc *doc = parse(
		"{\"s\":\"text\",\"nul\":\"a\\u0000b\",\"e\":\"\",\"i\":-5,\"u\":"
		"18446744073709551615,"
		"\"big\":99999999999999999999,\"small\":-99999999999999999999,\"r\":2.9,\"n\":-2.9,"
		"\"huge\":1e300,\"overflow\":1e999,\"t\":true,\"o\":{},\"a\":[],\"z\":null}");
	yyjson_val *obj = yyjson_doc_get_root(doc);

	(void)state;
	assert_string_equal(json_get_str(obj, "s", "d"), "text");
	assert_string_equal(json_get_str(obj, "e", "d"), "");
	assert_string_equal(json_get_str(obj, "nul", "d"), "d");
	assert_string_equal(json_get_str(obj, "i", "d"), "d");
	assert_string_equal(json_get_str(obj, "z", "d"), "d");
	assert_null(json_get_str(obj, "absent", NULL));
	assert_true(json_get_int(obj, "i", 1) == -5);
	assert_true(json_get_int(obj, "u", 1) == INT64_MAX);
	assert_true(json_get_int(obj, "big", 1) == INT64_MAX);
	assert_true(json_get_int(obj, "small", 1) == INT64_MIN);
	assert_true(json_get_int(obj, "r", 1) == 2);
	assert_true(json_get_int(obj, "n", 1) == -2);
	assert_true(json_get_int(obj, "huge", 1) == INT64_MAX);
	assert_true(json_get_int(obj, "overflow", 1) == INT64_MAX);
	assert_true(json_get_int(obj, "s", 1) == 1);
	assert_true(json_get_int(obj, "t", 1) == 1);
	assert_true(fabs(json_get_real(obj, "r", 0) - 2.9) < 1e-12);
	assert_true(fabs(json_get_real(obj, "i", 0) + 5) < 1e-12);
	assert_true(json_get_bool(obj, "t", false));
	assert_true(json_get_bool(obj, "i", true));
	assert_non_null(json_get_obj(obj, "o"));
	assert_null(json_get_obj(obj, "a"));
	assert_non_null(json_get_arr(obj, "a"));
	assert_null(json_get_arr(obj, "o"));
}

static void test_getters_without_object(void **state)
{
	auto_json yyjson_doc *doc = parse("[1]");
	yyjson_val *values[] = { NULL, yyjson_doc_get_root(doc) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		assert_string_equal(json_get_str(values[i], "k", "d"), "d");
		assert_true(json_get_int(values[i], "k", 7) == 7);
		assert_true(json_get_bool(values[i], "k", true));
		assert_null(json_get_obj(values[i], "k"));
		assert_null(json_get_arr(values[i], "k"));
	}
}

static void test_strings_of_array(void **state)
{
	auto_json yyjson_doc *doc =
		parse("{\"a\":[\"x\",1,null,\"\",\"b\\u0000c\",\"y\"],\"b\":{}}");
	auto_strv struct strv v = STRV_INIT;

	(void)state;
	json_get_strv(yyjson_doc_get_root(doc), "a", &v);
	json_get_strv(yyjson_doc_get_root(doc), "b", &v);
	json_get_strv(yyjson_doc_get_root(doc), "absent", &v);
	auto_free char *joined = strv_join(&v, "|");
	assert_string_equal(joined, "x||y");
}

/* What we do not know passes through, in order. */
static void test_pass_through(void **state)
{
	static const char *const rows[] = {
		"{\"b\":1,\"a\":[],\"n\":null,\"e\":{}}",
		"[18446744073709551615,-9223372036854775808,99999999999999999999999,0.1,1e999]",
		"[\"\\u0000\\u001F\",\"<&>\",\"\xc3\xa9\",\"a/b\",\"\\\"\\\\\"]",
		"{\"k\":1,\"k\":2}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_json yyjson_doc *doc = parse(rows[i]);
		auto_json_mut yyjson_mut_doc *copy = yyjson_doc_mut_copy(doc, NULL);
		auto_strbuf struct strbuf text = STRBUF_INIT;
		auto_strbuf struct strbuf again = STRBUF_INIT;
		size_t len = 0;

		json_write(&text, yyjson_doc_get_root(doc));
		assert_string_equal(text.buf, rows[i]);
		json_mut_write(&again, yyjson_mut_doc_get_root(copy));
		assert_string_equal(again.buf, rows[i]);
		auto_free char *whole = json_doc_text(copy, &len);
		assert_string_equal(whole, rows[i]);
		assert_int_equal(len, strlen(rows[i]));
	}
}

static void test_write_never_fails(void **state)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *arr = yyjson_mut_arr(doc);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	yyjson_mut_arr_add_real(doc, arr, INFINITY);
	yyjson_mut_arr_add_str(doc, arr, "a\xff");
	json_mut_write(&text, arr);
	assert_string_equal(text.buf, "[null,\"a\xff\"]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_error_names_the_place),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_values_of_a_request),
		cmocka_unit_test(test_getters),
		cmocka_unit_test(test_getters_without_object),
		cmocka_unit_test(test_strings_of_array),
		cmocka_unit_test(test_pass_through),
		cmocka_unit_test(test_write_never_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
