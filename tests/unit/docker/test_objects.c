#include "docker_test.h"

#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/util.h"
#include "docker/objects.h"

static void test_image(void **state maybe_unused)
{
	auto_json yyjson_doc *doc = parse_json(
		"{\"Id\":\"sha256:ab\",\"RepoTags\":[\"<none>:<none>\",\"a:1\"],"
		"\"RepoDigests\":[\"<none>@<none>\"],\"Created\":1700000000,\"Size\":5000000000,"
		"\"Labels\":{\"k\":\"v\"},\"Future\":[1]}");
	size_t before = intern_count();
	struct image i;

	assert_true(image_from_json(&i, yyjson_doc_get_root(doc), NULL));
	assert_string_equal(i.id, "sha256:ab");
	assert_int_equal(i.tags_count, 1);
	assert_string_equal(i.tags[0], "a:1");
	assert_int_equal(i.digests_count, 0);
	assert_int_equal(i.created_s, 1700000000);
	assert_int_equal(i.size_bytes, 5000000000);
	assert_true(labels_match(&i.labels, "k=v"));
	assert_non_null(strstr(i.entry, "\"Future\":[1]"));
	assert_false(image_is_dangling(&i));
	image_finish(&i);
	assert_int_equal(intern_count(), before);
}

static void test_dangling(void **state maybe_unused)
{
	static const struct {
		const char *json;
		bool dangling;
	} cases[] = {
		{ "{\"Id\":\"a\",\"RepoTags\":[\"<none>:<none>\"]}", true },
		{ "{\"Id\":\"a\",\"RepoTags\":[]}", true },
		{ "{\"Id\":\"a\",\"RepoTags\":null}", true },
		{ "{\"Id\":\"a\"}", true },
		{ "{\"Id\":\"a\",\"RepoTags\":[\"x:1\"]}", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json yyjson_doc *doc = parse_json(cases[i].json);
		struct image image;

		assert_true(image_from_json(&image, yyjson_doc_get_root(doc), NULL));
		assert_int_equal(image_is_dangling(&image), cases[i].dangling);
		image_finish(&image);
	}
}

static void test_network_and_volume(void **state maybe_unused)
{
	auto_json yyjson_doc *net =
		parse_json("{\"Name\":\"back\",\"Id\":\"9f\",\"Scope\":\"local\",\"Driver\":"
			   "\"bridge\",\"Labels\":{\"a\":\"\"}}");
	auto_json yyjson_doc *vol =
		parse_json("{\"Name\":\"data\",\"Driver\":\"local\",\"Scope\":\"local\",\"Labels\":"
			   "null}");
	size_t before = intern_count();
	struct network n;
	struct volume v;

	assert_true(network_from_json(&n, yyjson_doc_get_root(net), NULL));
	assert_string_equal(n.scope, "local");
	assert_true(labels_match(&n.labels, "a"));
	assert_true(labels_match(&n.labels, "a="));
	assert_true(volume_from_json(&v, yyjson_doc_get_root(vol), NULL));
	assert_string_equal(v.name, "data");
	network_finish(&n);
	volume_finish(&v);
	assert_int_equal(intern_count(), before);
}

/* The label of an instance counts only where it can be an id. */
static void test_logical_ids(void **state maybe_unused)
{
	static const struct {
		const char *labels, *logical;
		bool spreads;
	} cases[] = {
		{ "null", "9f01", false },
		{ "{\"com.docker.swarm.network.ipam\":\"{}\"}", "9f01", true },
		{ "{\"com.docker.swarm.network.ipam\":\"{}\",\"com.docker.swarm.network.id\":"
		  "\"ab02\"}",
			"ab02", true },
		{ "{\"com.docker.swarm.network.id\":\"ab0203\"}", "9f01", false },
		{ "{\"com.docker.swarm.network.id\":\"nope\"}", "9f01", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = xasprintf(
			"{\"Name\":\"n\",\"Id\":\"9f01\",\"Labels\":%s}", cases[i].labels);
		auto_json yyjson_doc *doc = parse_json(text);
		struct network n;

		assert_true(network_from_json(&n, yyjson_doc_get_root(doc), NULL));
		assert_string_equal(n.logical_id, cases[i].logical);
		assert_int_equal(n.spreads, cases[i].spreads);
		assert_null(strstr(n.entry, "com.docker.swarm.network")); /* ours alone */
		network_finish(&n);
	}
}

static void test_refused_shapes(void **state maybe_unused)
{
	static const char *const shapes[] = { "{}", "[]", "null", "{\"Id\":1}", "\"x\"" };

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		auto_json yyjson_doc *doc = parse_json(shapes[i]);
		yyjson_val *root = yyjson_doc_get_root(doc);
		auto_error struct error err = ERROR_INIT;
		struct image image;
		struct network n;
		struct volume v;

		assert_false(image_from_json(&image, root, &err));
		assert_int_equal(err.code, ERROR_PROTOCOL);
		assert_false(network_from_json(&n, root, NULL));
		assert_false(volume_from_json(&v, root, NULL));
	}
}

static void test_labels(void **state maybe_unused)
{
	auto_json yyjson_doc *doc =
		parse_json("{\"a\":\"1\",\"b\":null,\"c\":5,\"a\":\"2\",\"d\":\"x=y\"}");
	struct labels l = { 0 }, copy = { 0 };
	size_t before = intern_count();

	labels_from_json(&l, yyjson_doc_get_root(doc));
	assert_string_equal(labels_get(&l, "a"), "2"); /* the last counts */
	assert_string_equal(labels_get(&l, "b"), "");
	assert_null(labels_get(&l, "c"));
	assert_true(labels_match(&l, "d=x=y"));
	assert_false(labels_match(&l, "d=x"));
	assert_false(labels_match(&l, "c"));
	labels_set(&l, LABEL_NETWORK_IPAM, "{}"); /* shown to nobody */
	assert_false(labels_match(&l, LABEL_NETWORK_IPAM));
	assert_false(labels_match(&l, LABEL_NETWORK_IPAM "={}"));
	labels_set(&l, "d", "z");
	labels_set(&l, "e", "new");
	labels_copy(&copy, &l);
	labels_finish(&l);
	assert_string_equal(labels_get(&copy, "d"), "z");
	assert_string_equal(labels_get(&copy, "e"), "new");
	labels_finish(&copy);
	assert_int_equal(intern_count(), before);
}

static void test_predefined(void **state maybe_unused)
{
	assert_true(network_is_predefined("none"));
	assert_true(network_is_predefined("host"));
	assert_true(network_is_predefined("bridge"));
	assert_false(network_is_predefined("bridge2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_dangling),
		cmocka_unit_test(test_network_and_volume),
		cmocka_unit_test(test_logical_ids),
		cmocka_unit_test(test_refused_shapes),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_predefined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
