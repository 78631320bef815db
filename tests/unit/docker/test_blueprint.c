#include "docker/blueprint.h"

#include "base/json.h"
#include "docker/config.h"
#include "docker_test.h"

#define ID        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WEIGHT_ID "0123456789abcdef0123456789abcdef0123456789abcdef01233e1647000000"

/* Members of Config, HostConfig and Networks, and the request that they come from. */
static void test_bodies(void **state maybe_unused)
{
	static const struct {
		const char *config, *host, *networks;
		const char *body;
	} cases[] = {
		{ "\"Image\":\"a\"", "", "",
			"{\"Image\":\"a\",\"HostConfig\":{},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{}}}" },
		/* what says nothing, and what says something though it is empty */
		{ "\"Tty\":false,\"Cmd\":null,\"Domainname\":\"\",\"StopTimeout\":0",
			"\"Memory\":0,\"Binds\":null,\"Dns\":[],\"Init\":false,\"MaskedPaths\":[],"
			"\"MemorySwappiness\":-1,\"Runtime\":\"runc\","
			"\"LogConfig\":{\"Type\":\"json-file\",\"Config\":{}}",
			"",
			"{\"StopTimeout\":0,\"HostConfig\":{\"Init\":false,\"MaskedPaths\":[]},"
			"\"NetworkingConfig\":{\"EndpointsConfig\":{}}}" },
		/* of the old copy: a name made from its id, chosen addresses */
		{ "\"Hostname\":\"0123456789ab\"", "\"NetworkMode\":\"n\"",
			"\"n\":{\"IPAddress\":\"10.0.0.2\",\"IPAMConfig\":{\"IPv4Address\":"
			"\"10.0.0.9\"},\"Aliases\":[\"db\",\"0123456789ab\"]},\"bridge\":{}",
			"{\"HostConfig\":{\"NetworkMode\":\"n\"},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"n\":{\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.9\"},"
			"\"Aliases\":[\"db\"]}}}}" },
		{ "\"Hostname\":\"own\"", "\"NetworkMode\":\"host\"", "\"host\":{}",
			"{\"HostConfig\":{\"NetworkMode\":\"host\"},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{}}}" },
		{ "\"Hostname\":\"own\"", "\"Links\":[\"/db:/web/store\"],\"CpuShares\":512", "",
			"{\"Hostname\":\"own\",\"HostConfig\":{\"Links\":[\"db:store\"],"
			"\"CpuShares\":2},\"NetworkingConfig\":{\"EndpointsConfig\":{}}}" },
		{ "\"Labels\":{\"com.docker.swarm.id\":\"" WEIGHT_ID "\"}", "\"CpuShares\":512", "",
			"{\"Labels\":{\"com.docker.swarm.id\":\"" WEIGHT_ID "\"},\"HostConfig\":{"
			"\"CpuShares\":512},\"NetworkingConfig\":{\"EndpointsConfig\":{}}}" },
		/* no document of an engine */
		{ "\"HostConfig\":{\"Memory\":1},\"NetworkingConfig\":3", "\"Links\":[\"\",\"a\"]",
			"\"n\":7",
			"{\"HostConfig\":{\"Links\":[\"\",\"a\"]},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"n\":{}}}}" },
	};
	struct container_view view = { .engine_cpus = 4 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text =
			xasprintf("{\"Id\":\"" ID "\",\"Config\":{%s},\"HostConfig\":{%s},"
				  "\"NetworkSettings\":{\"Networks\":{%s}}}",
				cases[i].config, cases[i].host, cases[i].networks);
		auto_json yyjson_doc *doc = json_parse(text, strlen(text), NULL);
		auto_free char *body = blueprint_from_inspect(yyjson_doc_get_root(doc), &view);

		assert_non_null(doc);
		assert_string_equal(body, cases[i].body);
	}
}

/* The request places as the original did, and its own blueprint is itself. */
static void test_round_trip(void **state maybe_unused)
{
	static const char inspect[] =
		"{\"Id\":\"" ID "\",\"Config\":{\"Image\":\"a\",\"Labels\":{"
		"\"com.docker.swarm.id\":\"5a\",\"com.docker.swarm.constraints\":"
		"\"[\\\"disk==ssd\\\"]\",\"com.docker.swarm.reschedule-policies\":"
		"\"[\\\"on-node-failure\\\"]\"}},\"HostConfig\":{\"Memory\":1048576,"
		"\"Binds\":[\"data:/d\"],\"CpuShares\":256,\"PortBindings\":{\"80/tcp\":"
		"[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]}},\"NetworkSettings\":{}}";
	struct container_view view = { .engine_cpus = 4 };
	auto_json yyjson_doc *doc = json_parse(inspect, strlen(inspect), NULL);
	auto_free char *body = blueprint_from_inspect(yyjson_doc_get_root(doc), &view);
	struct container_config c;

	assert_true(config_parse(&c, body, strlen(body), "n", "", NULL));
	assert_true(blueprint_is_wanted(&c.labels));
	assert_string_equal(c.swarm_id, "5a");
	assert_string_equal(c.constraints.items[0], "disk==ssd");
	assert_int_equal(c.memory_bytes, 1048576);
	assert_int_equal(c.cpu.shares, 1);
	assert_int_equal(c.ports[0].first, 8080);
	assert_string_equal(c.volumes.items[0], "data");
	config_finish(&c);
}

static void test_wanted(void **state maybe_unused)
{
	static const struct {
		const char *policies;
		bool wanted;
	} cases[] = {
		{ "[\"on-node-failure\"]", true },
		{ "[\"on-node-failure:at-least-once\"]", true },
		{ "[\"on-node-failure:at-most-once\"]", true },
		{ "[\"on-node-failure:twice\"]", false },
		{ "[\"off\"]", false },
		{ "", false },
		{ "on-node-failure", false },
	};
	struct labels none = { 0 };

	assert_false(blueprint_is_wanted(&none));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct labels l = { 0 };

		labels_add(&l, LABEL_RESCHEDULE, cases[i].policies);
		assert_int_equal(blueprint_is_wanted(&l), cases[i].wanted);
		labels_finish(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
