/* GET /images/json: filters and the merged list. */
#include "unit.h"

#include "api/images_merge.h"
#include "base/intern.h"
#include "base/mem.h"
#include "manager/fanout.h"

static struct fixture fx;
static struct engine *node0, *node1;

static int set_up(void **state)
{
	(void)state;
	fixture_create(&fx);
	node0 = fixture_validated(&fx, "node-0", "ID0");
	node1 = fixture_validated(&fx, "node-1", "ID1");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_destroy(&fx);
	return 0;
}

/* A list as a whole; `told` may be NULL. */
static bool write_images(struct strbuf *to, const struct query *query, struct api_version client,
	const struct fanout *told, struct error *err)
{
	struct object_list *list =
		object_list_create(&images_merge_kind, fx.cluster, query, client, err);

	if (!list)
		return false;
	if (told)
		images_merge_tell(list, told);
	while (object_list_more(list, to)) {
	}
	object_list_destroy(list);
	return true;
}

/* The ids of the list, or the error. */
static char *list_ids(const char *filters, bool all)
{
	auto_query struct query query = QUERY_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	query_set(&query, "filters", filters);
	if (all)
		query_set(&query, "all", "1");
	if (!write_images(&text, &query, API_VERSION_MAX, NULL, &err))
		return xstrdup(error_text(&err));
	auto_json yyjson_doc *doc = json_parse(text.buf, text.len, NULL);

	return join_members(yyjson_doc_get_root(doc), "Id");
}

struct filter_case {
	const char *filters, *ids;
};

static void check_cases(const struct filter_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		auto_free char *ids = list_ids(cases[i].filters, false);

		assert_row(cases[i].filters, ids, cases[i].ids);
	}
}

/* C-42 to C-44 */
static void test_label_and_reference(void **state)
{
	static const struct filter_case cases[] = {
		{ "{\"label\":[\"com.example.project=bar\"]}", "b" },
		{ "{\"label\":[\"com.example.project\"]}", "b c" },
		{ "{\"label\":[\"com.example.project\",\"tier=1\"]}", "c" },
		{ "{\"reference\":[\"example:2\"]}", "a" },
		{ "{\"reference\":[\"example\"]}", "a b" },
		{ "{\"reference\":[\"docker.io/library/example\"]}", "" },
		{ "{\"label!\":[\"tier\"]}", "a b" },
		{ "{\"label\":[\"com.example.project\"],\"label!\":[\"tier=1\"]}", "b" },
		{ "{\"reference\":[\"ex*\"]}", "a b" },
		{ "{\"reference\":[\"*:latest\"]}", "a c" },
		{ "{\"reference\":[\"foo\",\"example:1\"]}", "b c" },
		{ "{\"nonsense\":[\"x\"]}", "invalid filter 'nonsense'" },
		{ "{\"node\":[\"node-1\"]}", "c" },
		{ "{\"node\":[\"node\"]}", "" },
	};

	(void)state;
	fixture_image(node0,
		"{\"Id\":\"a\",\"Created\":3,\"RepoTags\":[\"example:latest\",\"example:2\"]}");
	fixture_image(node0, "{\"Id\":\"b\",\"Created\":2,\"RepoTags\":[\"example:1\"],"
			     "\"Labels\":{\"com.example.project\":\"bar\"}}");
	fixture_image(node1,
		"{\"Id\":\"c\",\"Created\":1,\"RepoTags\":[\"docker.io/library/foo:latest\"],"
		"\"Labels\":{\"com.example.project\":\"x\",\"tier\":\"1\"}}");
	check_cases(cases, ARRAY_SIZE(cases));
}

/* C-45 to C-47 */
static void test_times(void **state)
{
	static const struct filter_case cases[] = {
		{ "{\"before\":[\"bbbb\"]}", "cccc dddd" },
		{ "{\"since\":[\"cccc\"]}", "aaaa bbbb" },
		{ "{\"since\":[\"dddd\"],\"before\":[\"aaaa\"]}", "bbbb cccc" },
		{ "{\"before\":[\"y:1\"]}", "cccc dddd" },
		{ "{\"before\":[\"y:1\",\"cccc\"]}", "dddd" },
		{ "{\"before\":[\"y\"]}", "No such image: y:latest" },
		{ "{\"before\":[\"a\"]}", "No such image: a:latest" },
		{ "{\"since\":[\"sha256:c\"]}", "aaaa bbbb" },
		{ "{\"since\":[\"sha256:e\"]}", "No such image: sha256:e" },
		{ "{\"since\":[\"\"]}", "invalid reference format" },
		{ "{\"since\":[\"dddd\",\"bbbb\"]}", "aaaa" },
		{ "{\"until\":[\"1000\"]}", "cccc dddd" },
		{ "{\"until\":[\"1000\",\"975\"]}", "dddd" },
		{ "{\"until\":[\"1970-01-01T00:16:20Z\"]}", "dddd" },
		{ "{\"until\":[\"1h\"]}", "aaaa bbbb cccc dddd" },
		{ "{\"until\":[\"soon\"]}", "invalid value \"soon\" for until: use Unix seconds, a "
					    "date (RFC 3339) or a "
					    "duration" },
	};

	(void)state;
	fixture_image(node0, "{\"Id\":\"aaaa\",\"Created\":1010,\"RepoTags\":[\"x:1\"]}");
	fixture_image(node1, "{\"Id\":\"bbbb\",\"Created\":1000,\"RepoTags\":[\"y:1\"]}");
	fixture_image(node0, "{\"Id\":\"cccc\",\"Created\":980,\"RepoTags\":[\"z:1\"]}");
	fixture_image(node1, "{\"Id\":\"dddd\",\"Created\":970,\"RepoTags\":[\"z:2\"]}");
	check_cases(cases, ARRAY_SIZE(cases));
}

/* C-48, C-49; engines since API 1.43 leave the arrays empty, older ones write <none>. */
static void test_dangling(void **state)
{
	static const struct {
		const char *filters;
		bool all;
		const char *ids;
	} cases[] = {
		{ "{\"dangling\":[\"true\"]}", false, "b d e" },
		{ "{\"dangling\":[\"true\"]}", true, "b d e" },
		{ "{\"dangling\":{\"true\":true}}", true, "b d e" },
		{ "{\"dangling\":[\"false\"]}", false, "a c" },
		{ "{\"dangling\":[\"false\"]}", true, "a c" },
		{ "{\"dangling\":[\"maybe\"]}", false, "invalid filter 'dangling=[maybe]'" },
		{ "{}", false, "a b c d e" },
		{ "{}", true, "a b c d e f" },
	};

	(void)state;
	fixture_image(node0, "{\"Id\":\"a\",\"Created\":5,\"RepoTags\":[\"x:1\",\"x:2\"]}");
	fixture_image(node0, "{\"Id\":\"b\",\"Created\":4,\"RepoTags\":null,\"RepoDigests\":[]}");
	fixture_image(node0, "{\"Id\":\"c\",\"Created\":3,\"RepoTags\":[\"y:1\"],"
			     "\"ParentId\":\"f\"}");
	fixture_image(node0, "{\"Id\":\"f\",\"Created\":0}"); /* a step of a build */
	fixture_image(node0, "{\"Id\":\"d\",\"Created\":2,\"RepoTags\":[\"<none>:<none>\"],"
			     "\"RepoDigests\":[\"<none>@<none>\"]}");
	fixture_image(node0, "{\"Id\":\"e\",\"Created\":1,\"RepoTags\":[\"<none>:<none>\"],"
			     "\"RepoDigests\":[\"z@sha256:1\"]}"); /* pulled by digest */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *ids = list_ids(cases[i].filters, cases[i].all);

		assert_row(cases[i].filters, ids, cases[i].ids);
	}
}

/* What a client of that version gets, all images. */
static char *list_text(const char *filters, int minor)
{
	auto_query struct query query = QUERY_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	query_set(&query, "filters", filters);
	query_set(&query, "all", "1");
	assert_true(write_images(&text, &query, (struct api_version){ 1, minor }, NULL, NULL));
	return strbuf_steal(&text);
}

static void test_merge(void **state)
{
	auto_free char *text = NULL, *narrow = NULL;

	(void)state;
	assert_row("no images", (text = list_text("", 52)), "[]\n");
	free(steal(text));
	fixture_image(node1,
		"{\"Id\":\"sha256:a\",\"Created\":7,\"RepoTags\":[\"x:2\",\"x:1\"],\"Size\":5,"
		"\"RepoDigests\":null,\"Containers\":-1,\"New\":{\"k\":[1]}}");
	fixture_image(node0,
		"{\"Id\":\"sha256:a\",\"Created\":7,\"RepoTags\":[\"x:1\"],\"Size\":5,"
		"\"RepoDigests\":[\"x@sha256:1\"],\"Containers\":-1,\"New\":{\"k\":[0]}}");
	text = list_text("", 47);
	assert_row("united", text,
		"[{\"Id\":\"sha256:a\",\"Created\":7,\"RepoTags\":[\"x:1\",\"x:2\"],\"Size\":5,"
		"\"RepoDigests\":[\"x@sha256:1\"],\"Containers\":-1,\"New\":{\"k\":[0]}}]\n");
	/* only the names that are meant are shown */
	narrow = list_text("{\"reference\":[\"x:2\"]}", 47);
	assert_row("narrow", narrow,
		"[{\"Id\":\"sha256:a\",\"Created\":7,\"RepoTags\":[\"x:2\"],\"Size\":5,"
		"\"RepoDigests\":[],\"Containers\":-1,\"New\":{\"k\":[1]}}]\n");
}

/* The id of an index is the same on all processors; when it was made is told of the image that is
 * for the engine's own. */
static void test_equal_ids_made_at_different_times(void **state)
{
	(void)state;
	fixture_image(node0, "{\"Id\":\"a\",\"Created\":5,\"RepoTags\":[\"x:1\"]}");
	fixture_image(node0, "{\"Id\":\"b\",\"Created\":7,\"RepoTags\":[\"y:1\"]}");
	fixture_image(node1, "{\"Id\":\"a\",\"Created\":9,\"RepoTags\":[\"x:1\"]}");
	fixture_image(node1, "{\"Id\":\"c\",\"Created\":6,\"RepoTags\":[\"z:1\"]}");
	auto_free char *ids = list_ids("", false);

	assert_row("once, by the first node's time", ids, "b c a");
}

static void add_user(struct engine *e, const char *id, const char *image_id)
{
	fixture_container(e, id, "", id)->image_id = intern(image_id);
}

static void test_shape_by_version(void **state)
{
	static const struct {
		int minor;
		const char *text;
	} cases[] = {
		{ 42, "[{\"Id\":\"sha256:a\",\"Created\":7,\"Size\":5,"
		      "\"RepoTags\":[\"<none>:<none>\"],\"RepoDigests\":[\"<none>@<none>\"],"
		      "\"VirtualSize\":5,\"Containers\":-1}]\n" },
		{ 43, "[{\"Id\":\"sha256:a\",\"Created\":7,\"Size\":5,\"RepoTags\":[],"
		      "\"RepoDigests\":[],\"VirtualSize\":5,\"Containers\":-1}]\n" },
		{ 44, "[{\"Id\":\"sha256:a\",\"Created\":7,\"Size\":5,\"RepoTags\":[],"
		      "\"RepoDigests\":[],\"Containers\":-1}]\n" },
		{ 48, "[{\"Id\":\"sha256:a\",\"Created\":7,\"Size\":5,\"Descriptor\":{},"
		      "\"RepoTags\":[],\"RepoDigests\":[],\"Containers\":-1}]\n" },
		{ 51, "[{\"Id\":\"sha256:a\",\"Created\":7,\"Size\":5,\"Descriptor\":{},"
		      "\"RepoTags\":[],\"RepoDigests\":[],\"Containers\":2}]\n" },
	};

	(void)state;
	fixture_image(node0, "{\"Id\":\"sha256:a\",\"Created\":7,\"Size\":5,\"Descriptor\":{}}");
	add_user(node0, "1111", "sha256:a");
	add_user(node1, "2222", "sha256:a");
	add_user(node1, "3333", "sha256:b");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = list_text("", cases[i].minor);

		assert_row("shape", text, cases[i].text);
	}
}

/* What both kinds of stores have is one image, with its names and users of both; an image of
 * another moment, or of one that says nothing, is not. */
static void test_both_stores(void **state)
{
	(void)state;
	node0->containerd_store = true;
	fixture_image(
		node0, "{\"Id\":\"sha256:c0\",\"Created\":1700000000,\"RepoTags\":[\"x:1\"]}");
	fixture_image(node0, "{\"Id\":\"sha256:n0\",\"Created\":1,\"RepoTags\":[\"nix:1\"]}");
	fixture_image(node1,
		"{\"Id\":\"sha256:a1\",\"Created\":1700000000,\"RepoTags\":[\"x:2\",\"x:1\"]}");
	fixture_image(node1, "{\"Id\":\"sha256:n1\",\"Created\":1,\"RepoTags\":[\"nix:1\"]}");
	fixture_image(
		node1, "{\"Id\":\"sha256:b1\",\"Created\":1700000001,\"RepoTags\":[\"x:3\"]}");
	add_user(node0, "1111", "sha256:c0");
	add_user(node1, "2222", "sha256:a1");
	add_user(node1, "3333", "sha256:b1");
	auto_free char *text = list_text("", 51);

	assert_row("both stores", text,
		"[{\"Id\":\"sha256:b1\",\"Created\":1700000001,\"RepoTags\":[\"x:3\"],"
		"\"RepoDigests\":[],\"Containers\":1},"
		"{\"Id\":\"sha256:c0\",\"Created\":1700000000,\"RepoTags\":[\"x:1\",\"x:2\"],"
		"\"RepoDigests\":[],\"Containers\":2},"
		"{\"Id\":\"sha256:n0\",\"Created\":1,\"RepoTags\":[\"nix:1\"],"
		"\"RepoDigests\":[],\"Containers\":0},"
		"{\"Id\":\"sha256:n1\",\"Created\":1,\"RepoTags\":[\"nix:1\"],"
		"\"RepoDigests\":[],\"Containers\":0}]\n");
}

/* What engines told just now counts, in their order; what there is and its names memory knows. */
static void test_told(void **state)
{
	static const char *const answers[] = {
		"{\"message\":\"not a list\"}",
		"[7,{},{\"Id\":\"sha256:a\",\"SharedSize\":1,\"RepoTags\":[\"old:1\"]},"
		"{\"Id\":\"sha256:gone\"},{\"Id\":\"sha256:b\",\"SharedSize\":4}]",
		"[{\"Id\":\"sha256:b\",\"SharedSize\":2,\"Manifests\":[{\"ID\":\"m\"}]},"
		"{\"Id\":\"sha256:a\",\"SharedSize\":3}]",
		NULL, /* failed */
	};
	struct fanout_item items[ARRAY_SIZE(answers)] = { 0 };
	struct fanout told = { .items = items, .count = ARRAY_SIZE(answers) };
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_query struct query query = QUERY_INIT;

	(void)state;
	fixture_image(node0, "{\"Id\":\"sha256:a\",\"Created\":7,\"RepoTags\":[\"x:1\"]}");
	fixture_image(node1, "{\"Id\":\"sha256:a\",\"Created\":7,\"RepoTags\":[\"x:2\"]}");
	fixture_image(node1, "{\"Id\":\"sha256:b\",\"Created\":6,\"SharedSize\":-1}");
	fixture_image(node1, "{\"Id\":\"sha256:c\",\"Created\":5,\"SharedSize\":-1}");
	for (size_t i = 0; i < told.count; i++)
		items[i].call.json =
			answers[i] ? json_parse(answers[i], strlen(answers[i]), NULL) : NULL;
	query_set(&query, "all", "1");
	assert_true(write_images(&text, &query, (struct api_version){ 1, 47 }, &told, NULL));
	for (size_t i = 0; i < told.count; i++)
		yyjson_doc_free(items[i].call.json);
	assert_row("told", text.buf,
		"[{\"Id\":\"sha256:a\",\"SharedSize\":1,\"RepoTags\":[\"x:1\",\"x:2\"],"
		"\"RepoDigests\":[],\"Containers\":-1},"
		"{\"Id\":\"sha256:b\",\"SharedSize\":2,\"Manifests\":[{\"ID\":\"m\"}],"
		"\"RepoTags\":[],\"RepoDigests\":[],\"Containers\":-1},"
		"{\"Id\":\"sha256:c\",\"Created\":5,\"SharedSize\":-1,\"RepoTags\":[],"
		"\"RepoDigests\":[],\"Containers\":-1}]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_label_and_reference, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dangling, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_merge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_equal_ids_made_at_different_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shape_by_version, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_both_stores, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
