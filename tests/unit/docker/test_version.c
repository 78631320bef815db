#include "docker_test.h"

#include <string.h>

#include "base/util.h"
#include "docker/port.h"
#include "docker/version.h"

static void test_parse(void **state maybe_unused)
{
	static const struct {
		const char *text;
		bool ok;
		int major, minor;
	} cases[] = {
		{ "1.41", true, 1, 41 },
		{ "1.9", true, 1, 9 },
		{ "10.0", true, 10, 0 },
		{ "", false, 0, 0 },
		{ "1", false, 0, 0 },
		{ "1.", false, 0, 0 },
		{ ".1", false, 0, 0 },
		{ "1.4x", false, 0, 0 },
		{ "v1.4", false, 0, 0 },
		{ "-1.4", false, 0, 0 },
		{ "1.99999999999999999999", true, 1, 999999 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct api_version v = { 0 };

		assert_int_equal(api_version_parse(cases[i].text, &v), cases[i].ok);
		assert_int_equal(v.major, cases[i].major);
		assert_int_equal(v.minor, cases[i].minor);
	}
}

static void test_order_is_numeric(void **state maybe_unused)
{
	struct api_version nine = { 1, 9 }, ten = { 1, 10 }, two = { 2, 0 };

	assert_true(api_version_compare(nine, ten) < 0);
	assert_true(api_version_compare(two, ten) > 0);
	assert_int_equal(api_version_compare(ten, ten), 0);
	assert_true(api_version_before(nine, 1, 10));
	assert_false(api_version_before(ten, 1, 10));
}

static void test_split_path(void **state maybe_unused)
{
	static const struct {
		const char *path, *rest;
		int major, minor;
	} cases[] = {
		{ "/v1.47/containers/json", "/containers/json", 1, 47 },
		{ "/v1.47/", "/", 1, 47 },
		{ "/v1.47", "/v1.47", 0, 0 },
		{ "/containers/json", "/containers/json", 0, 0 },
		{ "/vabc/info", "/vabc/info", 0, 0 },
		{ "/v1x47/info", "/v1x47/info", 0, 0 },
		{ "/v1.47x/info", "/v1.47x/info", 0, 0 },
		{ "/volumes", "/volumes", 0, 0 },
		{ "/v", "/v", 0, 0 },
		{ "", "", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *rest;
		struct api_version v = api_path_split(cases[i].path, &rest);

		assert_string_equal(rest, cases[i].rest);
		assert_int_equal(v.major, cases[i].major);
		assert_int_equal(v.minor, cases[i].minor);
	}
}

static void test_check_texts(void **state maybe_unused)
{
	struct api_range range = { { 1, 40 }, { 1, 55 } };
	auto_error struct error err = ERROR_INIT;

	assert_true(api_version_check((struct api_version){ 0, 0 }, &range, &err));
	assert_true(api_version_check((struct api_version){ 1, 40 }, &range, &err));
	assert_false(api_version_check((struct api_version){ 1, 39 }, &range, &err));
	assert_string_equal(err.text,
		"client version 1.39 is too old. Minimum supported API version is 1.40, please "
		"upgrade your client to a newer version");
	assert_false(api_version_check((struct api_version){ 1, 56 }, &range, &err));
	assert_string_equal(
		err.text, "client version 1.56 is too new. Maximum supported API version is 1.55");
	assert_int_equal(err.code, ERROR_INVALID);
}

static void test_parse_ports(void **state maybe_unused)
{
	static const struct {
		const char *text;
		bool ok;
		uint16_t first, last;
		enum port_protocol protocol;
	} cases[] = {
		{ "80/tcp", true, 80, 80, PORT_TCP },
		{ "80", true, 80, 80, PORT_TCP },
		{ "53/UDP", true, 53, 53, PORT_UDP },
		{ "9/sctp", true, 9, 9, PORT_SCTP },
		{ "8000-8010/udp", true, 8000, 8010, PORT_UDP },
		{ "080", true, 80, 80, PORT_TCP },
		{ "65535", true, 65535, 65535, PORT_TCP },
		{ "65536", false, 0, 0, 0 },
		{ "0", false, 0, 0, 0 },
		{ "", false, 0, 0, 0 },
		{ "/tcp", false, 0, 0, 0 },
		{ "80/", false, 0, 0, 0 },
		{ "80/icmp", false, 0, 0, 0 },
		{ "20-10", false, 0, 0, 0 },
		{ "10-", false, 0, 0, 0 },
		{ "-10", false, 0, 0, 0 },
		{ "99999999999999999999", false, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum port_protocol protocol = 0;
		uint16_t first = 0, last = 0;

		assert_int_equal(port_parse(cases[i].text, &first, &last, &protocol), cases[i].ok);
		assert_int_equal(first, cases[i].first);
		assert_int_equal(last, cases[i].last);
		assert_int_equal(protocol, cases[i].protocol);
	}
}

static void test_port_ranges(void **state maybe_unused)
{
	uint16_t first = 1, last = 1;

	assert_true(port_range_parse("", &first, &last));
	assert_int_equal(first, 0);
	assert_int_equal(last, 0);
	assert_true(port_range_parse("8000-8010", &first, &last));
	assert_int_equal(first, 8000);
	assert_int_equal(last, 8010);
	assert_true(port_range_parse("0", &first, &last));
	assert_false(port_range_parse("0-9", &first, &last));
	assert_false(port_range_parse("x", &first, &last));
}

#define ANY(proto, a, b)                                                                           \
	{                                                                                          \
		.protocol = (proto), .any_address = true, .first = (a), .last = (b), .address = "" \
	}
#define AT(ip, port)                                                                               \
	{                                                                                          \
		.protocol = PORT_TCP, .first = (port), .last = (port), .address = (ip)             \
	}

static void test_port_conflicts(void **state maybe_unused)
{
	static const struct {
		struct port_use a, b;
		bool conflict;
	} cases[] = {
		{ ANY(PORT_TCP, 80, 80), ANY(PORT_TCP, 80, 80), true },
		{ ANY(PORT_TCP, 80, 80), ANY(PORT_UDP, 80, 80), false },
		{ ANY(PORT_TCP, 80, 80), ANY(PORT_TCP, 81, 81), false },
		{ ANY(PORT_TCP, 80, 90), ANY(PORT_TCP, 90, 99), true },
		{ ANY(PORT_TCP, 80, 89), ANY(PORT_TCP, 90, 99), false },
		{ ANY(PORT_TCP, 0, 0), ANY(PORT_TCP, 0, 0), false },
		{ AT("10.0.0.1", 80), ANY(PORT_TCP, 80, 80), true },
		{ AT("10.0.0.1", 80), AT("10.0.0.1", 80), true },
		{ AT("10.0.0.1", 80), AT("10.0.0.2", 80), false },
		{ AT("::1", 80), AT("0:0:0:0:0:0:0:1", 80), true },
		{ AT("::1", 80), AT("127.0.0.1", 80), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(port_use_conflicts(&cases[i].a, &cases[i].b), cases[i].conflict);
		assert_int_equal(port_use_conflicts(&cases[i].b, &cases[i].a), cases[i].conflict);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_order_is_numeric),
		cmocka_unit_test(test_split_path),
		cmocka_unit_test(test_check_texts),
		cmocka_unit_test(test_parse_ports),
		cmocka_unit_test(test_port_ranges),
		cmocka_unit_test(test_port_conflicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
