#include "cmd/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cmd/command.h"

static const struct {
	const char *text;
	int64_t ns; /* -1: error */
	const char *error;
} durations[] = {
	{ "0", 0, NULL },
	{ "1s", 1000000000, NULL },
	{ "1m30s", 90000000000, NULL },
	{ "1.5s", 1500000000, NULL },
	{ "2h", 7200000000000, NULL },
	{ "500ms", 500000000, NULL },
	{ "10us", 10000, NULL },
	{ "10µs", 10000, NULL },
	{ "7ns", 7, NULL },
	{ "+1s", 1000000000, NULL },
	{ "-1s", -1000000000, NULL },
	{ "60", 0, "invalid --ttl: time: missing unit in duration \"60\"" },
	{ "x", 0, "invalid --ttl: time: invalid duration \"x\"" },
	{ "", 0, "invalid --ttl: time: invalid duration \"\"" },
	{ "1y", 0, "invalid --ttl: time: unknown unit" },
};

static void test_durations(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		auto_error struct error err = ERROR_INIT;
		int64_t ns = -42;
		bool ok = value_duration("ttl", durations[i].text, &ns, &err);

		assert_int_equal(ok, durations[i].error == NULL);
		if (ok)
			assert_int_equal(ns, durations[i].ns);
		else
			assert_non_null(strstr(err.text, durations[i].error));
	}
}

static void test_milliseconds_round_up(void **state)
{
	(void)state;
	assert_int_equal(value_ns_to_ms(0), 0);
	assert_int_equal(value_ns_to_ms(1), 1);
	assert_int_equal(value_ns_to_ms(1000000), 1);
	assert_int_equal(value_ns_to_ms(1000001), 2);
}

static void test_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t bytes; /* 0: error */
	} rows[] = {
		{ "16777216", 16777216 },
		{ "16777216b", 16777216 },
		{ "65536k", 67108864 },
		{ "512m", 536870912 },
		{ "1G", 1073741824 },
		{ "15m", 0 },
		{ "", 0 },
		{ "m", 0 },
		{ "-1", 0 },
		{ "512mb", 0 },
		{ "1.5g", 0 },
		{ "1t", 0 },
		{ "512 m", 0 },
		{ "18446744073709551615g", 0 },
		{ "99999999999999999999", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		size_t bytes = 0;

		assert_int_equal(value_bytes("client-memory", rows[i].text, &bytes, &err),
			rows[i].bytes > 0);
		assert_int_equal(bytes, rows[i].bytes);
		if (!bytes)
			assert_non_null(strstr(err.text, "--client-memory"));
	}
}

static void test_ip(void **state)
{
	static const struct {
		const char *text;
		bool may_resolve;
		const char *ip; /* NULL: refused */
	} rows[] = {
		{ "", false, "" },
		{ "*", false, "" },
		{ "0.0.0.0", false, "0.0.0.0" },
		{ "10.1.2.3", true, "10.1.2.3" },
		{ "0:0:0:0:0:0:0:1", false, "::1" },
		{ "localhost", false, NULL },
		{ "10.1.2.3:80", true, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		auto_free char *ip = NULL;

		assert_int_equal(
			value_ip("relay-host", rows[i].text, rows[i].may_resolve, &ip, &err),
			rows[i].ip != NULL);
		if (rows[i].ip)
			assert_string_equal(ip, rows[i].ip);
		else
			assert_non_null(strstr(err.text, "--relay-host"));
	}
}

static void test_heartbeat(void **state)
{
	auto_error struct error err = ERROR_INIT;
	int64_t ns;

	(void)state;
	assert_true(value_heartbeat("1s", &ns, &err));
	assert_int_equal(ns, 1000000000);
	assert_false(value_heartbeat("999ms", &ns, &err));
	assert_string_equal(err.text, "--heartbeat should be at least one second");
	assert_false(value_heartbeat("-1s", &ns, &err));
	assert_false(value_heartbeat("1", &ns, &err));
	assert_non_null(strstr(err.text, "invalid --heartbeat: "));
}

static void test_advertise(void **state)
{
	static const char *const good[] = { "1.2.3.4:2375", "node:1", "[2001:db8::1]:2375",
		"h:08" };
	static const char *const bad[] = { "", "h", "h:", ":2375", "h:0", "h:70000", "h:x",
		"2001:db8::1:2375", "a b:1", "a/b:1", "unix:///x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(value_advertise(good[i], NULL));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_error struct error err = ERROR_INIT;

		assert_false(value_advertise(bad[i], &err));
		assert_string_equal(
			err.text, "--advertise should be of the form ip:port or hostname:port");
	}
}

static const struct {
	const char *text;
	const char *error; /* NULL: fine */
} hosts[] = {
	{ "127.0.0.1:2375", NULL },
	{ ":2375", NULL },
	{ "tcp://0.0.0.0:3376", NULL },
	{ "tcp://[::]:2375", NULL },
	{ "unix:///run/swarm.sock", NULL },
	{ "fd://", NULL },
	{ "fd://3", NULL },
	{ "foo://x", "unsupported protocol: \"foo\"" },
	{ "localhost", "missing port in address" },
	{ "", "missing port in address" },
};

static void test_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		auto_error struct error err = ERROR_INIT;

		assert_int_equal(value_host(hosts[i].text, &err), hosts[i].error == NULL);
		if (hosts[i].error)
			assert_non_null(strstr(err.text, hosts[i].error));
	}
}

static const struct {
	const char *options; /* joined by commas */
	double overcommit;
	uint32_t create_retry;
	const char *error; /* NULL: fine */
} clusters[] = {
	{ "", 0.05, 0, NULL },
	{ "swarm.overcommit=0.5", 0.5, 0, NULL },
	{ "swarm.overcommit=-0.5,swarm.createretry=2", -0.5, 2, NULL },
	{ "swarm.overcommit=1,swarm.overcommit=2", 1, 0, NULL },
	{ "swarm.createretry=1,swarm.createretry=2", 0.05, 1, NULL },
	{ "swarm.overcommit=-1", 0, 0,
		"swarm.overcommit should be larger than -1, -1.000000 is invalid" },
	{ "swarm.overcommit=x", 0, 0, "swarm.overcommit: 'x' is not a number" },
	{ "swarm.overcommit=nan", 0, 0, "swarm.overcommit: 'nan' is not a number" },
	{ "swarm.overcommit=1000000", 1e6, 0, NULL },
	{ "swarm.overcommit=1e300", 0, 0,
		"swarm.overcommit should be at most 1000000, 1e300 is invalid" },
	{ "swarm.overcommit=", 0, 0, "swarm.overcommit: '' is not a number" },
	{ "swarm.createretry=-1", 0, 0, "swarm.createretry can not be negative, -1 is invalid" },
	{ "swarm.createretry=1.5", 0, 0, "swarm.createretry: '1.5' is not a whole number" },
	{ "swarm.createretry=99999999999", 0, 0,
		"swarm.createretry: '99999999999' is not a whole number" },
	{ "swarm.overcommit", 0, 0,
		"--cluster-opt 'swarm.overcommit' should be of the form key=value" },
	{ "swarm.over=1", 0, 0,
		"unknown --cluster-opt 'swarm.over': there are swarm.overcommit, "
		"swarm.createretry, swarm.apiversion, swarm.together, swarm.volumes and "
		"swarm.reschedule-share" },
	{ "=1", 0, 0,
		"unknown --cluster-opt '': there are swarm.overcommit, swarm.createretry, "
		"swarm.apiversion, swarm.together, swarm.volumes and swarm.reschedule-share" },
	{ "swarm.together=app!", 0.05, 0, NULL },
	{ "swarm.together=", 0, 0,
		"swarm.together: '' is no list of label keys, KEY[!][,KEY[!]...]" },
	{ "swarm.together=!", 0, 0,
		"swarm.together: '!' is no list of label keys, KEY[!][,KEY[!]...]" },
	{ "swarm.volumes=every-node", 0.05, 0, NULL },
	{ "swarm.volumes=one-node", 0.05, 0, NULL },
	{ "swarm.volumes=two", 0, 0,
		"swarm.volumes should be one-node or every-node, 'two' is invalid" },
	{ "swarm.reschedule-share=0", 0.05, 0, NULL },
	{ "swarm.reschedule-share=1", 0.05, 0, NULL },
	{ "swarm.reschedule-share=1.1", 0, 0,
		"swarm.reschedule-share should be from 0 to 1, '1.1' is invalid" },
	{ "swarm.reschedule-share=nan", 0, 0,
		"swarm.reschedule-share should be from 0 to 1, 'nan' is invalid" },
	{ "swarm.apiversion=1.56", 0, 0,
		"swarm.apiversion should be one of 1.24 to 1.55, '1.56' is invalid" },
	{ "swarm.apiversion=1.23", 0, 0,
		"swarm.apiversion should be one of 1.24 to 1.55, '1.23' is invalid" },
	{ "swarm.apiversion=new", 0, 0,
		"swarm.apiversion should be one of 1.24 to 1.55, 'new' is invalid" },
};

static void test_cluster_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clusters); i++) {
		auto_strv struct strv options = STRV_INIT;
		auto_error struct error err = ERROR_INIT;
		struct cluster_options got;

		if (*clusters[i].options)
			strv_split(&options, clusters[i].options, ',');
		bool ok = value_cluster_options(&options, &got, &err);
		assert_int_equal(ok, clusters[i].error == NULL);
		if (!ok) {
			assert_string_equal(err.text, clusters[i].error);
			continue;
		}
		assert_true(got.overcommit == clusters[i].overcommit);
		assert_int_equal(got.create_retry, clusters[i].create_retry);
	}
}

static void test_newest_api_version(void **state)
{
	static const struct {
		const char *option;
		struct api_version version;
	} cases[] = {
		{ "swarm.createretry=1", API_VERSION_MAX },
		{ "swarm.apiversion=1.44", { 1, 44 } },
		{ "swarm.apiversion=1.24", { 1, 24 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strv struct strv options = STRV_INIT;
		auto_error struct error err = ERROR_INIT;
		struct cluster_options got;

		strv_add(&options, cases[i].option);
		assert_true(value_cluster_options(&options, &got, &err));
		assert_int_equal(api_version_compare(got.api_version, cases[i].version), 0);
	}
}

static void test_discovery_options(void **state)
{
	auto_strv struct strv options = STRV_INIT;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_true(value_discovery_options(&options, &err));
	strv_add(&options, "kv.path=a=b");
	strv_add(&options, "unknown=");
	assert_true(value_discovery_options(&options, &err));
	strv_add(&options, "kv.path");
	assert_false(value_discovery_options(&options, &err));
	assert_string_equal(err.text, "--discovery-opt must contain key=value strings");
}

static const struct {
	const char *words; /* joined by commas; NULL: none */
	const char *env;   /* NULL: not set */
	const char *text;  /* NULL: error */
	const char *error;
} discoveries[] = {
	{ "a:1", NULL, "a:1", NULL },
	{ "a:1", "b:2", "a:1", NULL },
	{ NULL, "b:2", "b:2", NULL },
	{ NULL, NULL, NULL, "discovery required to list a cluster. See 'prog list --help'." },
	{ NULL, "", NULL, "discovery required to list a cluster. See 'prog list --help'." },
	{ "", "b:2", NULL, "discovery required to list a cluster. See 'prog list --help'." },
	{ "a:1,b:2", "c:3", NULL,
		"list takes one discovery argument, and 'b:2' is another. See 'prog list "
		"--help'." },
};

static void test_discovery_argument(void **state)
{
	const struct command command = { .name = "list" };
	const struct invocation in = { .program = "prog", .command = &command };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(discoveries); i++) {
		auto_strv struct strv words = STRV_INIT;
		auto_error struct error err = ERROR_INIT;
		const char *text = NULL;

		if (discoveries[i].env)
			setenv("SWARM_DISCOVERY", discoveries[i].env, 1);
		if (discoveries[i].words)
			strv_split(&words, discoveries[i].words, ',');
		bool ok = value_discovery(&in, &words, "list a cluster", &text, &err);
		assert_int_equal(ok, discoveries[i].text != NULL);
		assert_string_equal(
			ok ? text : err.text, ok ? discoveries[i].text : discoveries[i].error);
		unsetenv("SWARM_DISCOVERY");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_milliseconds_round_up),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_heartbeat),
		cmocka_unit_test(test_advertise),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_cluster_options),
		cmocka_unit_test(test_newest_api_version),
		cmocka_unit_test(test_discovery_options),
		cmocka_unit_test(test_discovery_argument),
	};

	unsetenv("SWARM_DISCOVERY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
