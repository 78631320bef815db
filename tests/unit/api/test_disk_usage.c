/* GET /system/df: the sum over the nodes, in both shapes of the answer. */
#include "unit.h"

#include <string.h>

#include "api/disk_usage.h"
#include "api/disk_usage_shape.h"
#include "base/json.h"
#include "base/mem.h"

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
	{ "null, then twice something", "{\"A\":null}", "{\"A\":1,\"B\":2,\"A\":3,\"B\":null}",
		"{\"A\":4,\"B\":2}" },
	{ "null becomes an object", "{\"U\":null,\"Z\":1}", "{\"U\":{\"N\":1,\"L\":[2]},\"Z\":1}",
		"{\"U\":{\"N\":1,\"L\":[2]},\"Z\":2}" },
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

/* Of a stranger's naming: each is looked at a few times, or nobody sees the end of this. */
static void test_very_many_members(void **state)
{
	enum { MEMBERS = 200 * 1000 };
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *sum = yyjson_mut_obj(doc);

	(void)state;
	for (int nodes = 0; nodes < 2; nodes++) {
		yyjson_mut_val *more = yyjson_mut_obj(doc);

		for (int i = 0; i < MEMBERS; i++) {
			auto_free char *name = xasprintf("member-%d", i);

			yyjson_mut_obj_add(
				more, yyjson_mut_strcpy(doc, name), yyjson_mut_sint(doc, i));
		}
		disk_usage_add(doc, sum, more);
	}
	assert_int_equal(yyjson_mut_obj_size(sum), MEMBERS);
	assert_int_equal(yyjson_mut_get_sint(yyjson_mut_obj_get(sum, "member-77777")), 2 * 77777);
}

static const struct {
	int client; /* 1.N */
	const char *answer, *named;
} names[] = {
	{ 51, "{\"Containers\":[{\"Names\":[\"/web\",\"podman\"]}]}",
		"{\"Containers\":[{\"Names\":[\"/node-1/web\",\"/node-1/podman\"]}]}" },
	{ 52, "{\"Containers\":[{\"Names\":[\"/web\"]}]}",
		"{\"Containers\":[{\"Names\":[\"/node-1/web\",\"/web\"]}]}" },
	{ 52, "{\"ContainerUsage\":{\"Items\":[{\"Names\":null},{\"Names\":[\"/db\",1]}]}}",
		"{\"ContainerUsage\":{\"Items\":[{\"Names\":null},"
		"{\"Names\":[\"/node-1/db\",\"/db\"]}]}}" },
	{ 52,
		"{\"Volumes\":[{\"Name\":\"v\",\"Driver\":\"local\"},{\"Name\":\"s\",\"Driver\":"
		"\"nfs\"}]}",
		"{\"Volumes\":[{\"Name\":\"node-1/v\",\"Driver\":\"local\"},"
		"{\"Name\":\"s\",\"Driver\":\"nfs\"}]}" },
	{ 51, "{\"VolumeUsage\":{\"Items\":[{\"Name\":\"w\",\"Driver\":\"local\"}]}}",
		"{\"VolumeUsage\":{\"Items\":[{\"Name\":\"node-1/w\",\"Driver\":\"local\"}]}}" },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		auto_strbuf struct strbuf text = STRBUF_INIT;
		yyjson_mut_val *answer = read_into(doc, names[i].answer);

		disk_usage_name_node(
			doc, answer, "node-1", (struct api_version){ 1, names[i].client });
		json_mut_write(&text, answer);
		assert_row(names[i].answer, text.buf, names[i].named);
	}
}

/* --- shapes --- */

#define OLD_LISTS                                                                                  \
	"\"LayersSize\":100,\"Images\":[{\"Containers\":1,\"Size\":60,\"SharedSize\":20},"         \
	"{\"Containers\":0,\"Size\":50,\"SharedSize\":20}],"                                       \
	"\"Containers\":[{\"State\":\"running\",\"SizeRw\":3},{\"State\":\"exited\",\"SizeRw\":4}" \
	"],"                                                                                       \
	"\"Volumes\":[{\"UsageData\":{\"Size\":7,\"RefCount\":0}},"                                \
	"{\"UsageData\":{\"Size\":-1,\"RefCount\":1}}],"                                           \
	"\"BuildCache\":[{\"Size\":8,\"Shared\":true},{\"Size\":9,\"InUse\":true}]"

#define NEW_IMAGES     "{\"ActiveCount\":1,\"TotalCount\":2,\"Reclaimable\":60,\"TotalSize\":100"
#define NEW_CONTAINERS "{\"ActiveCount\":1,\"TotalCount\":2,\"Reclaimable\":4,\"TotalSize\":7"
#define NEW_VOLUMES    "{\"ActiveCount\":1,\"TotalCount\":2,\"Reclaimable\":7,\"TotalSize\":7"
#define NEW_CACHE      "{\"ActiveCount\":1,\"TotalCount\":2,\"TotalSize\":9"

static const struct {
	const char *name;
	int client, engine; /* 1.N */
	const char *query, *answer, *fitted;
} shapes[] = {
	{ "as it is", 51, 51, "", "{" OLD_LISTS "}", "{" OLD_LISTS "}" },
	{ "the engine has both", 52, 52, "", "{\"Images\":[],\"ImageUsage\":{}}",
		"{\"Images\":[],\"ImageUsage\":{}}" },
	{ "both shapes", 52, 51, "", "{" OLD_LISTS "}",
		"{" OLD_LISTS ",\"ImageUsage\":" NEW_IMAGES "},\"ContainerUsage\":" NEW_CONTAINERS
		"},\"VolumeUsage\":" NEW_VOLUMES "},\"BuildCacheUsage\":" NEW_CACHE "}}" },
	{ "items", 52, 41, "verbose=1",
		"{\"LayersSize\":5,\"Images\":[{\"Id\":\"x\"}],\"Volumes\":[]}",
		"{\"ImageUsage\":{\"TotalCount\":1,\"Reclaimable\":5,\"TotalSize\":5,\"Items\":"
		"[{\"Id\":\"x\"}]},\"VolumeUsage\":{}}" },
	{ "one kind of an engine that knows no kinds", 44, 41, "type=volume&type=container",
		"{\"LayersSize\":5,\"Images\":[1],\"Containers\":[2],\"Volumes\":[3],"
		"\"BuildCache\":[]}",
		"{\"Containers\":[2],\"Volumes\":[3]}" },
	{ "nothing that makes sense", 52, 41, "", "{\"Images\":5,\"Volumes\":[1,null]}",
		"{\"Images\":5,\"Volumes\":[1,null],\"ImageUsage\":{},\"VolumeUsage\":{"
		"\"TotalCount\":2}}" },
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *answer = read_into(doc, shapes[i].answer);
		auto_strbuf struct strbuf text = STRBUF_INIT;
		struct request rq = { .version = { 1, shapes[i].client } };

		assert_true(query_parse(&rq.query, shapes[i].query, strlen(shapes[i].query), NULL));
		disk_usage_fit(doc, answer, &rq, (struct api_version){ 1, shapes[i].engine });
		json_mut_write(&text, answer);
		query_finish(&rq.query);
		assert_row(shapes[i].name, text.buf, shapes[i].fitted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_very_many_members),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
