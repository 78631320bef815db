/* GET /system/df: the sum over the nodes, in both shapes of the answer. */
#include "unit.h"

#include <string.h>

#include "api/disk_usage_part.h"
#include "api/disk_usage_sum.h"
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

/* One node's answer, read as it comes. */
static bool read_part(struct disk_usage_part *p, const char *text, struct error *err)
{
	struct json_pieces pieces;
	struct json_piece piece;
	enum json_pieces_turn turn;
	size_t len = strlen(text);
	bool taken = true;

	json_pieces_init(&pieces, disk_usage_opened, 0);
	while (taken && (turn = json_pieces_next(&pieces, &text, &len, true, &piece, err)) ==
				JSON_PIECES_PIECE)
		taken = disk_usage_part_take(p, &piece, err);
	json_pieces_finish(&pieces);
	return taken;
}

static char *written(struct disk_usage_part *parts, size_t count)
{
	auto_evbuffer struct evbuffer *to = evbuffer_new();
	size_t len;
	char *text;

	disk_usage_write(to, parts, count);
	for (size_t i = 0; i < count; i++)
		disk_usage_part_finish(&parts[i]);
	len = evbuffer_get_length(to);
	text = xcalloc(len + 1, 1);
	evbuffer_remove(to, text, len);
	return text;
}

/* The whole way, which the rows of disk_usage_add are to go, too. */
static void test_sums_of_nodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		struct request rq = { .version = { 1, 52 } };
		struct disk_usage_part parts[2];

		for (int k = 0; k < 2; k++) {
			disk_usage_part_init(
				&parts[k], &rq, "node-1", (struct api_version){ 1, 52 });
			assert_true(read_part(&parts[k], k ? sums[i].b : sums[i].a, NULL));
		}
		auto_free char *text = written(parts, 2);

		assert_row(sums[i].name, text, sums[i].sum);
	}
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct request rq = { .version = { 1, names[i].client } };
		struct disk_usage_part p;

		disk_usage_part_init(&p, &rq, "node-1", rq.version);
		assert_true(read_part(&p, names[i].answer, NULL));
		auto_free char *text = written(&p, 1);

		assert_row(names[i].answer, text, names[i].named);
	}
}

/* Of a stranger's making. */
static void test_what_is_too_much(void **state)
{
	static const struct {
		const char *first, *unit, *last;
		int count;
	} cases[] = {
		{ "{\"a\":1", ",\"b\":2", "}", 80000 },
		{ "{\"New\":[0", ",1", "]}", 2000 },
		{ "{\"ImageUsage\":{\"a\":1", ",\"b\":2", "}}", 80000 },
		{ "{\"Images\":[{}", ",{}", "]}", 300000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strbuf struct strbuf text = STRBUF_INIT;
		auto_error struct error err = ERROR_INIT;
		struct request rq = { .version = { 1, 52 } };
		struct disk_usage_part p;

		strbuf_add_str(&text, cases[i].first);
		for (int k = 0; k < cases[i].count; k++)
			strbuf_add_str(&text, cases[i].unit);
		strbuf_add_str(&text, cases[i].last);
		disk_usage_part_init(&p, &rq, "node-1", rq.version);
		assert_false(read_part(&p, text.buf, &err));
		assert_int_equal(err.code, ERROR_TOO_LARGE);
		disk_usage_part_finish(&p);
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
		struct request rq = { .version = { 1, shapes[i].client } };
		struct disk_usage_part p;

		assert_true(query_parse(&rq.query, shapes[i].query, strlen(shapes[i].query), NULL));
		disk_usage_part_init(
			&p, &rq, "node-1", (struct api_version){ 1, shapes[i].engine });
		assert_true(read_part(&p, shapes[i].answer, NULL));
		auto_free char *text = written(&p, 1);

		query_finish(&rq.query);
		assert_row(shapes[i].name, text, shapes[i].fitted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_sums_of_nodes),
		cmocka_unit_test(test_what_is_too_much),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
