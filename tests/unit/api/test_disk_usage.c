/* GET /system/df: the sum over the nodes, in both shapes of the answer. */
#include "unit.h"

#include <string.h>

#include "api/disk_usage.h"
#include "base/json.h"

static const struct {
	const char *name, *a, *b, *sum;
} sums[] = {
	{ "numbers and lists", "{\"LayersSize\":5,\"Images\":[1]}",
		"{\"LayersSize\":7,\"Images\":[2,3]}", "{\"LayersSize\":12,\"Images\":[1,2,3]}" },
	{ "null is nothing", "{\"Images\":null,\"Volumes\":[1]}",
		"{\"Images\":[2],\"Volumes\":null}", "{\"Images\":[2],\"Volumes\":[1]}" },
	{ "objects member by member", "{\"ImageUsage\":{\"TotalCount\":1,\"Items\":[1]}}",
		"{\"ImageUsage\":{\"TotalCount\":2,\"Items\":[2],\"TotalSize\":9}}",
		"{\"ImageUsage\":{\"TotalCount\":3,\"Items\":[1,2],\"TotalSize\":9}}" },
	{ "what only one node says", "{}", "{\"BuilderSize\":3,\"New\":\"x\"}",
		"{\"BuilderSize\":3,\"New\":\"x\"}" },
	{ "other kinds: the first", "{\"A\":1,\"B\":[1]}", "{\"A\":\"x\",\"B\":{}}",
		"{\"A\":1,\"B\":[1]}" },
	{ "no overflow", "{\"A\":9223372036854775807}", "{\"A\":1}",
		"{\"A\":9223372036854775807}" },
};

static yyjson_mut_val *read_into(yyjson_mut_doc *doc, const char *text)
{
	auto_json yyjson_doc *parsed = json_parse(text, strlen(text), NULL);

	assert_non_null(parsed);
	return yyjson_val_mut_copy(doc, yyjson_doc_get_root(parsed));
}

static void test_sums(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *sum = read_into(doc, sums[i].a);
		auto_strbuf struct strbuf text = STRBUF_INIT;

		disk_usage_add(doc, sum, read_into(doc, sums[i].b));
		json_mut_write(&text, sum);
		assert_row(sums[i].name, text.buf, sums[i].sum);
	}
}

static void test_names(void **state)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	auto_strbuf struct strbuf text = STRBUF_INIT;
	yyjson_mut_val *answer = read_into(doc,
		"{\"Containers\":[{\"Names\":[\"/web\",\"podman\"]}],"
		"\"Volumes\":[{\"Name\":\"v\",\"Driver\":\"local\"},"
		"{\"Name\":\"s\",\"Driver\":\"nfs\"}],"
		"\"ContainerUsage\":{\"Items\":[{\"Names\":null},{\"Names\":[\"/db\"]}]},"
		"\"VolumeUsage\":{\"Items\":[{\"Name\":\"w\",\"Driver\":\"local\"}]}}");

	(void)state;
	disk_usage_name_node(doc, answer, "node-1");
	json_mut_write(&text, answer);
	assert_string_equal(text.buf,
		"{\"Containers\":[{\"Names\":[\"/node-1/web\",\"/node-1/podman\"]}],"
		"\"Volumes\":[{\"Name\":\"node-1/v\",\"Driver\":\"local\"},"
		"{\"Name\":\"s\",\"Driver\":\"nfs\"}],"
		"\"ContainerUsage\":{\"Items\":[{\"Names\":null},{\"Names\":[\"/node-1/db\"]}]},"
		"\"VolumeUsage\":{\"Items\":[{\"Name\":\"node-1/w\",\"Driver\":\"local\"}]}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
