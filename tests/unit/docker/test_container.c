#include "docker_test.h"

#include <string.h>

#include "base/clock.h"
#include "base/intern.h"
#include "base/mem.h"
#include "docker/container.h"
#include "docker/needs.h"

#define SECOND   INT64_C(1000000000)
#define SWARM_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct container_view plain_view = { .engine_cpus = 10 };

static struct container *from_entry(const char *file, const struct container_view *view)
{
	auto_json yyjson_doc *doc = load_json(file);
	struct container *c = container_create();

	assert_true(container_set_entry(c, yyjson_doc_get_root(doc), view, NULL));
	return c;
}

static void inspect(struct container *c, const char *file, const struct container_view *view)
{
	auto_json yyjson_doc *doc = load_json(file);

	assert_true(container_set_inspect(c, yyjson_doc_get_root(doc), view, NULL));
}

static yyjson_doc *listed(const struct container *c, int minor, int64_t now_ns)
{
	struct container_listing l = {
		.node_name = "node-1",
		.version = { 1, minor },
		.now_ns = now_ns,
	};
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	container_write_entry(&sb, c, &l);
	return parse_json(sb.buf);
}

static const char *name_at(yyjson_doc *doc, size_t i)
{
	const char *s = yyjson_get_str(
		yyjson_arr_get(yyjson_obj_get(yyjson_doc_get_root(doc), "Names"), i));

	return s ? s : "-";
}

/* Who asked for a range holds one port of it, which is known while it runs. */
static void test_ports_of_a_range(void **state maybe_unused)
{
	static const struct {
		const char *ports;
		uint16_t first, last;
	} cases[] = {
		{ "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8003\"}]}", 8003, 8003 },
		{ "{\"80/tcp\":null}", 8000, 8010 },
		{ "{}", 8000, 8010 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = xasprintf(
			"{\"Id\":\"a\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":"
			"\"8000-8010\"}]}},\"NetworkSettings\":{\"Ports\":%s}}",
			cases[i].ports);
		auto_json yyjson_doc *doc = parse_json(text);
		struct container *c = container_create();

		assert_true(container_set_inspect(c, yyjson_doc_get_root(doc), &plain_view, NULL));
		assert_int_equal(c->ports_count, 1);
		assert_int_equal(c->ports[0].first, cases[i].first);
		assert_int_equal(c->ports[0].last, cases[i].last);
		container_destroy(c);
	}
}

/* They are kept apart from the text, but must come out of it as they went in. */
static void test_labels_are_listed_as_they_came(void **state maybe_unused)
{
	static const char *const cases[] = {
		"{}",
		"null",
		"{\"a\":\"b\",\"\":\"\",\"z\":\"1\",\"m\":\"2\"}",
		"{\"quote\":\"\\\"\\\\\",\"<&>\":\"\\n\\u0001\",\"\u00fc\":\"\u2028\"}",
		"{\"a\":null,\"b\":1,\"c\":[\"d\"]}",
		"{\"nul\":\"a\\u0000b\"}",
		"{\"nul\\u0000\":\"b\"}",
		"[\"a\"]",
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = xasprintf("{\"Id\":\"abc\",\"Labels\":%s}", cases[i]);
		auto_json yyjson_doc *entry = parse_json(text);
		auto_json yyjson_doc *expected = parse_json(cases[i]);
		auto_json yyjson_doc *shown = NULL;
		struct container *c = container_create();

		assert_true(container_set_entry(c, yyjson_doc_get_root(entry), &plain_view, NULL));
		shown = listed(c, 41, 0);
		if (!yyjson_equals(yyjson_obj_get(yyjson_doc_get_root(shown), "Labels"),
			    yyjson_doc_get_root(expected)))
			fail_msg("%s", cases[i]);
		container_destroy(c);
	}
}

/* Whatever inspect says of them, the list stays JSON. */
static void test_labels_of_inspect_are_listed(void **state maybe_unused)
{
	auto_json yyjson_doc *entry = parse_json("{\"Id\":\"abc\",\"Labels\":{\"a\":\"b\"}}");
	auto_json yyjson_doc *inspected = parse_json(
		"{\"Id\":\"abc\",\"Config\":{\"Labels\":{\"a\":\"\\\",\\\"x\\\":\\\"\"}}}");
	auto_json yyjson_doc *shown = NULL;
	struct container *c = container_create();

	assert_true(container_set_entry(c, yyjson_doc_get_root(entry), &plain_view, NULL));
	assert_true(container_set_inspect(c, yyjson_doc_get_root(inspected), &plain_view, NULL));
	shown = listed(c, 41, 0);
	assert_string_equal(
		json_get_str(json_get_obj(yyjson_doc_get_root(shown), "Labels"), "a", ""),
		"\",\"x\":\"");
	container_destroy(c);
}

static void test_entry_facts(void **state maybe_unused)
{
	size_t before = intern_count();
	struct container *c = from_entry("entry-20.10.json", &plain_view);

	assert_string_equal(c->swarm_id, SWARM_ID);
	assert_int_equal(c->names_count, 2);
	assert_string_equal(container_name(c), "database"); /* not the link alias */
	assert_string_equal(c->names[1], "/web/db");
	assert_int_equal(c->state, CONTAINER_RUNNING);
	assert_int_equal(c->health, HEALTH_HEALTHY);
	assert_string_equal(c->image, "busybox");
	assert_string_equal(c->network_mode, "default");
	assert_false(c->host_network);
	assert_true(c->created_ns == 1700000000 * SECOND);
	assert_string_equal(labels_get(&c->labels, "com.example"), "1");
	assert_int_equal(c->networks_count, 1);
	assert_string_equal(c->networks[0].name, "bridge");
	assert_string_equal(c->networks[0].ipv4, "172.17.0.2");
	assert_int_equal(c->networks[0].ipv4_len, 16);
	assert_int_equal(c->mounts_count, 1);
	assert_string_equal(c->mounts[0].name, "data");
	assert_string_equal(c->mounts[0].destination, "/data");
	assert_string_equal(c->mounts[0].source, "");
	assert_false(c->inspected);
	container_destroy(c);
	assert_int_equal(intern_count(), before);
}

static void test_names_by_client(void **state maybe_unused)
{
	struct container *c = from_entry("entry-20.10.json", &plain_view);
	auto_json yyjson_doc *old = listed(c, 51, 0), *new = listed(c, 52, 0);

	assert_string_equal(name_at(old, 0), "/node-1/database");
	assert_string_equal(name_at(old, 1), "/node-1/web/db");
	assert_string_equal(name_at(old, 2), "-");
	assert_string_equal(name_at(new, 0), "/node-1/database");
	assert_string_equal(name_at(new, 1), "/database");
	assert_string_equal(name_at(new, 3), "/web/db");
	/* so does the state of health, which older ones read in the status */
	assert_null(yyjson_obj_get(yyjson_doc_get_root(old), "Health"));
	assert_string_equal(
		json_get_str(json_get_obj(yyjson_doc_get_root(new), "Health"), "Status", ""),
		"healthy");
	assert_int_equal(
		json_get_int(json_get_obj(yyjson_doc_get_root(new), "Health"), "FailingStreak", -1),
		0);
	container_destroy(c);
}

static void test_name_that_needs_escapes(void **state maybe_unused)
{
	auto_json yyjson_doc *entry = parse_json("{\"Id\":\"x\",\"Names\":[\"/a\\\"<b\"]}");
	struct container *c = container_create();

	assert_true(container_set_entry(c, yyjson_doc_get_root(entry), &plain_view, NULL));
	auto_json yyjson_doc *doc = listed(c, 41, 0);
	assert_string_equal(name_at(doc, 0), "/node-1/a\"<b");
	container_destroy(c);
}

/* No time of an engine leaves the range of nanoseconds. */
static void test_time_out_of_range(void **state maybe_unused)
{
	static const struct {
		const char *entry;
		int64_t shift_ns;
		bool late;
	} cases[] = {
		{ "{\"Id\":\"x\",\"Created\":9223372036854775807}", SECOND, true },
		{ "{\"Id\":\"x\",\"Created\":18446744073709551615}", 0, true },
		{ "{\"Id\":\"x\",\"Created\":-9223372036854775808}", -SECOND, false },
		{ "{\"Id\":\"x\",\"Created\":1e300}", 0, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct container_view view = plain_view;
		auto_json yyjson_doc *entry = parse_json(cases[i].entry);
		struct container *c = container_create();

		view.clock_shift_ns = cases[i].shift_ns;
		assert_true(container_set_entry(c, yyjson_doc_get_root(entry), &view, NULL));
		assert_int_equal(c->created_ns > 0, cases[i].late);
		container_destroy(c);
	}
}

static void test_inspected_time_out_of_range(void **state maybe_unused)
{
	static const struct {
		const char *time;
		int64_t shift_ns;
	} cases[] = {
		{ "1700-01-01T00:00:00Z", 0 },
		{ "1700-01-01T00:00:00Z", -INT64_MAX },
		{ "2262-01-01T00:00:00Z", INT64_MAX },
		{ "2023-11-14T22:13:20Z", -INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct container_view view = { .clock_shift_ns = cases[i].shift_ns };
		auto_free char *text = xasprintf(
			"{\"Id\":\"x\",\"Created\":\"%s\",\"State\":{\"Status\":\"exited\","
			"\"StartedAt\":\"%s\",\"FinishedAt\":\"%s\"}}",
			cases[i].time, cases[i].time, cases[i].time);
		auto_json yyjson_doc *doc = parse_json(text);
		auto_strbuf struct strbuf status = STRBUF_INIT;
		struct container *c = container_create();

		assert_true(container_set_inspect(c, yyjson_doc_get_root(doc), &view, NULL));
		assert_int_equal(c->created_ns, 0);
		assert_int_equal(c->started_ns, 0);
		assert_int_equal(c->finished_ns, 0);
		container_write_status(&status, c, 1700000000 * SECOND);
		container_destroy(c);
	}
}

/* Everything but the computed members must come out as it went in, in its order. */
static void test_rest_is_kept(void **state maybe_unused)
{
	static const char *const files[] = { "entry-20.10.json", "entry-28.json" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_json yyjson_doc *in = load_json(files[i]);
		struct container *c = from_entry(files[i], &plain_view);
		auto_json yyjson_doc *out = listed(c, 41, 0);
		yyjson_val *key, *written = yyjson_doc_get_root(out);
		yyjson_obj_iter iter, order;

		yyjson_obj_iter_init(yyjson_doc_get_root(in), &iter);
		yyjson_obj_iter_init(written, &order);
		while ((key = yyjson_obj_iter_next(&iter))) {
			const char *name = yyjson_get_str(key);

			if (strcmp(name, "Health") == 0)
				continue;
			assert_string_equal(yyjson_get_str(yyjson_obj_iter_next(&order)), name);
			if (strcmp(name, "Names") == 0 || strcmp(name, "Status") == 0 ||
				strcmp(name, "Ports") == 0)
				continue;
			assert_true(yyjson_equals(
				yyjson_obj_iter_get_val(key), yyjson_obj_get(written, name)));
		}
		assert_null(yyjson_obj_iter_next(&order));
		container_destroy(c);
	}
}

static void check_ports(const char *file, const char *engine_ip, const char *expected)
{
	struct container_view view = { .engine_ip = engine_ip };
	struct container *c = from_entry(file, &view);
	auto_json yyjson_doc *doc = listed(c, 41, 0);
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	json_write(&sb, yyjson_obj_get(yyjson_doc_get_root(doc), "Ports"));
	assert_string_equal(sb.buf, expected);
	container_destroy(c);
}

static void test_port_addresses(void **state maybe_unused)
{
#define WEB(ip) "{\"IP\":\"" ip "\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"}"
#define TLS     "{\"PrivatePort\":443,\"Type\":\"tcp\"}"
#define DNS     "{\"IP\":\"127.0.0.1\",\"PrivatePort\":53,\"PublicPort\":5353,\"Type\":\"udp\"}"
	check_ports("entry-20.10.json", "10.0.0.5", "[" WEB("10.0.0.5") "," TLS "," DNS "]");
	check_ports("entry-20.10.json", "fd00::5", "[" WEB("fd00::5") "," TLS "," DNS "]");
	check_ports("entry-20.10.json", NULL, "[" WEB("0.0.0.0") "," WEB("::") "," TLS "," DNS "]");
	/* a name is no address, and one of those costs today's clients the whole list */
	check_ports(
		"entry-20.10.json", "node-1", "[" WEB("0.0.0.0") "," WEB("::") "," TLS "," DNS "]");
	check_ports("entry-28.json", "10.0.0.5", "[]");
	check_ports("entry-podman-4.3.json", "10.0.0.5",
		"[{\"IP\":\"10.0.0.5\",\"PrivatePort\":80,\"PublicPort\":8081,\"Type\":\"tcp\"}]");
}

static void test_podman_entry(void **state maybe_unused)
{
	struct container *c = from_entry("entry-podman-4.3.json", &plain_view);
	auto_json yyjson_doc *doc = listed(c, 41, 0);
	yyjson_val *root = yyjson_doc_get_root(doc);
	yyjson_val *net = yyjson_ptr_get(root, "/NetworkSettings/Networks/podman");

	assert_int_equal(c->state, CONTAINER_EXITED); /* "stopped" */
	assert_string_equal(json_get_str(root, "State", ""), "exited");
	assert_string_equal(json_get_str(net, "Gateway", "?"), "");
	assert_string_equal(json_get_str(net, "MacAddress", "?"), "");
	assert_string_equal(json_get_str(net, "IPAddress", "?"), "10.88.0.2");
	container_destroy(c);
}

static void test_clock_shift(void **state maybe_unused)
{
	struct container_view view = { .clock_shift_ns = -90 * SECOND, .engine_cpus = 10 };
	struct container *c = from_entry("entry-20.10.json", &view);

	inspect(c, "inspect-20.10.json", &view);
	auto_json yyjson_doc *doc = listed(c, 41, 0);
	assert_true(c->created_ns / SECOND == 1700000000 - 90);
	assert_int_equal(json_get_int(yyjson_doc_get_root(doc), "Created", 0), 1700000000 - 90);
	assert_true(c->started_ns == (INT64_C(1700000001) - 90) * SECOND + SECOND / 2);
	assert_true(c->finished_ns == 0); /* year 1 is never, whatever the clocks */
	container_destroy(c);
}

static void test_entries_that_are_none(void **state maybe_unused)
{
	static const char *const shapes[] = { "{}", "[]", "null", "1", "{\"Id\":5}",
		"{\"Id\":\"\"}", "{\"Id\":\"../x\"}", "{\"Id\":\"a/b\"}",
		"{\"Id\":\"" SWARM_ID "0\"}" };

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		auto_json yyjson_doc *doc = parse_json(shapes[i]);
		struct container *c = container_create();
		auto_error struct error err = ERROR_INIT;

		assert_false(container_set_entry(c, yyjson_doc_get_root(doc), &plain_view, &err));
		assert_int_equal(err.code, ERROR_PROTOCOL);
		assert_false(container_set_inspect(c, yyjson_doc_get_root(doc), &plain_view, NULL));
		assert_string_equal(c->id, "");
		container_destroy(c);
	}
}

static void test_wrong_types_do_no_harm(void **state maybe_unused)
{
	static const char *const entries[] = {
		"{\"Id\":\"a\"}",
		"{\"Id\":\"a\",\"Names\":[1,null,\"\",\"x\"],\"Ports\":[1,{\"IP\":5,\"PublicPort\":"
		"1}],\"Labels\":[],\"State\":3,\"Status\":[],\"NetworkSettings\":{\"Networks\":{"
		"\"n\":null,\"m\":7}},\"Mounts\":[3],\"Created\":\"x\",\"HostConfig\":1}",
		"{\"Id\":\"a\",\"Names\":[\"/n\"],\"Names\":[\"/m\"],\"Status\":\"\",\"Status\":"
		"\"\",\"State\":\"x\",\"State\":\"\",\"Ports\":null,\"Ports\":[]}",
		"{\"Id\":\"a\",\"NetworkSettings\":null}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		auto_json yyjson_doc *entry = parse_json(entries[i]);
		struct container *c = container_create();

		assert_true(container_set_entry(c, yyjson_doc_get_root(entry), &plain_view, NULL));
		auto_json yyjson_doc *doc = listed(c, 41, 0);
		yyjson_val *root = yyjson_doc_get_root(doc);
		assert_true(yyjson_is_arr(yyjson_obj_get(root, "Names")));
		assert_true(yyjson_is_arr(yyjson_obj_get(root, "Ports")));
		assert_string_equal(json_get_str(root, "State", ""), "created");
		assert_string_equal(json_get_str(root, "Status", ""), "Created");
		container_destroy(c);
	}
}

static void test_inspect_20_10(void **state maybe_unused)
{
	size_t before = intern_count();
	struct container *c = from_entry("entry-20.10.json", &plain_view);

	inspect(c, "inspect-20.10.json", &plain_view);
	assert_true(c->inspected);
	assert_true(c->auto_remove);
	assert_int_equal(c->health, HEALTH_HEALTHY);
	assert_int_equal(c->names_count, 2);
	assert_string_equal(container_name(c), "database");
	assert_true(c->nano_cpus == NANO_PER_CPU); /* 103 of 1024 on 10 CPUs */
	assert_int_equal(c->memory_bytes, 67108864);
	assert_int_equal(c->ports_count, 3);
	assert_int_equal(c->ports[0].first, 8080);
	assert_true(c->ports[0].any_address);
	assert_int_equal(c->ports[1].first, 49153); /* what the engine chose */
	assert_int_equal(c->ports[2].first, 5353);
	assert_int_equal(c->ports[2].protocol, PORT_UDP);
	assert_string_equal(c->ports[2].address, "127.0.0.1");
	container_destroy(c);
	assert_int_equal(intern_count(), before);
}

static void test_inspect_28(void **state maybe_unused)
{
	struct container *c = container_create();

	inspect(c, "inspect-28.json", &plain_view);
	assert_string_equal(c->image, "registry.example:5000/team/app:2");
	assert_int_equal(c->state, CONTAINER_EXITED);
	assert_int_equal(c->exit_code, 137);
	assert_true(c->created_ns / SECOND == 1750000000);
	assert_true(c->nano_cpus == 1500000000);
	assert_int_equal(c->memory_bytes, 33554432); /* the reservation */
	assert_true(c->host_network);
	assert_int_equal(c->ports_count, 0); /* bindings mean nothing there */
	assert_int_equal(c->exposed_count, 2);
	assert_int_equal(c->exposed[1].first, 53);
	assert_int_equal(c->exposed[1].protocol, PORT_UDP);
	container_destroy(c);
}

static void test_inspect_podman(void **state maybe_unused)
{
	struct container *c = from_entry("entry-podman-4.3.json", &plain_view);

	inspect(c, "inspect-podman-4.3.json", &plain_view);
	assert_int_equal(c->state, CONTAINER_PAUSED);
	assert_int_equal(c->health, HEALTH_NONE); /* Health is there, but says nothing */
	assert_true(c->nano_cpus == 500000000);
	assert_int_equal(c->ports_count, 1);
	/* the text follows the record */
	auto_json yyjson_doc *doc = listed(c, 41, c->started_ns + 60 * SECOND);
	yyjson_val *root = yyjson_doc_get_root(doc);
	assert_string_equal(json_get_str(root, "State", ""), "paused");
	assert_string_equal(json_get_str(root, "Status", ""), "Up About a minute (Paused)");
	container_destroy(c);
}

static void test_rename_shows(void **state maybe_unused)
{
	struct container *c = from_entry("entry-28.json", &plain_view);
	auto_json yyjson_doc *renamed = parse_json("{\"Id\":\"aa\",\"Name\":\"/other\"}");

	assert_true(container_set_inspect(c, yyjson_doc_get_root(renamed), &plain_view, NULL));
	auto_json yyjson_doc *doc = listed(c, 41, 0);
	assert_string_equal(name_at(doc, 0), "/node-1/other");
	container_destroy(c);
}

static void test_inspect_names_what_the_entry_did_not(void **state maybe_unused)
{
	static const char *const entries[] = {
		"{\"Id\":\"aa\"}",
		"{\"Id\":\"aa\",\"Names\":[]}",
		"{\"Id\":\"aa\",\"Names\":[\"\"]}",
		"{\"Id\":\"aa\",\"Names\":[null,7]}",
	};
	auto_json yyjson_doc *named = parse_json("{\"Id\":\"aa\",\"Name\":\"/web\"}");

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		auto_json yyjson_doc *entry = parse_json(entries[i]);
		struct container *c = container_create();

		assert_true(container_set_entry(c, yyjson_doc_get_root(entry), &plain_view, NULL));
		assert_true(
			container_set_inspect(c, yyjson_doc_get_root(named), &plain_view, NULL));
		assert_string_equal(container_name(c), "web");
		container_destroy(c);
	}
}

/* They are written into the lists of networks as they are. */
static void test_network_addresses_are_addresses(void **state maybe_unused)
{
	static const struct {
		const char *told, *kept;
	} cases[] = {
		{ "10.0.0.2", "10.0.0.2" },
		{ "fd00::2", "fd00::2" },
		{ "", "" },
		{ "10.0.0.2/24", "" },
		{ "\\\"},\\\"x\\\":{", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text =
			xasprintf("{\"Id\":\"aa\",\"NetworkSettings\":{\"Networks\":{\"n\":{"
				  "\"IPAddress\":\"%s\",\"GlobalIPv6Address\":\"%s\"}}}}",
				cases[i].told, cases[i].told);
		auto_json yyjson_doc *entry = parse_json(text);
		struct container *c = container_create();

		assert_true(container_set_entry(c, yyjson_doc_get_root(entry), &plain_view, NULL));
		assert_string_equal(c->networks[0].ipv4, cases[i].kept);
		assert_string_equal(c->networks[0].ipv6, cases[i].kept);
		container_destroy(c);
	}
}

static void test_status(void **state maybe_unused)
{
	static const struct {
		enum container_state state;
		enum container_health health;
		int64_t started_s, finished_s; /* before now; 0: never */
		int exit_code;
		const char *text;
	} cases[] = {
		{ CONTAINER_RUNNING, HEALTH_NONE, 300, 0, 0, "Up 5 minutes" },
		{ CONTAINER_RUNNING, HEALTH_NONE, 59, 0, 0, "Up 59 seconds" },
		{ CONTAINER_RUNNING, HEALTH_STARTING, 60, 0, 0,
			"Up About a minute (health: starting)" },
		{ CONTAINER_RUNNING, HEALTH_HEALTHY, 3600, 0, 0, "Up About an hour (healthy)" },
		{ CONTAINER_RUNNING, HEALTH_UNHEALTHY, 7200, 0, 0, "Up 2 hours (unhealthy)" },
		{ CONTAINER_PAUSED, HEALTH_HEALTHY, 2 * 86400, 0, 0, "Up 2 days (Paused)" },
		{ CONTAINER_RESTARTING, HEALTH_NONE, 9, 5, 2, "Restarting (2) 5 seconds ago" },
		{ CONTAINER_DEAD, HEALTH_NONE, 9, 5, 2, "Dead" },
		{ CONTAINER_CREATED, HEALTH_NONE, 0, 0, 0, "Created" },
		{ CONTAINER_REMOVING, HEALTH_NONE, 9, 5, 0, "Removal In Progress" },
		{ CONTAINER_EXITED, HEALTH_NONE, 99, 21 * 86400, 137, "Exited (137) 3 weeks ago" },
		{ CONTAINER_EXITED, HEALTH_NONE, 99, 0, 0, "" },
		/* an engine's clock may be ahead */
		{ CONTAINER_RUNNING, HEALTH_NONE, -5, 0, 0, "Up Less than a second" },
	};
	const int64_t now = 1700000000 * SECOND;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct container c = {
			.state = cases[i].state,
			.health = cases[i].health,
			.exit_code = cases[i].exit_code,
			.started_ns = cases[i].started_s ? now - cases[i].started_s * SECOND : 0,
			.finished_ns = cases[i].finished_s ? now - cases[i].finished_s * SECOND : 0,
		};
		auto_strbuf struct strbuf sb = STRBUF_INIT;

		container_write_status(&sb, &c, now);
		assert_string_equal(sb.buf, cases[i].text);
	}
}

static void test_host_down(void **state maybe_unused)
{
	struct container *c = from_entry("entry-20.10.json", &plain_view);
	struct container_listing l = { .node_name = "n", .host_down = true, .version = { 1, 41 } };
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	container_write_entry(&sb, c, &l);
	assert_non_null(strstr(sb.buf, "\"Status\":\"Host Down\""));
	assert_non_null(strstr(sb.buf, "\"State\":\"running\"")); /* as last seen */
	container_destroy(c);
}

static void test_list_status_tells(void **state maybe_unused)
{
	struct container *c = from_entry("entry-28.json", &plain_view);

	assert_int_equal(c->exit_code, 137);
	assert_false(container_is_running(c));
	container_destroy(c);
}

/* C-18: a number of CPUs survives the way through the engine's shares */
static void test_cpu_round_trip(void **state maybe_unused)
{
	static const int64_t cpus[] = { 1, 2, 4, 8, 10, 12, 16, 20, 32, 36, 40, 48 };
	static const int64_t wanted[] = { 1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43,
		47 };

	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(wanted) && wanted[j] <= cpus[i]; j++) {
			int64_t shares = needs_shares_to_engine(wanted[j], cpus[i]);

			assert_int_equal(needs_shares_from_engine(shares, cpus[i]), wanted[j]);
		}
	}
	assert_int_equal(needs_shares_to_engine(1, 10), 103); /* C-13 */
	assert_true(needs_shares_to_engine(INT64_MAX, 1) == INT64_MAX);
	assert_int_equal(needs_shares_to_engine(2, 0), 2); /* CPUs unknown: as it is */
}

static void test_cpu_rules(void **state maybe_unused)
{
	static const struct {
		struct cpu_request request;
		int64_t nano;
	} cases[] = {
		{ { 0, 0, 0, 0 }, 0 },
		{ { 1500000000, 5, 5, 5 }, 1500000000 },
		{ { 0, 50000, 100000, 5 }, 500000000 },
		{ { 0, 50000, 0, 0 }, 500000000 },
		{ { 0, -1, 0, 2 }, 2000000000 },
		{ { -1, 0, 0, -1 }, 0 },
		{ { 0, 0, 0, INT64_MAX }, NEEDS_MAX },
		{ { 0, INT64_MAX, 1, 0 }, NEEDS_MAX },
		{ { INT64_MAX, 0, 0, 0 }, NEEDS_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_true(needs_nano_cpus(&cases[i].request) == cases[i].nano);
	assert_int_equal(needs_memory(5, 9), 5);
	assert_int_equal(needs_memory(0, 9), 9);
	assert_int_equal(needs_memory(-1, -1), 0);
	assert_true(needs_memory(INT64_MAX, 0) == NEEDS_MAX);
	assert_true(needs_memory(0, INT64_MAX) == NEEDS_MAX);
}

/* The list of 30,000 containers is this, 30,000 times. */
static void test_listing_is_fast(void **state maybe_unused)
{
	struct container *c = from_entry("entry-20.10.json", &plain_view);
	struct container_listing l = { .node_name = "node-1", .version = { 1, 41 } };
	auto_strbuf struct strbuf sb = STRBUF_INIT;
	int64_t start;

	inspect(c, "inspect-20.10.json", &plain_view);
	l.now_ns = c->started_ns + SECOND;
	container_write_entry(&sb, c, &l); /* memory is there from now on */
	start = clock_mono_us();
	for (int i = 0; i < 30000; i++) {
		strbuf_reset(&sb);
		container_write_entry(&sb, c, &l);
	}
	print_message("# 30000 entries of %zu bytes: %lld us\n", sb.len,
		(long long)(clock_mono_us() - start));
	assert_true(clock_mono_us() - start < 1000000); /* sanitizers and busy machines included */
	container_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry_facts),
		cmocka_unit_test(test_ports_of_a_range),
		cmocka_unit_test(test_labels_are_listed_as_they_came),
		cmocka_unit_test(test_labels_of_inspect_are_listed),
		cmocka_unit_test(test_names_by_client),
		cmocka_unit_test(test_name_that_needs_escapes),
		cmocka_unit_test(test_time_out_of_range),
		cmocka_unit_test(test_inspected_time_out_of_range),
		cmocka_unit_test(test_rest_is_kept),
		cmocka_unit_test(test_port_addresses),
		cmocka_unit_test(test_podman_entry),
		cmocka_unit_test(test_clock_shift),
		cmocka_unit_test(test_entries_that_are_none),
		cmocka_unit_test(test_wrong_types_do_no_harm),
		cmocka_unit_test(test_inspect_20_10),
		cmocka_unit_test(test_inspect_28),
		cmocka_unit_test(test_inspect_podman),
		cmocka_unit_test(test_rename_shows),
		cmocka_unit_test(test_inspect_names_what_the_entry_did_not),
		cmocka_unit_test(test_network_addresses_are_addresses),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_host_down),
		cmocka_unit_test(test_list_status_tells),
		cmocka_unit_test(test_cpu_round_trip),
		cmocka_unit_test(test_cpu_rules),
		cmocka_unit_test(test_listing_is_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
