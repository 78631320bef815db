/* Networks of several engines seen as one set: look-up, list with its filters, merged inspect. */
#include "list.h"
#include "unit.h"

#include "api/networks.h"
#include "api/networks_merge.h"
#include "base/intern.h"
#include "cluster/find_network.h"

static struct fixture fx;
static struct engine *node0, *node1;

static const char shared[] = "{\"Id\":\"vrxen984ws53xdsrujd7hy4b9\",\"Name\":\"shared\","
			     "\"Driver\":\"overlay\",\"Scope\":\"swarm\",\"New\":[1]}";

static int set_up(void **state)
{
	(void)state;
	fixture_create(&fx);
	node0 = fixture_validated(&fx, "node-0", "ID0");
	node1 = fixture_validated(&fx, "node-1", "ID1");
	fixture_network(node0,
		"{\"Id\":\"aaaaaaaaaaaa0000\",\"Name\":\"bridge\",\"Driver\":\"bridge\","
		"\"Scope\":\"local\"}");
	fixture_network(node1,
		"{\"Id\":\"aaaaaaaaaaab0000\",\"Name\":\"bridge\",\"Driver\":\"bridge\","
		"\"Scope\":\"local\"}");
	fixture_network(node1,
		"{\"Id\":\"bbbbbbbbbbbb0000\",\"Name\":\"back\",\"Driver\":\"bridge\","
		"\"Scope\":\"local\",\"Labels\":{\"tier\":\"db\"}}");
	fixture_network(node1, "{\"Id\":\"cccccccccccc0000\",\"Name\":\"demo_default\","
			       "\"Driver\":\"bridge\",\"Scope\":\"local\","
			       "\"Labels\":{\"com.docker.compose.network\":\"default\"}}");
	fixture_network(node0, shared);
	fixture_network(node1, shared);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_destroy(&fx);
	return 0;
}

static void attach(struct engine *e, const char *id, const char *name, const char *network)
{
	struct container *c = fixture_container(e, id, "", name);

	c->networks = xcalloc(1, sizeof(*c->networks));
	c->networks_count = 1;
	c->networks[0] = (struct container_network){
		.name = intern("n"),
		.network_id = intern(network),
		.endpoint_id = intern("e1"),
		.mac = intern("02:42:ac:11:00:02"),
		.ipv4 = intern("10.0.0.2"),
		.ipv4_len = 24,
		.ipv6 = intern(""),
	};
}

/* --- look-up --- */

static const struct {
	const char *what, *id, *node; /* id "": not found */
	const char *error;
} lookups[] = {
	{ "bbbbbbbbbbbb0000", "bbbbbbbbbbbb0000", "node-1", NULL },
	{ "bbbbbbbbbbbb", "bbbbbbbbbbbb0000", "node-1", NULL },
	{ "bb", "bbbbbbbbbbbb0000", "node-1", NULL },
	{ "back", "bbbbbbbbbbbb0000", "node-1", NULL },
	{ "node-1/back", "bbbbbbbbbbbb0000", "node-1", NULL },
	{ "ID1/back", "bbbbbbbbbbbb0000", "node-1", NULL },
	{ "node-0/back", "", NULL, "network node-0/back not found" },
	{ "demo_default", "cccccccccccc0000", "node-1", NULL },
	{ "node-0/bridge", "aaaaaaaaaaaa0000", "node-0", NULL },
	{ "node-1/bridge", "aaaaaaaaaaab0000", "node-1", NULL },
	{ "bridge", "", NULL,
		"network bridge not found: several nodes have one of that name, say "
		"node-0/bridge" },
	{ "aaaa", "", NULL, "network aaaa is ambiguous (2 matches found based on ID prefix)" },
	{ "vrxen", "vrxen984ws53xdsrujd7hy4b9", "node-0", NULL },
	{ "node-1/shared", "vrxen984ws53xdsrujd7hy4b9", "node-1", NULL },
	{ "zzz", "", NULL, "network zzz not found" },
	{ "", "", NULL, "network  not found" },
};

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lookups); i++) {
		auto_error struct error err = ERROR_INIT;
		struct network_found found;
		bool there = network_find(fx.cluster, lookups[i].what, &found, &err);

		assert_row(lookups[i].what, there ? found.network->id : "", lookups[i].id);
		if (there)
			assert_row(lookups[i].what, found.engine->name, lookups[i].node);
		else
			assert_row(lookups[i].what, error_text(&err), lookups[i].error);
	}
}

static void test_a_swarm_manager_answers_for_an_overlay(void **state)
{
	struct network_found found;

	(void)state;
	node1->swarm_control = true;
	assert_true(network_find(fx.cluster, "shared", &found, NULL));
	assert_ptr_equal(found.engine, node1);
}

/* Workers show an overlay for a while after it is gone. */
static void test_a_swarm_manager_knows_what_is_removed(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct network_found found;

	(void)state;
	node1->swarm_control = true;
	engine_set_networks(node1, NULL, 0);
	assert_false(network_find(fx.cluster, "shared", &found, NULL));
	assert_true(write_list(
		&networks_list_kind, fx.cluster, "{\"name\":[\"shared\"]}", &text, NULL));
	assert_string_equal(text.buf, "[]\n");
}

static void check_list(const char *filters, const char *expected)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	assert_true(write_list(&networks_list_kind, fx.cluster, filters, &text, NULL));
	auto_json yyjson_doc *doc = json_parse(text.buf, text.len, NULL);
	auto_free char *names = join_members(yyjson_doc_get_root(doc), "Name");

	assert_row(filters ? filters : "none", names, expected);
}

/* Hosts that were cloned, or Podman. */
static void test_equal_ids_of_two_nodes_are_two_networks(void **state)
{
	static const char twin[] = "{\"Id\":\"eeeeeeeeeeee0000\",\"Name\":\"twin\","
				   "\"Driver\":\"bridge\",\"Scope\":\"local\"}";
	auto_error struct error err = ERROR_INIT;
	struct network_found found;

	(void)state;
	fixture_network(node0, twin);
	fixture_network(node1, twin);
	assert_false(network_find(fx.cluster, "twin", &found, &err));
	assert_string_equal(error_text(&err),
		"network twin not found: several nodes have one of that name, say node-0/twin");
	assert_true(network_find(fx.cluster, "node-1/twin", &found, NULL));
	assert_ptr_equal(found.engine, node1);
	assert_ptr_equal(network_part_on(node1, &found), found.network);
	assert_null(network_part_on(node0, &found));
	assert_true(network_find(fx.cluster, "eeeeeeeeeeee0000", &found, NULL));
	attach(node1, "c1", "/web", "eeeeeeeeeeee0000");
	check_list("{\"name\":[\"twin\"]}", "node-0/twin node-1/twin");
	check_list("{\"name\":[\"twin\"],\"dangling\":[\"true\"]}", "node-0/twin");
	/* of an overlay every engine has a part */
	assert_true(network_find(fx.cluster, "shared", &found, NULL));
	assert_non_null(network_part_on(node0, &found));
	assert_non_null(network_part_on(node1, &found));
}

/* --- list --- */

#define ALL "node-0/bridge shared node-1/bridge node-1/back demo_default"

static const struct {
	const char *filters, *names;
} lists[] = {
	{ NULL, ALL },
	{ "{}", ALL },
	{ "{\"type\":[\"builtin\"]}", "node-0/bridge node-1/bridge" },
	{ "{\"type\":[\"custom\"]}", "shared node-1/back demo_default" },
	{ "{\"type\":[\"custom\",\"builtin\"]}",
		"node-0/bridge shared node-1/bridge node-1/back demo_default" },
	{ "{\"driver\":[\"overlay\"]}", "shared" },
	{ "{\"driver\":[\"overlay\",\"bridge\"]}", ALL },
	{ "{\"scope\":{\"swarm\":true}}", "shared" },
	{ "{\"label\":[\"tier\"]}", "node-1/back" },
	{ "{\"label\":[\"tier=db\"]}", "node-1/back" },
	{ "{\"label\":[\"tier=web\"]}", "" },
	{ "{\"node\":[\"node-0\"]}", "node-0/bridge shared" },
	{ "{\"node\":[\"node-0\",\"node-1\"]}", "shared" },
	{ "{\"id\":[\"bbbb\"]}", "node-1/back" },
	{ "{\"id\":[\"bbbb\"],\"name\":[\"shared\"]}", "" },
	{ "{\"id\":[\"bbb\"],\"name\":[\"ack\"]}", "node-1/back" },
	{ "{\"name\":[\"node\"]}", "" },
	{ "{\"name\":[\"^node-1/\"]}", "shared node-1/bridge node-1/back demo_default" },
	{ "{\"name\":[\"node-1/\"]}", "shared node-1/bridge node-1/back demo_default" },
	{ "{\"name\":[\"^demo_default$\"]}", "demo_default" },
	{ "{\"name\":[\"a\"],\"type\":[\"custom\"]}", "shared node-1/back demo_default" },
	{ "{\"dangling\":[\"true\"]}", "shared node-1/back" },
	{ "{\"dangling\":[\"false\"]}", "node-0/bridge node-1/bridge demo_default" },
};

static void test_list(void **state)
{
	(void)state;
	attach(node1, "c1", "/web", "cccccccccccc0000");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		check_list(lists[i].filters, lists[i].names);
}

static const struct {
	const char *filters, *error;
} refusals[] = {
	{ "{\"type\":[\"other\"]}", "invalid filter: 'type'='other'" },
	{ "{\"colour\":[\"red\"]}", "invalid filter 'colour'" },
	{ "{\"dangling\":[\"perhaps\"]}", "invalid value for filter 'dangling', must be \"true\" "
					  "(or \"1\"), or \"false\" (or \"0\")" },
};

static void test_list_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		auto_error struct error err = ERROR_INIT;
		auto_strbuf struct strbuf text = STRBUF_INIT;

		assert_false(write_list(
			&networks_list_kind, fx.cluster, refusals[i].filters, &text, &err));
		assert_int_equal(err.code, ERROR_INVALID);
		assert_row(refusals[i].filters, error_text(&err), refusals[i].error);
	}
}

static void test_list_shows_containers_and_what_nobody_knows(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	attach(node1, "c1", "/web", "vrxen984ws53xdsrujd7hy4b9");
	assert_true(write_list(
		&networks_list_kind, fx.cluster, "{\"name\":[\"shared\"]}", &text, NULL));
	assert_string_equal(text.buf,
		"[{\"Name\":\"shared\",\"Id\":\"vrxen984ws53xdsrujd7hy4b9\","
		"\"Driver\":\"overlay\",\"Scope\":\"swarm\",\"New\":[1],\"Containers\":"
		"{\"c1\":{\"Name\":\"web\",\"EndpointID\":\"e1\","
		"\"MacAddress\":\"02:42:ac:11:00:02\",\"IPv4Address\":\"10.0.0.2/24\","
		"\"IPv6Address\":\"\"}}}]\n");
}

/* One bad string of one engine must not cost clients the whole list. */
static void test_list_escapes_ids(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	fixture_network(node0, "{\"Id\":\"a\\\"b\",\"Name\":\"odd\",\"Scope\":\"local\"}");
	assert_true(
		write_list(&networks_list_kind, fx.cluster, "{\"name\":[\"odd\"]}", &text, NULL));
	assert_string_equal(text.buf,
		"[{\"Name\":\"node-0/odd\",\"Id\":\"a\\\"b\",\"Scope\":\"local\","
		"\"Containers\":{}}]\n");
}

/* --- one that spreads --- */

#define SPREADS "\"com.docker.swarm.network.ipam\":\"null\""

static void spread(void)
{
	fixture_network(node0,
		"{\"Id\":\"dddddddddddd0001\",\"Name\":\"front\",\"Scope\":\"local\","
		"\"Labels\":{" SPREADS ",\"com.docker.swarm.network.id\":\"dddddddddddd0000\"}}");
	fixture_network(node1,
		"{\"Id\":\"dddddddddddd0000\",\"Name\":\"front\",\"Scope\":\"local\","
		"\"Labels\":{" SPREADS "}}");
}

static void test_instances_are_one_network(void **state)
{
	static const char *const words[] = { "front", "node-0/front", "node-1/front",
		"dddddddddddd0000", "dddddddddddd0001", "dd" };

	(void)state;
	spread();
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct network_found found;

		assert_true(network_find(fx.cluster, words[i], &found, NULL));
		assert_row(words[i], found.network->logical_id, "dddddddddddd0000");
	}
	assert_string_equal(network_on(node0, "dddddddddddd0000")->id, "dddddddddddd0001");
}

static void test_instances_are_listed_once(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	spread();
	attach(node0, "c1", "/one", "dddddddddddd0001");
	attach(node1, "c2", "/two", "dddddddddddd0000");
	assert_true(
		write_list(&networks_list_kind, fx.cluster, "{\"id\":[\"dddd\"]}", &text, NULL));
	auto_json yyjson_doc *doc = json_parse(text.buf, text.len, NULL);
	yyjson_val *list = yyjson_doc_get_root(doc), *only = yyjson_arr_get_first(list);

	assert_int_equal(yyjson_arr_size(list), 1);
	assert_string_equal(json_get_str(only, "Name", ""), "front");
	assert_string_equal(json_get_str(only, "Id", ""), "dddddddddddd0000");
	assert_int_equal(yyjson_obj_size(json_get_obj(only, "Containers")), 2);
	/* the first one's document */
	assert_null(yyjson_obj_get(json_get_obj(only, "Labels"), "com.docker.swarm.network.id"));
}

/* --- merged inspect --- */

static const struct {
	const char *name, *a, *b, *merged;
} merges[] = {
	{ "one document stays", "{\"Name\":\"n\",\"New\":1,\"Containers\":{}}", NULL,
		"{\"Name\":\"n\",\"New\":1,\"Containers\":{}}" },
	{ "containers of both, load balancers of none",
		"{\"Containers\":{\"c1\":{\"EndpointID\":\"e1\"},"
		"\"lb-n\":{\"Name\":\"n-endpoint\",\"EndpointID\":\"l1\"}}}",
		"{\"Containers\":{\"c2\":{\"EndpointID\":\"e2\"},"
		"\"lb-n\":{\"Name\":\"n-endpoint\",\"EndpointID\":\"l2\"}}}",
		"{\"Containers\":{\"c1\":{\"EndpointID\":\"e1\"},"
		"\"c2\":{\"EndpointID\":\"e2\"}}}" },
	{ "a container's key wins over a stale one, whichever comes first",
		"{\"Containers\":{\"ep-e1\":{\"EndpointID\":\"e1\"},"
		"\"c2\":{\"EndpointID\":\"e2\"},\"ep-e3\":{\"EndpointID\":\"e3\"}}}",
		"{\"Containers\":{\"c1\":{\"EndpointID\":\"e1\"},"
		"\"ep-e2\":{\"EndpointID\":\"e2\"}}}",
		"{\"Containers\":{\"c1\":{\"EndpointID\":\"e1\"},"
		"\"c2\":{\"EndpointID\":\"e2\"},\"ep-e3\":{\"EndpointID\":\"e3\"}}}" },
	{ "without endpoint ids every key counts",
		"{\"Containers\":{\"c1\":{\"EndpointID\":\"\"}}}", "{\"Containers\":{\"c2\":{}}}",
		"{\"Containers\":{\"c1\":{\"EndpointID\":\"\"},\"c2\":{}}}" },
	{ "an instance tells the id of the first",
		"{\"Id\":\"b\",\"Labels\":{\"com.docker.swarm.network.id\":\"a\"}}", NULL,
		"{\"Id\":\"a\",\"Labels\":{},\"Containers\":{}}" },
	{ "labels that only we need are not shown",
		"{\"Labels\":{\"a\":\"b\",\"com.docker.swarm.network.ipam\":\"{}\"}}", NULL,
		"{\"Labels\":{\"a\":\"b\"},\"Containers\":{}}" },
	{ "peers once", "{\"Peers\":[{\"Name\":\"p1\"}]}",
		"{\"Peers\":[{\"Name\":\"p1\"},{\"Name\":\"p2\"}]}",
		"{\"Peers\":[{\"Name\":\"p1\"},{\"Name\":\"p2\"}],\"Containers\":{}}" },
};

static void test_merge(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(merges); i++) {
		auto_json yyjson_doc *a = json_parse(merges[i].a, strlen(merges[i].a), NULL);
		auto_json yyjson_doc *b =
			merges[i].b ? json_parse(merges[i].b, strlen(merges[i].b), NULL) : NULL;
		yyjson_val *documents[] = { yyjson_doc_get_root(a), yyjson_doc_get_root(b) };
		size_t len;
		auto_free char *text = networks_merge(documents, b ? 2 : 1, &len);

		assert_row(merges[i].name, text, merges[i].merged);
	}
}

#define with_engines(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_engines(test_find),
		with_engines(test_equal_ids_of_two_nodes_are_two_networks),
		with_engines(test_a_swarm_manager_answers_for_an_overlay),
		with_engines(test_a_swarm_manager_knows_what_is_removed),
		with_engines(test_list),
		with_engines(test_list_refuses),
		with_engines(test_list_shows_containers_and_what_nobody_knows),
		with_engines(test_list_escapes_ids),
		with_engines(test_instances_are_one_network),
		with_engines(test_instances_are_listed_once),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
