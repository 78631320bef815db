#include "docker_test.h"

#include "base/mem.h"
#include "base/util.h"
#include "docker/translate.h"

static struct api_version v(int minor)
{
	return (struct api_version){ 1, minor };
}

static yyjson_mut_doc *edit_json(const char *text)
{
	auto_json yyjson_doc *doc = parse_json(text);

	return yyjson_doc_mut_copy(doc, NULL);
}

#define MOUNT(fields)    "{\"HostConfig\":{\"Mounts\":[{\"Type\":\"volume\"},{" fields "}]}}"
#define ENDPOINT(fields) "{\"NetworkingConfig\":{\"EndpointsConfig\":{\"a\":{" fields "}}}}"

static void test_needs(void **state maybe_unused)
{
	static const struct {
		const char *body;
		int client, since; /* 1.N; 0: no need */
	} cases[] = {
		{ "{}", 52, 0 },
		{ "{\"HostConfig\":null}", 52, 0 },
		{ MOUNT("\"Type\":\"image\""), 48, 48 },
		{ MOUNT("\"Type\":\"image\""), 47, 0 }, /* no engine takes it from this client */
		{ MOUNT("\"Type\":\"bind\""), 52, 0 },
		{ MOUNT("\"Type\":1"), 52, 0 },
		{ MOUNT("\"VolumeOptions\":{\"Subpath\":\"x\"}"), 50, 45 },
		{ MOUNT("\"VolumeOptions\":{\"Subpath\":\"\"}"), 50, 0 },
		{ MOUNT("\"BindOptions\":{\"ReadOnlyForceRecursive\":true}"), 44, 44 },
		{ MOUNT("\"BindOptions\":{\"ReadOnlyForceRecursive\":false}"), 44, 0 },
		{ MOUNT("\"BindOptions\":{\"NonRecursive\":true}"), 44, 40 },
		{ MOUNT("\"BindOptions\":{\"CreateMountpoint\":true}"), 44, 0 },
		{ MOUNT("\"Type\":\"image\",\"BindOptions\":{\"NonRecursive\":true}"), 52, 48 },
		{ ENDPOINT("\"DriverOpts\":{\"com.docker.network.endpoint.sysctls\":\"x=1\"}"), 47,
			46 }, /* not the main network */
		{ "{\"HostConfig\":{\"NetworkMode\":\"a\"},\"NetworkingConfig\":{"
		  "\"EndpointsConfig\":{\"a\":{\"DriverOpts\":{"
		  "\"com.docker.network.endpoint.sysctls\":\"x=1\"}}}}}",
			47, 0 },
		{ ENDPOINT("\"DriverOpts\":{\"other\":\"x=1\"}"), 47, 0 },
		{ ENDPOINT("\"GwPriority\":5"), 50, 0 },
		{ ENDPOINT("\"MacAddress\":\"02:00:00:00:00:01\""), 44, 44 },
		{ ENDPOINT("\"MacAddress\":\"02:00:00:00:00:01\""), 43, 0 },
		{ "{\"HostConfig\":{\"NetworkMode\":\"a\"},\"NetworkingConfig\":{"
		  "\"EndpointsConfig\":{\"a\":{\"MacAddress\":\"02:00:00:00:00:01\"}}}}",
			44, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json_mut yyjson_mut_doc *doc = edit_json(cases[i].body);
		struct translate_need need =
			translate_create_need(yyjson_mut_doc_get_root(doc), v(cases[i].client));
		struct api_range below = { v(24), v(cases[i].since - 1) };
		struct api_range enough = { v(24), v(cases[i].since) };

		assert_int_equal(need.since.minor, cases[i].since);
		assert_int_equal(need.what != NULL, cases[i].since != 0);
		assert_true(translate_need_is_met(&need, &enough));
		if (cases[i].since)
			assert_false(translate_need_is_met(&need, &below));
	}
}

static void test_network_needs(void **state maybe_unused)
{
	static const struct {
		const char *body;
		int client, since;
	} cases[] = {
		{ "{\"EnableIPv4\":false}", 48, 48 }, { "{\"EnableIPv4\":true}", 48, 0 },
		{ "{\"EnableIPv4\":null}", 48, 0 }, { "{}", 52, 0 },
		{ "{\"EnableIPv4\":false}", 47, 0 }, /* did not mean anything yet */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json_mut yyjson_mut_doc *doc = edit_json(cases[i].body);

		assert_int_equal(
			translate_network_need(yyjson_mut_doc_get_root(doc), v(cases[i].client))
				.since.minor,
			cases[i].since);
	}
}

static void test_update_needs(void **state maybe_unused)
{
	static const struct {
		const char *body;
		int client, since;
	} cases[] = {
		{ "{\"BlkioDeviceReadBps\":[{\"Path\":\"/dev/sda\",\"Rate\":1}]}", 55, 55 },
		{ "{\"BlkioDeviceReadBps\":[{\"Path\":\"/dev/sda\",\"Rate\":1}]}", 54, 0 },
		{ "{\"BlkioWeightDevice\":[{\"Path\":\"/dev/sda\",\"Weight\":9}]}", 55, 55 },
		{ "{\"BlkioWeightDevice\":[],\"BlkioDeviceReadIOps\":null}", 55, 0 },
		{ "{\"BlkioWeight\":300,\"Memory\":4194304}", 55, 0 },
		{ "[]", 55, 0 },
	};
	struct api_range engine = { v(24), v(54) };
	auto_error struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json_mut yyjson_mut_doc *doc = edit_json(cases[i].body);
		struct translate_need need =
			translate_update_need(yyjson_mut_doc_get_root(doc), v(cases[i].client));

		assert_int_equal(need.since.minor, cases[i].since);
		assert_int_equal(translate_need_is_met(&need, &engine), cases[i].since == 0);
		if (!cases[i].since)
			continue;
		error_clear(&err);
		assert_false(translate_need_refuse(&need, v(55), "node-1", &engine, &err));
		assert_string_equal(error_text(&err),
			"to change the limits of a block device needs an engine with API version "
			"1.55: the request is of version 1.55, and engine node-1 speaks 1.54 at "
			"most");
	}
}

static void test_a_need_that_is_not_the_requests(void **state maybe_unused)
{
	struct translate_need need = { v(48), "a network without IPv4" };
	struct api_range engine = { v(24), v(41) };
	auto_error struct error err = ERROR_INIT;

	assert_false(
		translate_need_refuse(&need, (struct api_version){ 0 }, "node-1", &engine, &err));
	assert_string_equal(error_text(&err),
		"a network without IPv4 needs an engine with API version 1.48: engine node-1 "
		"speaks 1.41 at most");
}

static void test_create(void **state maybe_unused)
{
	static const struct {
		int client, engine;
		bool cgroup1;
		const char *body, *sent;
	} cases[] = {
		/* as it is */
		{ 44, 44, true, "{\"New\":{\"a\":1},\"Healthcheck\":{\"StartInterval\":5}}",
			"{\"New\":{\"a\":1},\"Healthcheck\":{\"StartInterval\":5}}" },
		{ 52, 45, true, "{\"HostConfig\":{\"Annotations\":{\"a\":\"b\"}}}",
			"{\"HostConfig\":{\"Annotations\":{\"a\":\"b\"}}}" },
		/* the client is newer */
		{ 44, 43, true, "{\"Healthcheck\":{\"StartInterval\":5,\"Retries\":2},\"New\":1}",
			"{\"Healthcheck\":{\"Retries\":2},\"New\":1}" },
		{ 52, 41, true,
			"{\"HostConfig\":{\"Annotations\":{\"a\":\"b\"},\"ConsoleSize\":[1,2],"
			"\"Mounts\":[{\"Type\":\"bind\",\"BindOptions\":{\"CreateMountpoint\":"
			"true,\"Propagation\":\"rslave\"}}]}}",
			"{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\",\"BindOptions\":{"
			"\"Propagation\":\"rslave\"}}]}}" },
		{ 48, 47, true, ENDPOINT("\"GwPriority\":5,\"Aliases\":[\"x\"]"),
			ENDPOINT("\"Aliases\":[\"x\"]") },
		{ 44, 41, true,
			"{\"HostConfig\":{\"NetworkMode\":\"a\"},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"a\":{\"MacAddress\":\"02:00:00:00:00:01\"}}}}",
			"{\"HostConfig\":{\"NetworkMode\":\"a\"},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"a\":{}}},\"MacAddress\":\"02:00:00:00:00:01\"}" },
		{ 47, 45, true,
			"{\"HostConfig\":{\"NetworkMode\":\"a\"},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"a\":{\"DriverOpts\":{\"x\":\"y\","
			"\"com.docker.network.endpoint.sysctls\":"
			"\"net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.mtu=1400\"}}}}"
			"}",
			"{\"HostConfig\":{\"NetworkMode\":\"a\",\"Sysctls\":{"
			"\"net.ipv4.conf.eth0.log_martians\":\"1\","
			"\"net.ipv6.conf.eth0.mtu\":\"1400\"}},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"a\":{\"DriverOpts\":{\"x\":\"y\"}}}}}" },
		/* the client is older than the engine's oldest */
		{ 47, 48, true,
			"{\"HostConfig\":{\"NetworkMode\":\"a\",\"Sysctls\":{"
			"\"net.ipv4.conf.eth0.log_martians\":\"1\",\"net.core.somaxconn\":\"5\"}}}",
			"{\"HostConfig\":{\"NetworkMode\":\"a\",\"Sysctls\":{"
			"\"net.core.somaxconn\":\"5\"}},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"a\":{\"DriverOpts\":{"
			"\"com.docker.network.endpoint.sysctls\":"
			"\"net.ipv4.conf.IFNAME.log_martians=1\"}}}}}" },
		{ 40, 44, false, "{\"HostConfig\":{\"Capabilities\":[\"CHOWN\"],\"CapAdd\":null}}",
			"{\"HostConfig\":{\"CapDrop\":[\"ALL\"],\"CapAdd\":[\"CHOWN\"]}}" },
		{ 40, 44, false, "{\"HostConfig\":{\"Capabilities\":[]}}", "{\"HostConfig\":{}}" },
		/* younger than the request: an engine of its time overlooked it */
		{ 24, 40, false, "{\"HostConfig\":{\"Capabilities\":[\"CHOWN\"]}}",
			"{\"HostConfig\":{\"IpcMode\":\"shareable\"}}" },
		{ 42, 45, false,
			"{\"Healthcheck\":{\"StartInterval\":1},\"HostConfig\":{\"Annotations\":{"
			"\"a\":"
			"\"b\"}}}",
			"{\"Healthcheck\":{},\"HostConfig\":{}}" },
		{ 39, 44, true, "{}",
			"{\"HostConfig\":{\"IpcMode\":\"shareable\",\"CgroupnsMode\":\"host\"}}" },
		{ 39, 44, false, "{\"HostConfig\":{\"IpcMode\":\"private\"}}",
			"{\"HostConfig\":{\"IpcMode\":\"private\"}}" },
		{ 40, 44, true, "{\"HostConfig\":{\"CgroupnsMode\":\"\"}}",
			"{\"HostConfig\":{\"CgroupnsMode\":\"host\"}}" },
		{ 43, 44, true,
			"{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\",\"ReadOnly\":true},"
			"{\"Type\":\"bind\"},{\"Type\":\"volume\",\"ReadOnly\":true}]}}",
			"{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\",\"ReadOnly\":true,"
			"\"BindOptions\":{\"ReadOnlyNonRecursive\":true}},"
			"{\"Type\":\"bind\"},{\"Type\":\"volume\",\"ReadOnly\":true}]}}" },
		{ 43, 52, false,
			"{\"MacAddress\":\"02:00:00:00:00:01\",\"HostConfig\":{\"NetworkMode\":"
			"\"a\"}}",
			"{\"HostConfig\":{\"NetworkMode\":\"a\"},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"a\":{\"MacAddress\":\"02:00:00:00:00:01\"}}}}" },
		{ 43, 51, false, "{\"MacAddress\":\"02:00:00:00:00:01\"}",
			"{\"MacAddress\":\"02:00:00:00:00:01\"}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json_mut yyjson_mut_doc *doc = edit_json(cases[i].body);
		struct translate_create t = { v(cases[i].client), v(cases[i].engine),
			cases[i].cgroup1 };
		struct translate_connects later;

		translate_create(&t, doc, &later);
		auto_free char *sent = json_doc_text(doc, NULL);
		assert_string_equal(sent, cases[i].sent);
		assert_int_equal(later.count, 0);
		translate_connects_finish(&later);
	}
}

#define TWO_NETWORKS                                                                               \
	"\"NetworkingConfig\":{\"EndpointsConfig\":{\"b\":{\"Aliases\":[\"x\"]},\"a\":{\"c\":1},"  \
	"\"d\":null}}"

/* Engines before 1.44 take one network. */
static void test_networks_for_later(void **state maybe_unused)
{
	static const struct {
		int engine;
		const char *body, *sent, *later;
	} cases[] = {
		{ 43, "{\"HostConfig\":{\"NetworkMode\":\"a\"}," TWO_NETWORKS "}",
			"{\"HostConfig\":{\"NetworkMode\":\"a\"},\"NetworkingConfig\":{"
			"\"EndpointsConfig\":{\"a\":{\"c\":1}}}}",
			"b={\"Aliases\":[\"x\"]} d={} " },
		{ 43, "{" TWO_NETWORKS "}", "{\"NetworkingConfig\":{\"EndpointsConfig\":{}}}",
			"b={\"Aliases\":[\"x\"]} a={\"c\":1} d={} " },
		{ 44, "{" TWO_NETWORKS "}", "{" TWO_NETWORKS "}", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json_mut yyjson_mut_doc *doc = edit_json(cases[i].body);
		struct translate_create t = { v(52), v(cases[i].engine), false };
		auto_strbuf struct strbuf text = STRBUF_INIT;
		struct translate_connects later;

		translate_create(&t, doc, &later);
		auto_free char *sent = json_doc_text(doc, NULL);
		for (size_t k = 0; k < later.count; k++)
			strbuf_addf(
				&text, "%s=%s ", later.items[k].network, later.items[k].endpoint);
		assert_string_equal(sent, cases[i].sent);
		assert_string_equal(text.buf, cases[i].later);
		translate_connects_finish(&later);
	}
}

#define ID       "\"Id\":\"0123456789abcdef\""
#define NETWORKS "\"NetworkSettings\":{\"Networks\":"

static void test_answers(void **state maybe_unused)
{
	static const struct {
		enum translate_answer kind;
		int client, engine;
		const char *received, *shown;
	} cases[] = {
		{ TRANSLATE_CONTAINER, 44, 44, "{" ID "}", "{" ID "}" },
		{ TRANSLATE_CONTAINER, 50, 45, "{" ID "}", "{" ID "}" },
		{ TRANSLATE_CONTAINER, 44, 45,
			"{" ID "," NETWORKS
			"{\"bridge\":{\"Aliases\":null},\"a\":{\"Aliases\":[\"x\"]},\"b\":{}}}}",
			"{" ID "," NETWORKS
			"{\"bridge\":{\"Aliases\":null},\"a\":{\"Aliases\":[\"x\","
			"\"0123456789ab\"]},\"b\":{\"Aliases\":[\"0123456789ab\"]}}}}" },
		{ TRANSLATE_CONTAINER, 51, 52,
			"{\"Config\":{}," NETWORKS
			"{\"bridge\":{\"IPAddress\":\"172.17.0.2\",\"IPPrefixLen\":16,"
			"\"MacAddress\":\"02:00:00:00:00:01\"}}},"
			"\"Storage\":{\"RootFS\":{\"Snapshot\":{\"Name\":\"overlayfs\"}}}}",
			"{\"Config\":{\"MacAddress\":\"02:00:00:00:00:01\"}," NETWORKS
			"{\"bridge\":{\"IPAddress\":\"172.17.0.2\",\"IPPrefixLen\":16,"
			"\"MacAddress\":\"02:00:00:00:00:01\"}},\"EndpointID\":\"\","
			"\"Gateway\":\"\",\"GlobalIPv6Address\":\"\",\"IPAddress\":\"172.17.0.2\","
			"\"IPv6Gateway\":\"\",\"MacAddress\":\"02:00:00:00:00:01\","
			"\"GlobalIPv6PrefixLen\":0,\"IPPrefixLen\":16},"
			"\"Storage\":{\"RootFS\":{\"Snapshot\":{\"Name\":\"overlayfs\"}}},"
			"\"GraphDriver\":{\"Data\":null,\"Name\":\"overlayfs\"}}" },
		{ TRANSLATE_IMAGE, 43, 44, "{\"Size\":5}", "{\"Size\":5,\"VirtualSize\":5}" },
		{ TRANSLATE_IMAGE, 44, 44, "{\"Size\":5}", "{\"Size\":5}" },
		{ TRANSLATE_IMAGE, 44, 45, "{\"Config\":{\"Volumes\":{\"/a\":{}}}}",
			"{\"Config\":{\"Volumes\":{\"/a\":{}}},\"Container\":\"\","
			"\"ContainerConfig\":{\"Volumes\":{\"/a\":{}}}}" },
		{ TRANSLATE_IMAGE, 45, 50, "{\"Config\":{\"Tty\":true}}",
			"{\"Config\":{\"Tty\":true,\"Hostname\":\"\",\"Domainname\":\"\","
			"\"Image\":\"\",\"AttachStdin\":false,\"AttachStdout\":false,"
			"\"AttachStderr\":false,\"OpenStdin\":false,\"StdinOnce\":false}}" },
		{ TRANSLATE_IMAGE, 51, 52, "{\"Author\":\"me\"}",
			"{\"Author\":\"me\",\"Parent\":\"\",\"Comment\":\"\",\"DockerVersion\":"
			"\"\"}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_json_mut yyjson_mut_doc *doc = edit_json(cases[i].received);
		struct api_version client = v(cases[i].client), engine = v(cases[i].engine);
		bool differs = strcmp(cases[i].received, cases[i].shown) != 0;

		assert_int_equal(translate_answer_differs(cases[i].kind, client, engine), differs);
		translate_answer(cases[i].kind, doc, client, engine);
		auto_free char *shown = json_doc_text(doc, NULL);
		assert_string_equal(shown, cases[i].shown);
	}
}

/* Whatever an engine says, nothing breaks. */
static void test_answers_of_another_shape(void **state maybe_unused)
{
	static const char *const answers[] = { "[]", "{}", "1",
		"{\"Id\":5,\"NetworkSettings\":[],\"Config\":1,\"Storage\":\"x\",\"Size\":null}",
		"{\"NetworkSettings\":{\"Networks\":{\"a\":[],\"bridge\":7}}}" };

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		auto_json_mut yyjson_mut_doc *container = edit_json(answers[i]);
		auto_json_mut yyjson_mut_doc *image = edit_json(answers[i]);

		translate_answer(TRANSLATE_CONTAINER, container, v(24), v(52));
		translate_answer(TRANSLATE_IMAGE, image, v(24), v(52));
	}
}

static void test_stream_types(void **state maybe_unused)
{
	assert_null(translate_stream_type(false, v(41), v(41)));
	assert_null(translate_stream_type(false, v(52), v(42)));
	assert_string_equal(translate_stream_type(false, v(42), v(41)),
		"application/vnd.docker.multiplexed-stream");
	assert_string_equal(
		translate_stream_type(true, v(52), v(41)), "application/vnd.docker.raw-stream");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_network_needs),
		cmocka_unit_test(test_update_needs),
		cmocka_unit_test(test_a_need_that_is_not_the_requests),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_networks_for_later),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_answers_of_another_shape),
		cmocka_unit_test(test_stream_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
