#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "register/catalog_record.h"

static yyjson_doc *parse(const char *text)
{
	yyjson_doc *doc = json_parse(text, strlen(text), NULL);

	assert_non_null(doc);
	return doc;
}

static void add(struct kv_entries *ret, enum service_health health)
{
	struct service s = { .id = (char *)"n1:w:80",
		.name = (char *)"web",
		.ip = (char *)"192.0.2.10",
		.port = 8000,
		.health = health };
	auto_free char *longest = xmalloc(CATALOG_VALUE_MAX + 2);

	memset(longest, 'x', CATALOG_VALUE_MAX + 1);
	longest[CATALOG_VALUE_MAX + 1] = '\0';
	strv_add(&s.tags, "a");
	strv_add(&s.tags, "b \"<\"");
	labels_add(&s.attributes, "bad.key", "1");
	labels_add(&s.attributes, "region", "eu");
	labels_add(&s.attributes, CATALOG_MARK, "others");
	labels_add(&s.attributes, "too-long", longest);
	catalog_add(ret,
		&(struct book_place){
			.node = "n1",
			.address = "192.0.2.1",
			.cluster = "swarm",
		},
		&s);
	strv_finish(&s.tags);
	labels_finish(&s.attributes);
}

/* Whichever side it comes from, a record has one text. */
static void test_what_is_read_is_what_was_written(void **state maybe_unused)
{
	auto_kv_entries struct kv_entries made = KV_ENTRIES_INIT, read = KV_ENTRIES_INIT;
	auto_strv struct strv others = STRV_INIT;
	int64_t index;

	add(&made, SERVICE_PASSING);
	assert_string_equal(made.items[0].key, "n1/n1:w:80");
	assert_string_equal(made.items[0].value,
		"{\"Address\":\"192.0.2.1\",\"Status\":\"passing\",\"Service\":{"
		"\"ID\":\"n1:w:80\",\"Service\":\"web\",\"Tags\":[\"a\",\"b "
		"\\\"\\u003c\\\"\"],\"Address\":\"192.0.2.10\",\"Port\":8000,\"Meta\":{"
		"\"region\":\"eu\",\"swarm-cluster\":\"swarm\"}}}");
	auto_json yyjson_doc *node = parse(
		"{\"Node\":{\"Node\":\"n1\",\"Address\":\"192.0.2.1\",\"ModifyIndex\":7},"
		"\"Services\":{"
		"\"n1:w:80\":{\"ID\":\"n1:w:80\",\"Service\":\"web\",\"Tags\":[\"b "
		"\\\"<\\\"\",\"a\"],"
		"\"Address\":\"192.0.2.10\",\"Port\":8000,"
		"\"Meta\":{\"swarm-cluster\":\"swarm\",\"region\":\"eu\"},\"Weights\":{}},"
		"\"db\":{\"ID\":\"db\",\"Service\":\"db\",\"Meta\":null},"
		"\"x\":{\"ID\":\"x\",\"Service\":\"x\",\"Meta\":{\"swarm-cluster\":\"b\"}}}}");
	auto_json yyjson_doc *checks =
		parse("[{\"CheckID\":\"swarm:n1:w:80\",\"Status\":\"passing\"},"
		      "{\"CheckID\":\"other\",\"Status\":\"critical\"}]");

	assert_true(catalog_parse_node(yyjson_doc_get_root(node), yyjson_doc_get_root(checks),
		"swarm", &read, &others, &index, NULL));
	assert_true(kv_entries_equal(&made, &read));
	assert_int_equal(index, 0);
	auto_free char *joined = strv_join(&others, " ");

	assert_string_equal(joined, "n1/db n1/x");
}

static void test_nodes(void **state maybe_unused)
{
	auto_json yyjson_doc *doc =
		parse("[{\"Node\":\"server\",\"Meta\":null},{\"Node\":\"n1\",\"Meta\":{"
		      "\"swarm-cluster\":\"swarm\"}},{\"Node\":\"n2\",\"Meta\":{"
		      "\"swarm-cluster\":\"b\"}}]");
	auto_strv struct strv ours = STRV_INIT, others = STRV_INIT;

	assert_true(catalog_parse_nodes(yyjson_doc_get_root(doc), "swarm", &ours, &others, NULL));
	auto_free char *a = strv_join(&ours, " "), *b = strv_join(&others, " ");

	assert_string_equal(a, "n1");
	assert_string_equal(b, "server n2");
}

static void test_changes(void **state maybe_unused)
{
	auto_kv_entries struct kv_entries made = KV_ENTRIES_INIT, before = KV_ENTRIES_INIT;

	add(&made, SERVICE_UNCHECKED);
	add(&before, SERVICE_CRITICAL);
	const struct book_change changes[] = {
		{ made.items[0].key, made.items[0].value, before.items[0].value },
		{ made.items[0].key, NULL, made.items[0].value },
	};
	auto_free char *text = catalog_format_changes("lock", "s", "swarm", changes, 2);
	auto_json yyjson_doc *doc = parse(text);
	yyjson_val *all = yyjson_doc_get_root(doc);

	static const struct {
		const char *kind, *verb;
	} expected[] = {
		{ "KV", "check-session" },
		{ "Node", "set" },
		{ "Service", "set" },
		{ "Check", "delete" },
		{ "Service", "delete" },
	};

	assert_int_equal(yyjson_arr_size(all), ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(
			json_get_str(
				json_get_obj(yyjson_arr_get(all, i), expected[i].kind), "Verb", ""),
			expected[i].verb);
}

static void test_refusals(void **state maybe_unused)
{
	auto_json yyjson_doc *lock = parse("{\"Results\":null,\"Errors\":[{\"OpIndex\":0}]}");
	auto_json yyjson_doc *other = parse("{\"Results\":null,\"Errors\":[{\"OpIndex\":2}]}");

	assert_true(catalog_lost_lock(yyjson_doc_get_root(lock)));
	assert_false(catalog_lost_lock(yyjson_doc_get_root(other)));
	assert_false(catalog_lost_lock(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_read_is_what_was_written),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests_name("register-catalog", tests, NULL, NULL);
}
