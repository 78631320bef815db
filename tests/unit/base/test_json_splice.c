#include <string.h>

#include "base/json_splice.h"
#include "base/mem.h"
#include "unit.h"

/* With single quotes written for double ones. */
static char *quoted(const char *text)
{
	char *copy = xstrdup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return copy;
}

/* Every "ip" in "list" becomes an address, and the second element goes; "a" becomes another text;
 * "o" gets a member in front, the document one behind. */
static char *spliced(const char *text)
{
	auto_json yyjson_doc *doc = json_parse(text, strlen(text), NULL);
	auto_strbuf struct strbuf member = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT;
	yyjson_val *key, *val;
	struct json_splice s;
	size_t i, max;

	assert_non_null(doc);
	json_splice_init(&s, doc, text, strlen(text));
	strbuf_add_str(&member, "\"N\":{}");
	yyjson_obj_foreach(yyjson_doc_get_root(doc), i, max, key, val)
	{
		if (yyjson_equals_str(key, "a"))
			json_splice_set_str(&s, val, "say \"x\"");
		if (yyjson_equals_str(key, "o"))
			json_splice_put_first(&s, key, val, &member);
		for (size_t k = 0; k < yyjson_arr_size(val); k++) {
			yyjson_val *ip = yyjson_obj_get(yyjson_arr_get(val, k), "ip");

			if (ip)
				json_splice_set_str(&s, ip, "10.0.0.1");
			if (k == 1)
				json_splice_remove(
					&s, yyjson_arr_get(val, 0), yyjson_arr_get(val, 1));
		}
	}
	json_splice_put_last(&s, &member);
	if (!json_splice_write(&s, &out, NULL))
		strbuf_add_str(&out, "not found");
	json_splice_finish(&s);
	return strbuf_steal(&out);
}

static void test_splice(void **state maybe_unused)
{
	static const struct {
		const char *text, *spliced;
	} cases[] = {
		{ "{}", "{'N':{}}" },
		{ " { }\n", " { 'N':{}}\n" },
		{ "{'b':1.50}", "{'b':1.50,'N':{}}" },
		{ "{'a':'','b':'\\u003c'}", "{'a':'say \\'x\\'','b':'\\u003c','N':{}}" },
		{ "{'b':'a','a' : 'a'}", "{'b':'a','a' : 'say \\'x\\'','N':{}}" },
		{ "{'\\u0061':'\\'\\\\'}", "{'\\u0061':'say \\'x\\'','N':{}}" },
		{ "{'o' : { } }", "{'o' : {'N':{} } ,'N':{}}" },
		{ "{'o':{ 'a':'b'}}", "{'o':{ 'N':{},'a':'b'},'N':{}}" },
		{ "{'l':[{'ip':'','p':'1'}, {'ip':'::','p':'1' } ,3]}",
			"{'l':[{'ip':'10.0.0.1','p':'1'} ,3],'N':{}}" },
		{ "{'l':[{'ip':''},{'p':'}'}]}", "{'l':[{'ip':'10.0.0.1'}],'N':{}}" },
		{ "{'l':[{'p':1},{'p':''}]}", "not found" },
		{ "{'l':[{},{'p':''}]}", "not found" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = quoted(cases[i].text), *expected = quoted(cases[i].spliced);
		auto_free char *got = spliced(text);

		assert_string_equal(got, expected);
	}
}

/* A text that is not the one that was parsed. */
static void test_another_text(void **state maybe_unused)
{
	auto_json yyjson_doc *doc = json_parse("{\"a\":\"b\"}", 9, NULL);
	auto_strbuf struct strbuf out = STRBUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct json_splice s;

	json_splice_init(&s, doc, "{\"a\":\"c\"}", 9);
	json_splice_set_str(&s, yyjson_obj_get(yyjson_doc_get_root(doc), "a"), "d");
	assert_false(json_splice_write(&s, &out, &err));
	assert_int_equal(err.code, ERROR_PROTOCOL);
	assert_int_equal(out.len, 0);
	json_splice_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splice),
		cmocka_unit_test(test_another_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
