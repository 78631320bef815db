#include "docker_test.h"

#include <string.h>

#include "base/id.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/util.h"
#include "docker/config.h"

static void parse(struct container_config *c, const char *body)
{
	auto_error struct error err = ERROR_INIT;

	if (!config_parse(c, body, strlen(body), "", "", &err))
		fail_msg("%s: %s", body, err.text);
}

static void check_format(struct container_config *c, int64_t cpus, const char *expected)
{
	size_t len;
	auto_json_mut yyjson_mut_doc *document = config_document(c, cpus);
	auto_free char *text = json_doc_text(document, &len);

	assert_string_equal(text, expected);
	assert_int_equal(len, strlen(expected));
}

/* C-27 to C-31, and the rules of cluster.md 7.1 */
static void test_expressions(void **state maybe_unused)
{
#define L(kind, list) "\"com.docker.swarm." kind "\":\"" list "\""
	static const struct {
		const char *body, *formatted;
		size_t affinities, constraints, whitelists, policies, labels;
	} cases[] = {
		{ "{}", "{}", 0, 0, 0, 0, 0 },
		{ "{\"Env\":[\"test=true\"]}", "{\"Env\":[\"test=true\"]}", 0, 0, 0, 0, 0 },
		{ "{\"Env\":[]}", "{\"Env\":[]}", 0, 0, 0, 0, 0 },
		{ "{\"Env\":[\"constraint:test==true\"]}",
			"{\"Env\":null,\"Labels\":{" L("constraints", "[\\\"test==true\\\"]") "}}",
			0, 1, 0, 0, 1 },
		{ "{\"Env\":[\"affinity:container==test\"]}",
			"{\"Env\":null,\"Labels\":{" L(
				"affinities", "[\\\"container==test\\\"]") "}}",
			1, 0, 0, 0, 1 },
		{ "{\"Env\":[\"test=true\",\"constraint:test==true\",\"affinity:container==test\"]"
		  "}",
			"{\"Env\":[\"test=true\"],\"Labels\":{" L(
				"affinities", "[\\\"container==test\\\"]") "," L("constraints",
				"[\\\"test==true\\\"]") "}}",
			1, 1, 0, 0, 2 },
		/* the label first, then the environment */
		{ "{\"Env\":[\"constraint:b==2\"],\"Labels\":{" L(
			  "constraints", "[\\\"a==1\\\"]") "}}",
			"{\"Env\":null,\"Labels\":{" L(
				"constraints", "[\\\"a==1\\\",\\\"b==2\\\"]") "}}",
			0, 2, 0, 0, 1 },
		/* a label that is no list of strings is left alone */
		{ "{\"Labels\":{" L("constraints", "x") "}}",
			"{\"Labels\":{" L("constraints", "x") "}}", 0, 0, 0, 0, 1 },
		{ "{\"Labels\":{" L("constraints", "[1]") "}}",
			"{\"Labels\":{" L("constraints", "[1]") "}}", 0, 0, 0, 0, 1 },
		/* the words are whole and in lower case */
		{ "{\"Env\":[\"Constraint:a==b\",\"constraints:a==b\",\"constraint=a:b\",\":x\"]}",
			"{\"Env\":[\"Constraint:a==b\",\"constraints:a==b\",\"constraint=a:b\",\":"
			"x\"]}",
			0, 0, 0, 0, 0 },
		{ "{\"Env\":[\"whitelist:node==a\",\"reschedule:off\"]}",
			"{\"Env\":null,\"Labels\":{" L("whitelists", "[\\\"node==a\\\"]") "," L(
				"reschedule-policies", "[\\\"off\\\"]") "}}",
			0, 0, 1, 1, 2 },
		{ "{\"Env\":[\"reschedule:on-node-failure:at-most-once\"]}",
			"{\"Env\":null,\"Labels\":{" L("reschedule-policies",
				"[\\\"on-node-failure:at-most-once\\\"]") "}}",
			0, 0, 0, 1, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct container_config c;

		parse(&c, cases[i].body);
		assert_int_equal(c.affinities.count, cases[i].affinities);
		assert_int_equal(c.constraints.count, cases[i].constraints);
		assert_int_equal(c.whitelists.count, cases[i].whitelists);
		assert_int_equal(c.policies.count, cases[i].policies);
		assert_int_equal(c.labels.count, cases[i].labels);
		check_format(&c, 4, cases[i].formatted);
		config_finish(&c);
	}
}

static void test_refusal(void **state maybe_unused)
{
	static const char name[] = "invalid name or ID supplied: \"\"";
	static const struct {
		const char *host, *text; /* NULL: no engine is needed to say no */
		int status;
	} cases[] = {
		{ "\"Memory\":6291456,\"MemorySwap\":-1,\"MemoryReservation\":6291456", NULL, 0 },
		{ "\"Memory\":6291455", "Minimum memory limit allowed is 6MB", 0 },
		{ "\"Memory\":16777216,\"MemorySwap\":1",
			"Minimum memoryswap limit should be larger than memory limit, see usage",
			0 },
		{ "\"MemorySwap\":1",
			"You should always set the Memory limit when using Memoryswap limit, "
			"see usage",
			0 },
		{ "\"MemoryReservation\":1", "Minimum memory reservation allowed is 6MB", 0 },
		{ "\"Memory\":33554432,\"MemoryReservation\":67108864",
			"Minimum memory limit can not be less than memory reservation limit, see "
			"usage",
			0 },
		{ "\"VolumesFrom\":[\"a\",\"b:\",\"c:ro\",\"d:Z,rw,cached\"],\"Links\":[\"a\",\"b:"
		  "c\"]",
			NULL, 0 },
		{ "\"VolumesFrom\":[\"a\",\"\"]",
			"volumes-from specification cannot be an empty string", 0 },
		{ "\"VolumesFrom\":[\"a:b:c\"]", "invalid mode: b:c", 0 },
		{ "\"VolumesFrom\":[\"a:ro,rw\"]", "invalid mode: ro,rw", 0 },
		{ "\"VolumesFrom\":[\"a:ro,\"]", "invalid mode: ro,", 0 },
		{ "\"VolumesFrom\":[\":ro\"]", name, 0 },
		{ "\"Links\":[\"\"]", "empty string specified for links", 500 },
		{ "\"Links\":[\"a:b\",\"a:b:c\"]", "bad format for links: a:b:c", 500 },
		{ "\"Links\":[\":x\"]",
			"could not get container for : invalid name or ID supplied: \"\"", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *body =
			xasprintf("{\"Image\":\"x\",\"HostConfig\":{%s}}", cases[i].host);
		auto_error struct error err = ERROR_INIT;
		struct container_config c;

		assert_true(config_parse(&c, body, strlen(body), "", "", NULL));
		assert_int_equal(config_refusal(&c, &err), cases[i].text != NULL);
		if (cases[i].text)
			assert_string_equal(error_text(&err), cases[i].text);
		assert_int_equal(err.status, cases[i].status);
		config_finish(&c);
	}
}

static void test_slash_is_no_name(void **state maybe_unused)
{
	auto_error struct error err = ERROR_INIT;
	struct container_config c;

	assert_false(config_parse(&c, "{}", 2, "/", "", &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_string_equal(
		err.text, "Invalid container name (/), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
}

static void test_refused(void **state maybe_unused)
{
	static const struct {
		const char *body, *text; /* begins with */
	} cases[] = {
		{ "", JSON_TEXT_EMPTY },
		{ " \n", JSON_TEXT_EMPTY },
		{ "{", "invalid JSON" },
		{ "{} x", "unexpected content after JSON" },
		{ "[]", "invalid JSON: the configuration of a container must be an object" },
		{ "null", "config cannot be empty in order to create a container" },
		{ "{\"Image\":1}", "invalid JSON: Image must be a string" },
		{ "{\"Image\":\"a\\u0000b\"}", "invalid JSON: Image must be a string" },
		{ "{\"Env\":\"a\"}", "invalid JSON: Env must be an array" },
		{ "{\"Env\":[1]}", "invalid JSON: Env must be an array of strings" },
		{ "{\"Labels\":[]}", "invalid JSON: Labels must be an object" },
		{ "{\"Labels\":{\"a\":1}}", "invalid JSON: Labels must be an object of strings" },
		{ "{\"ExposedPorts\":[]}", "invalid JSON: ExposedPorts must be an object" },
		{ "{\"Memory\":\"1g\"}", "invalid JSON: Memory must be an integer" },
		{ "{\"HostConfig\":[]}", "invalid JSON: HostConfig must be an object" },
		{ "{\"HostConfig\":{\"Memory\":1.5}}",
			"invalid JSON: HostConfig.Memory must be an integer" },
		{ "{\"HostConfig\":{\"Memory\":18446744073709551615}}",
			"invalid JSON: HostConfig.Memory must be an integer" },
		{ "{\"HostConfig\":{\"NanoCpus\":\"1\"}}",
			"invalid JSON: HostConfig.NanoCpus must be an integer" },
		{ "{\"HostConfig\":{\"AutoRemove\":1}}",
			"invalid JSON: HostConfig.AutoRemove must be true or false" },
		{ "{\"HostConfig\":{\"Binds\":{}}}",
			"invalid JSON: HostConfig.Binds must be an array" },
		{ "{\"HostConfig\":{\"Mounts\":[1]}}",
			"invalid JSON: HostConfig.Mounts must be an array of objects" },
		{ "{\"HostConfig\":{\"NetworkMode\":[]}}",
			"invalid JSON: HostConfig.NetworkMode must be a string" },
		{ "{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":{}}}}",
			"invalid JSON: HostConfig.PortBindings.80/tcp must be an array" },
		{ "{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":80}]}}}",
			"invalid JSON: HostConfig.PortBindings.HostPort must be a string" },
		{ "{\"NetworkingConfig\":{\"EndpointsConfig\":[]}}",
			"invalid JSON: NetworkingConfig.EndpointsConfig must be an object" },
		{ "{\"Env\":[\"reschedule:off\",\"reschedule:off\"]}",
			"too many reschedule policies" },
		{ "{\"Env\":[\"reschedule:on-node-failure:once\"]}",
			"invalid reschedule policy: on-node-failure:once" },
		{ "{\"Env\":[\"reschedule:false\"]}", "invalid reschedule policy: false" },
		/* C-69 */
		{ "{\"Labels\":{\"com.docker.swarm.reschedule-policies\":\"[\\\"false\\\"]\"}}",
			"invalid reschedule policy: false" },
		{ "{\"Labels\":{\"com.docker.swarm.id\":"
		  "\"0123456789012345678901234567890123456789012345678901234567890123x\"}}",
			"label com.docker.swarm.id is longer than 64 characters" },
	};
	size_t before = intern_count();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_error struct error err = ERROR_INIT;
		struct container_config c;

		assert_false(
			config_parse(&c, cases[i].body, strlen(cases[i].body), "n", NULL, &err));
		assert_int_equal(err.code, ERROR_INVALID);
		if (strncmp(err.text, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("%s: %s", cases[i].body, err.text);
	}
	assert_int_equal(intern_count(), before);
}

static void test_cli_20_10(void **state maybe_unused)
{
	auto_free char *body = load_text("create-20.10.json");
	size_t before = intern_count();
	struct container_config c;

	assert_true(config_parse(&c, body, strlen(body), "/web", "linux/arm64", NULL));
	assert_string_equal(c.name, "web");
	assert_string_equal(c.platform, "linux/arm64");
	assert_string_equal(c.image, "busybox");
	assert_string_equal(c.constraints.items[0], "node==~node-1");
	assert_string_equal(c.affinities.items[0], "container!=db");
	assert_string_equal(c.policies.items[0], "on-node-failure");
	assert_true(c.auto_remove);
	assert_true(c.nano_cpus == 2000000000); /* CpuShares is a number of CPUs */
	assert_int_equal(c.memory_bytes, 67108864);
	assert_int_equal(c.ports_count, 1);
	assert_int_equal(c.ports[0].first, 8080);
	assert_string_equal(c.port_texts[0], "8080");
	assert_int_equal(c.exposed_count, 1);
	assert_string_equal(c.exposed_texts[0], "80/tcp");
	assert_string_equal(c.network_mode, "default");
	assert_string_equal(c.volumes_from.items[0], "web:ro");
	assert_string_equal(c.links.items[0], "node-1/db:database");
	assert_int_equal(c.shared_namespaces.count, 1);
	assert_string_equal(c.shared_namespaces.items[0], "container:web");
	assert_int_equal(c.volumes.count, 1);
	assert_string_equal(c.volumes.items[0], "data");
	config_finish(&c);
	assert_int_equal(intern_count(), before);
}

static void test_cli_28(void **state maybe_unused)
{
	auto_free char *body = load_text("create-28.json");
	struct container_config c;

	assert_true(config_parse(&c, body, strlen(body), NULL, NULL, NULL));
	assert_string_equal(c.name, "");
	assert_true(c.nano_cpus == 1500000000);
	assert_int_equal(c.memory_bytes, 33554432);
	assert_int_equal(c.ports_count, 2);
	assert_int_equal(c.ports[0].protocol, PORT_UDP);
	assert_false(c.ports[0].any_address);
	assert_int_equal(c.ports[1].first, 0);
	assert_string_equal(c.port_texts[1], "");
	assert_int_equal(c.volumes.count, 1);
	assert_string_equal(c.volumes.items[0], "pgdata");
	assert_int_equal(c.networks.count, 2);
	assert_string_equal(c.networks.items[0], "node-1/back");
	/* nothing to change: byte for byte what came */
	body[strcspn(body, "\n")] = '\0';
	check_format(&c, 4, body);
	config_finish(&c);
}

static void test_shares_per_engine(void **state maybe_unused)
{
	struct container_config c;

	parse(&c, "{\"HostConfig\":{\"CpuShares\":1,\"X\":1}}");
	check_format(&c, 10, "{\"HostConfig\":{\"CpuShares\":103,\"X\":1}}");
	check_format(&c, 4, "{\"HostConfig\":{\"CpuShares\":256,\"X\":1}}"); /* on the next one */
	config_finish(&c);
}

static void test_shares_as_weight(void **state maybe_unused)
{
	static const struct {
		int64_t shares, most_cpus, nano_cpus, sent;
		const char *more;
	} cases[] = {
		{ 4, 4, 4 * NANO_PER_CPU, 1024, "" },
		{ 5, 4, 0, 5, "" },
		{ 512, 4, 0, 512, "" },
		{ 512, 1024, 512 * NANO_PER_CPU, 131072, "" },
		{ 512, 4, 2 * NANO_PER_CPU, 512, ",\"NanoCpus\":2000000000" },
		{ 2, 4, 2 * NANO_PER_CPU, 512, ",\"NanoCpus\":2000000000" },
		{ 512, 4, NANO_PER_CPU / 2, 512, ",\"CpuQuota\":50000" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *body = xasprintf("{\"HostConfig\":{\"CpuShares\":%d%s}}",
			(int)cases[i].shares, cases[i].more);
		auto_free char *sent = xasprintf(
			"{\"HostConfig\":{\"CpuShares\":%d%s}}", (int)cases[i].sent, cases[i].more);
		struct container_config c;

		parse(&c, body);
		config_weigh_shares(&c, cases[i].most_cpus);
		config_weigh_shares(&c, cases[i].most_cpus); /* for a second attempt */
		assert_int_equal(c.nano_cpus, cases[i].nano_cpus);
		assert_int_equal(c.shares_are_weight, cases[i].shares > cases[i].most_cpus);
		check_format(&c, 4, sent);
		config_finish(&c);
	}
}

/* What an engine lists is read back as what it was. */
static void test_weight_is_read_back(void **state maybe_unused)
{
	char id[65];
	struct container_config c;

	memset(id, '5', 64);
	id[64] = '\0';
	assert_false(needs_swarm_id_says_weight(""));
	assert_false(needs_swarm_id_says_weight(id));
	needs_swarm_id_say_weight(id);
	assert_true(needs_swarm_id_says_weight(id) && id_is_hex(id, 64));
	auto_free char *body = xasprintf("{\"Labels\":{\"com.docker.swarm.id\":\"%s\"},"
					 "\"HostConfig\":{\"CpuShares\":2}}",
		id);

	parse(&c, body);
	config_weigh_shares(&c, 4);
	assert_int_equal(c.nano_cpus, 0);
	check_format(&c, 4, body);
	config_finish(&c);
}

/* C-33 and the rule for requests older than HostConfig */
static void test_legacy_resources(void **state maybe_unused)
{
	static const struct {
		const char *body, *formatted;
	} cases[] = {
		{ "{\"HostConfig\":{\"Memory\":4242,\"MemorySwap\":4343,\"CpusetCpus\":\"1-2\"}}",
			"{\"HostConfig\":{\"Memory\":4242,\"MemorySwap\":4343,\"CpusetCpus\":\"1-"
			"2\"}}" },
		{ "{\"Memory\":1,\"MemorySwap\":2,\"Cpuset\":\"0\",\"HostConfig\":{\"Memory\":9}}",
			"{\"HostConfig\":{\"Memory\":1,\"MemorySwap\":2,\"CpusetCpus\":\"0\"}}" },
		{ "{\"Memory\":1}", "{\"HostConfig\":{\"Memory\":1}}" },
		{ "{\"Memory\":0,\"Cpuset\":\"\",\"HostConfig\":{\"Memory\":9}}",
			"{\"HostConfig\":{\"Memory\":9}}" },
		{ "{\"Memory\":1,\"HostConfig\":null}", "{\"HostConfig\":{\"Memory\":1}}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct container_config c;

		parse(&c, cases[i].body);
		check_format(&c, 4, cases[i].formatted);
		config_finish(&c);
	}
}

/* What is decided on must be what the engine sees. */
static void test_last_of_repeated_keys(void **state maybe_unused)
{
	struct container_config c;

	parse(&c, "{\"Image\":\"a\",\"HostConfig\":{\"Memory\":1},\"Image\":\"b\",\"HostConfig\":"
		  "{\"Memory\":2,\"Memory\":3}}");
	assert_string_equal(c.image, "b");
	assert_int_equal(c.memory_bytes, 3);
	size_t len;
	auto_json_mut yyjson_mut_doc *document = config_document(&c, 1);
	auto_free char *text = json_doc_text(document, &len);
	assert_null(strstr(text, "\"a\""));
	assert_null(strstr(text, "1"));
	config_finish(&c);
}

/* C-32 */
static void test_swarm_id(void **state maybe_unused)
{
	struct container_config c;

	parse(&c, "{}");
	assert_string_equal(c.swarm_id, "");
	config_set_swarm_id(&c, "foo");
	assert_string_equal(c.swarm_id, "foo");
	assert_string_equal(labels_get(&c.labels, LABEL_SWARM_ID), "foo");
	check_format(&c, 1, "{\"Labels\":{\"com.docker.swarm.id\":\"foo\"}}");
	config_finish(&c);
	parse(&c, "{\"Labels\":{\"com.docker.swarm.id\":\"bar\"}}");
	assert_string_equal(c.swarm_id, "bar");
	config_finish(&c);
}

/* C-35 */
static void test_node_constraint(void **state maybe_unused)
{
	static const struct {
		const char *body;
		bool has;
	} cases[] = {
		{ "{}", false },
		{ "{\"Env\":[\"constraint:node==node1\"]}", true },
		{ "{\"Env\":[\"constraint:node==~node1\"]}", false },
		{ "{\"Env\":[\"constraint:node!=node1\"]}", false },
		{ "{\"Env\":[\"constraint:a==b\",\"constraint:node==x\"]}", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct container_config c;

		parse(&c, cases[i].body);
		assert_int_equal(config_has_node_constraint(&c), cases[i].has);
		config_finish(&c);
	}
}

static void test_resolve_dependency(void **state maybe_unused)
{
	static const struct {
		const char *written, *host, *resolved;
	} cases[] = {
		{ "web", "\"VolumesFrom\":[\"web\",\"web:ro\",\"webx\"]",
			"\"VolumesFrom\":[\"ID\",\"ID:ro\",\"webx\"]" },
		{ "web:ro", "\"VolumesFrom\":[\"web:ro\"]", "\"VolumesFrom\":[\"ID:ro\"]" },
		{ "n/db", "\"Links\":[\"n/db\",\"n/db:x\",\"db\"]",
			"\"Links\":[\"ID:db\",\"ID:x\",\"db\"]" },
		{ "web", "\"NetworkMode\":\"container:web\",\"PidMode\":\"container:other\"",
			"\"NetworkMode\":\"container:ID\",\"PidMode\":\"container:other\"" },
		{ "container:web", "\"IpcMode\":\"container:web\"",
			"\"IpcMode\":\"container:ID\"" },
		{ "web", "\"NetworkMode\":\"web\"", "\"NetworkMode\":\"web\"" },
		{ "web", "\"Links\":null", "\"Links\":null" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strbuf struct strbuf body = STRBUF_INIT, expected = STRBUF_INIT;
		struct container_config c;

		strbuf_addf(&body, "{\"HostConfig\":{%s}}", cases[i].host);
		strbuf_addf(&expected, "{\"HostConfig\":{%s}}", cases[i].resolved);
		parse(&c, body.buf);
		config_resolve_dependency(&c, cases[i].written, "ID");
		check_format(&c, 1, expected.buf);
		config_finish(&c);
	}
}

static void test_rename_network(void **state maybe_unused)
{
	struct container_config c;

	parse(&c, "{\"HostConfig\":{\"NetworkMode\":\"n/a\"},\"NetworkingConfig\":{"
		  "\"EndpointsConfig\":{\"n/a\":{\"Aliases\":[\"x\"]},\"b\":null}}}");
	config_rename_network(&c, c.networks.items[0], "a");
	assert_string_equal(c.network_mode, "a");
	assert_string_equal(c.networks.items[0], "a");
	config_rename_network(&c, "absent", "y");
	check_format(&c, 1,
		"{\"HostConfig\":{\"NetworkMode\":\"a\"},\"NetworkingConfig\":{"
		"\"EndpointsConfig\":{\"a\":{\"Aliases\":[\"x\"]},\"b\":null}}}");
	config_finish(&c);
}

/* 21001, 21002 and on for TCP; none are left for UDP. */
static uint16_t choose_port(void *arg, enum port_protocol protocol)
{
	uint16_t *last = arg;

	return protocol == PORT_TCP ? ++*last : 0;
}

static void test_ports_chosen_here(void **state maybe_unused)
{
	size_t before = intern_count();
	struct container_config c;
	uint16_t last = 21000;

	parse(&c, "{\"ExposedPorts\":{\"70/tcp\":{}},\"HostConfig\":{\"PublishAllPorts\":true,"
		  "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"},{\"HostPort\":"
		  "\"8080\"}],\"90/udp\":[{}],\"100/tcp\":null}}}");
	assert_true(c.publishes_all);
	config_choose_ports(&c, choose_port, &last);
	assert_int_equal(last, 21001);
	assert_int_equal(c.ports_count, 3);
	assert_int_equal(c.ports[0].first, 21001);
	assert_string_equal(c.port_texts[0], "21001");
	auto_json yyjson_doc *image = json_parse("{\"80/tcp\":{},\"6379/tcp\":{}}", 27, NULL);
	config_bind_exposed(&c, yyjson_doc_get_root(image));
	assert_false(c.publishes_all);
	config_choose_ports(&c, choose_port, &last);
	check_format(&c, 1,
		"{\"ExposedPorts\":{\"70/tcp\":{}},\"HostConfig\":{\"PublishAllPorts\":true,"
		"\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"21001\"},{"
		"\"HostPort\":\"8080\"}],\"90/udp\":[{}],\"100/tcp\":null,\"70/"
		"tcp\":[{\"HostPort\":"
		"\"21002\"}],\"6379/tcp\":[{\"HostPort\":\"21003\"}]}}}");
	config_finish(&c);
	assert_int_equal(intern_count(), before);
}

static void test_reserve(void **state maybe_unused)
{
	auto_free char *body = load_text("create-20.10.json");
	size_t before = intern_count();
	struct container_config c;

	assert_true(config_parse(&c, body, strlen(body), "web", "", NULL));
	config_set_swarm_id(&c, "5a");
	struct container *r = config_reserve(&c);
	config_finish(&c); /* the reservation stands alone */
	assert_int_equal(r->state, CONTAINER_PENDING);
	assert_string_equal(r->id, "");
	assert_string_equal(r->swarm_id, "5a");
	assert_string_equal(r->names[0], "/web");
	assert_string_equal(labels_get(&r->labels, "com.example"), "1");
	assert_int_equal(r->ports_count, 1);
	assert_int_equal(r->exposed_count, 0);
	assert_int_equal(r->memory_bytes, 67108864);
	assert_null(r->entry);
	container_destroy(r);
	assert_int_equal(intern_count(), before);
}

static void test_reserve_on_host_network(void **state maybe_unused)
{
	struct container_config c;

	parse(&c, "{\"ExposedPorts\":{\"80/tcp\":{},\"bad\":{}},\"HostConfig\":{\"NetworkMode\":"
		  "\"host\",\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"81\"}]}}}");
	struct container *r = config_reserve(&c);
	assert_true(r->host_network);
	assert_int_equal(r->ports_count, 0);
	assert_int_equal(r->exposed_count, 1);
	assert_int_equal(r->names_count, 0);
	container_destroy(r);
	config_finish(&c);
}

/* So many members, each with its number between two texts. */
static char *many(const char *before, const char *const item[2], size_t count, const char *after)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	strbuf_add_str(&sb, before);
	for (size_t i = 0; i < count; i++) {
		strbuf_add_str(&sb, i ? "," : "");
		strbuf_addf(&sb, "%s%zu%s", item[0], i, item[1]);
	}
	strbuf_add_str(&sb, after);
	return strbuf_steal(&sb);
}

static void test_ceilings(void **state maybe_unused)
{
	static const struct {
		const char *before, *item[2], *after, *text;
		size_t most;
	} cases[] = {
		{ "{\"Labels\":{", { "\"l", "\":\"\"" }, "}}", "Labels has ", 16384 },
		{ "{\"Env\":[", { "\"e", "=\"" }, "]}", "Env has ", 16384 },
		{ "{\"Env\":[", { "\"affinity:l!=", "\"" }, "]}", "affinity has ", 256 },
		{ "{\"Env\":[", { "\"constraint:l!=", "\"" }, "]}", "constraint has ", 256 },
		{ "{\"HostConfig\":{\"Binds\":[", { "\"/a", ":/b\"" }, "]}}",
			"HostConfig.Binds has ", 1024 },
		{ "{\"HostConfig\":{\"Binds\":[", { "\"v", ":/b\"" }, "]}}",
			"257 named volumes are mounted; 256 are taken at most", 256 },
		{ "{\"HostConfig\":{\"Mounts\":[", { "{\"Target\":\"", "\"}" }, "]}}",
			"HostConfig.Mounts has ", 1024 },
		{ "{\"NetworkingConfig\":{\"EndpointsConfig\":{", { "\"n", "\":{}" }, "}}}",
			"NetworkingConfig.EndpointsConfig has ", 1024 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *most =
			many(cases[i].before, cases[i].item, cases[i].most, cases[i].after);
		auto_free char *more =
			many(cases[i].before, cases[i].item, cases[i].most + 1, cases[i].after);
		auto_error struct error err = ERROR_INIT;
		struct container_config c;

		parse(&c, most);
		config_finish(&c);
		assert_false(config_parse(&c, more, strlen(more), "", "", &err));
		assert_int_equal(err.code, ERROR_INVALID);
		assert_non_null(strstr(err.text, cases[i].text));
	}
}

static void test_lenient(void **state maybe_unused)
{
	struct container_config c;

	parse(&c, "{\"Env\":null,\"Labels\":null,\"ExposedPorts\":null,\"HostConfig\":{\"Binds\":"
		  "null,\"Memory\":null,\"PortBindings\":{\"80/tcp\":null,\"x\":[{}],\"81\":[{"
		  "\"HostPort\":\"abc\"},null,{\"HostIp\":\"::\",\"HostPort\":\"8000-8010\"}]}}}");
	assert_int_equal(c.ports_count, 1);
	assert_int_equal(c.ports[0].first, 8000);
	assert_int_equal(c.ports[0].last, 8010);
	assert_true(c.ports[0].any_address);
	config_finish(&c);
}

static void test_empty(void **state maybe_unused)
{
	static const struct {
		const char *body;
		bool empty;
	} rows[] = {
		{ "{}", true },
		{ "{\"HostConfig\":{},\"NetworkingConfig\":{}}", true },
		{ "{\"Image\":\"\"}", false },
		{ "{\"HostConfig\":{},\"Cmd\":[]}", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct container_config c;

		parse(&c, rows[i].body);
		assert_int_equal(config_is_empty(&c), rows[i].empty);
		config_finish(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_slash_is_no_name),
		cmocka_unit_test(test_cli_20_10),
		cmocka_unit_test(test_cli_28),
		cmocka_unit_test(test_shares_per_engine),
		cmocka_unit_test(test_shares_as_weight),
		cmocka_unit_test(test_weight_is_read_back),
		cmocka_unit_test(test_legacy_resources),
		cmocka_unit_test(test_last_of_repeated_keys),
		cmocka_unit_test(test_swarm_id),
		cmocka_unit_test(test_node_constraint),
		cmocka_unit_test(test_resolve_dependency),
		cmocka_unit_test(test_rename_network),
		cmocka_unit_test(test_ports_chosen_here),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_reserve_on_host_network),
		cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_lenient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
