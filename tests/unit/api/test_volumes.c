/* Volumes of several engines: which one a name means, and the list. */
#include "list.h"
#include "unit.h"

#include "api/volumes.h"
#include "base/intern.h"
#include "cluster/find_volume.h"

static struct fixture fx;
static struct engine *node0, *node1;

static int set_up(void **state)
{
	static const char *const both[] = {
		"{\"Name\":\"t1\",\"Driver\":\"local\",\"Labels\":null}",
		"{\"Name\":\"t4\",\"Driver\":\"flocker\"}",
		"{\"Name\":\"demo_data\",\"Driver\":\"local\","
		"\"Labels\":{\"com.docker.compose.volume\":\"data\"}}",
	};

	(void)state;
	fixture_create(&fx);
	node0 = fixture_validated(&fx, "node-0", "ID0");
	node1 = fixture_validated(&fx, "node-1", "ID1");
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		fixture_volume(node0, both[i]);
		fixture_volume(node1, both[i]);
	}
	fixture_volume(node1, "{\"Name\":\"t2\",\"Driver\":\"local\",\"Labels\":{\"a\":\"b\"}}");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_destroy(&fx);
	return 0;
}

/* What several nodes have is one to whoever asks by its name. */
static const struct {
	const char *what, *node; /* NULL: not found */
	const char *error;
} lookups[] = {
	{ "t1", "node-0" },
	{ "node-0/t1", "node-0", NULL },
	{ "ID1/t1", "node-1", NULL },
	{ "t2", "node-1", NULL },
	{ "node-0/t2", NULL, "get node-0/t2: no such volume" },
	{ "t4", "node-0", NULL },
	{ "node-1/t4", "node-1", NULL },
	{ "demo_data", "node-0", NULL },
	{ "t", NULL, "get t: no such volume" },
};

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lookups); i++) {
		auto_error struct error err = ERROR_INIT;
		struct volume_found found;
		bool there = volume_find(fx.cluster, lookups[i].what, &found, &err);

		assert_row(lookups[i].what, there ? found.engine->name : "none",
			lookups[i].node ? lookups[i].node : "none");
		if (!there)
			assert_row(lookups[i].what, error_text(&err), lookups[i].error);
	}
}

static void mount(struct engine *e, const char *volume)
{
	struct container *c = fixture_container(e, "c1", "", "/web");

	engine_before_change(e, c);
	c->mounts = xcalloc(1, sizeof(*c->mounts));
	c->mounts_count = 1;
	c->mounts[0] = (struct container_mount){
		.type = intern("volume"),
		.name = intern(volume),
		.destination = intern("/data"),
		.driver = intern("local"),
	};
	engine_after_change(e, c);
}

#define ALL "demo_data node-0/t1 t4 node-1/t1 node-1/t2"

static const struct {
	const char *filters, *names;
} lists[] = {
	{ NULL, ALL },
	{ "{\"name\":[\"t1\",\"t2\"]}", "node-0/t1 node-1/t1 node-1/t2" },
	{ "{\"label\":[\"a=b\"]}", "node-1/t2" },
	{ "{\"driver\":[\"flocker\"]}", "t4" },
	{ "{\"node\":[\"node-1\"]}", "demo_data t4 node-1/t1 node-1/t2" },
	{ "{\"node\":[\"node-0\",\"node-1\"]}", ALL },
	{ "{\"dangling\":[\"false\"]}", "node-1/t1" },
	{ "{\"dangling\":[\"true\"],\"name\":[\"t1\"]}", "node-0/t1" },
};

static void test_list(void **state)
{
	(void)state;
	mount(node1, "t1");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		auto_strbuf struct strbuf text = STRBUF_INIT;
		auto_json yyjson_doc *doc = NULL;

		assert_true(
			write_list(&volumes_list_kind, fx.cluster, lists[i].filters, &text, NULL));
		doc = json_parse(text.buf, text.len, NULL);
		assert_non_null(doc);
		auto_free char *names =
			join_members(json_get_arr(yyjson_doc_get_root(doc), "Volumes"), "Name");

		assert_row(lists[i].filters ? lists[i].filters : "none", names, lists[i].names);
	}
}

static void test_list_of_nothing(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	assert_true(
		write_list(&volumes_list_kind, fx.cluster, "{\"name\":[\"none\"]}", &text, NULL));
	assert_string_equal(text.buf, "{\"Volumes\":[],\"Warnings\":null}\n");
}

static void test_list_refuses(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	assert_false(
		write_list(&volumes_list_kind, fx.cluster, "{\"colour\":[\"red\"]}", &text, &err));
	assert_string_equal(error_text(&err), "invalid filter 'colour'");
}

#define with_engines(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_engines(test_find),
		with_engines(test_list),
		with_engines(test_list_of_nothing),
		with_engines(test_list_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
