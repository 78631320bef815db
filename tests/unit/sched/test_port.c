/* Port filter: cases S-59 to S-66. */
#include "pool.h"

#define BIND(port, ip, host)                                                                       \
	"{\"Image\":\"i\",\"HostConfig\":{\"PortBindings\":{\"" port "\":[{\"HostIp\":\"" ip       \
	"\",\"HostPort\":\"" host "\"}]}}}"
#define BINDS(list) "{\"Image\":\"i\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[" list "]}}}"
#define PORT_80     BIND("80/tcp", "", "80")
#define EXPOSE_HOST(port)                                                                          \
	"{\"Image\":\"i\",\"ExposedPorts\":{\"" port                                               \
	"\":{}},\"HostConfig\":{\"NetworkMode\":\"host\"}}"
#define NOTHING "{\"Image\":\"i\"}"

struct port_case {
	const char *name;
	const char *held; /* what a container on node `on` asked for; NULL: none */
	size_t on;
	const char *request, *expected;
};

static void run_cases(const struct port_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct pool *p = pool_create(3, NULL, NULL);

		if (cases[i].held)
			pool_add(p, cases[i].on, "c", "id", cases[i].held);
		auto_free char *got = pool_fitting(p, cases[i].request);
		check_text(cases[i].name, got, cases[i].expected);
		pool_destroy(p);
	}
}

static void test_cases(void **state maybe_unused)
{
	static const struct port_case cases[] = {
		{ "S-59", NULL, 0, NOTHING, "012" },
		{ "S-59", NULL, 0, PORT_80, "012" },
		{ "S-59", BIND("80/tcp", "", "4242"), 0, NOTHING, "012" },
		{ "S-59", BIND("80/tcp", "", "4242"), 0, PORT_80, "012" },
		{ "S-60", PORT_80, 0, PORT_80, "12" },
		{ "S-61", PORT_80, 0, BIND("80/tcp", "127.0.0.1", "80"), "12" },
		{ "S-62", BIND("80/tcp", "127.0.0.1", "4242"), 1,
			BIND("80/tcp", "127.0.0.1", "4242"), "02" },
		{ "S-62", BIND("80/tcp", "127.0.0.1", "4242"), 1, BIND("80/tcp", "0.0.0.0", "4242"),
			"02" },
		{ "S-62", BIND("80/tcp", "127.0.0.1", "4242"), 1, BIND("80/tcp", "", "4242"),
			"02" },
		{ "S-63", BIND("80/tcp", "127.0.0.1", "4242"), 1,
			BIND("80/tcp", "192.168.1.1", "4242"), "012" },
		/* the record of a started container has the requested and the actual port */
		{ "S-64",
			"{\"Image\":\"i\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":["
			"{\"HostPort\":\"\"},{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"1234\"}]}}}",
			0, PORT_80, "012" },
		{ "S-64",
			"{\"Image\":\"i\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":["
			"{\"HostPort\":\"\"},{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"1234\"}]}}}",
			0, BIND("80/tcp", "", "1234"), "12" },
		{ "S-65", EXPOSE_HOST("80/tcp"), 0, EXPOSE_HOST("80/tcp"), "12" },
		{ "no host port", PORT_80, 0, BIND("80/tcp", "", ""), "012" },
	};

	run_cases(cases, ARRAY_SIZE(cases));
}

/* Compose makes the new container before it removes the old one. */
static void test_recreating(void **state maybe_unused)
{
#define SERVICE(name, number, oneoff)                                                              \
	"{\"Image\":\"i\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"80\"}]}}," \
	"\"Labels\":{\"com.docker.compose.project\":\"p\",\"com.docker.compose.service\":\"" name  \
	"\",\"com.docker.compose.container-number\":\"" number                                     \
	"\",\"com.docker.compose.oneoff\":\"" oneoff "\"}}"
#define WEB SERVICE("web", "1", "False")
	static const struct port_case cases[] = {
		{ "in its place", WEB, 1, WEB, "1" },
		{ "another service", SERVICE("db", "1", "False"), 1, WEB, "02" },
		{ "another number", SERVICE("web", "2", "False"), 1, WEB, "02" },
		{ "compose run", WEB, 1, SERVICE("web", "1", "True"), "02" },
		{ "two of compose run", SERVICE("web", "1", "True"), 1, SERVICE("web", "1", "True"),
			"02" },
		{ "no service", PORT_80, 1, WEB, "02" },
		{ "nothing to replace", NULL, 0, WEB, "012" },
	};

	run_cases(cases, ARRAY_SIZE(cases));
}

/* F10: numbers rather than strings, and both network modes. */
static void test_more_than_classic(void **state maybe_unused)
{
	static const struct port_case cases[] = {
		{ "protocol", BIND("80/udp", "", "80"), 0, PORT_80, "012" },
		{ "same protocol", BIND("53/udp", "", "53"), 0, BIND("53/udp", "", "53"), "12" },
		{ "leading zero", BIND("80/tcp", "", "080"), 0, PORT_80, "12" },
		{ "within a held range", BIND("80/tcp", "", "79-81"), 0, PORT_80, "12" },
		{ "range with free ports", PORT_80, 0, BIND("80/tcp", "", "79-81"), "012" },
		{ "range for two", BIND("80/tcp", "", "79-81"), 0, BIND("80/tcp", "", "80-81"),
			"012" },
		{ "range for one", BIND("80/tcp", "", "79-80"), 0, BIND("80/tcp", "", "80-80"),
			"12" },
		{ "range without", BINDS("{\"HostPort\":\"80\"},{\"HostPort\":\"81\"}"), 0,
			BIND("80/tcp", "", "80-81"), "12" },
		{ "range and port, for two",
			BINDS("{\"HostPort\":\"80\"},{\"HostPort\":\"80-82\"}"), 0,
			BIND("80/tcp", "", "80-81"), "12" },
		{ "range and port, for three",
			BINDS("{\"HostPort\":\"80\"},{\"HostPort\":\"80-82\"}"), 0,
			BIND("80/tcp", "", "80-82"), "012" },
		{ "range partly free", BIND("80/tcp", "", "79-81"), 0, BIND("80/tcp", "", "80-82"),
			"012" },
		{ "range to the end", BIND("80/tcp", "", "65000-65535"), 0,
			BIND("80/tcp", "", "65001-65535"), "012" },
		{ "host mode and bridge", EXPOSE_HOST("80/tcp"), 0, PORT_80, "12" },
		{ "bridge and host mode", PORT_80, 0, EXPOSE_HOST("80/tcp"), "12" },
		{ "host mode, other protocol", EXPOSE_HOST("80/udp"), 0, EXPOSE_HOST("80/tcp"),
			"012" },
		{ "exposed in bridge mode is not taken",
			"{\"Image\":\"i\",\"ExposedPorts\":{\"80/tcp\":{}}}", 0, PORT_80, "012" },
		{ "unspecified v6", BIND("80/tcp", "::", "80"), 0,
			BIND("80/tcp", "127.0.0.1", "80"), "12" },
	};

	run_cases(cases, ARRAY_SIZE(cases));
}

static void test_pending(void **state maybe_unused)
{
	static const struct {
		const char *name, *body;
	} cases[] = {
		{ "S-66", PORT_80 },
		{ "pending on the host's network", EXPOSE_HOST("80/tcp") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *p = pool_create(3, NULL, NULL);
		size_t first = pool_run(p, cases[i].body);
		const char *expected[] = { "12", "02", "01" };

		assert_int_equal(p->nodes[first].containers[0]->state, CONTAINER_PENDING);
		auto_free char *got = pool_fitting(p, PORT_80);
		check_text(cases[i].name, got, expected[first]);
		pool_destroy(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_recreating),
		cmocka_unit_test(test_more_than_classic),
		cmocka_unit_test(test_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
