#include "kv/location.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/util.h"

static const struct {
	const char *prefix, *path, *expected;
} joins[] = {
	{ "", "docker/swarm/nodes", "docker/swarm/nodes" },
	{ "p", "docker/swarm/nodes", "p/docker/swarm/nodes" },
	{ "p/q", "nodes/10.0.0.1:2375", "p/q/nodes/10.0.0.1:2375" },
	/* slashes */
	{ "/p/", "/nodes/", "p/nodes" },
	{ "//p//q", "nodes", "p/q/nodes" },
	{ "", "", "" },
	{ "/", "/", "" },
	/* dots */
	{ "p/./q", "./nodes", "p/q/nodes" },
	{ "p/../q", "nodes", "q/nodes" },
	{ "p", "../nodes", "nodes" },
	{ "..", "nodes", "nodes" },
	{ "../../p", "nodes", "p/nodes" },
	{ "p...", ".nodes", "p.../.nodes" },
	/* taken literally */
	{ "a%2fb", "c?d#e", "a%2fb/c?d#e" },
	{ "a b", "[::1]:2", "a b/[::1]:2" },
};

static void test_join(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(joins); i++) {
		auto_free char *got = kv_join(joins[i].prefix, joins[i].path);
		assert_string_equal(got, joins[i].expected);
	}
}

static const struct {
	const char *rest;
	const char *servers; /* joined by commas; NULL: an error */
	const char *prefix;  /* or the error */
} urls[] = {
	{ "h", "h:8500", "" },
	{ "h:1", "h:1", "" },
	{ "h/p", "h:8500", "p" },
	{ "h:1/p/q", "h:1", "p/q" },
	{ "h:1//lead", "h:1", "lead" },
	{ "h:1/", "h:1", "" },
	{ "a,b:2,c/p", "a:8500,b:2,c:8500", "p" },
	{ "h/p,q:1", "h:8500", "p,q:1" },
	{ "[::1]", "[::1]:8500", "" },
	{ "[2001:db8::1]:2/p", "[2001:db8::1]:2", "p" },
	{ "h/p://q", "h:8500", "p:/q" },
	{ "", NULL, "a server without a name before the path" },
	{ "/p", NULL, "a server without a name before the path" },
	{ "a,/p", NULL, "a server without a name before the path" },
	{ ":1", NULL, "address :1: missing host" },
	{ "h:", NULL, "address h:: invalid port ''" },
	{ "h:0", NULL, "address h:0: invalid port '0'" },
	{ "h:65536", NULL, "address h:65536: invalid port '65536'" },
	{ "h:x", NULL, "address h:x: invalid port 'x'" },
	{ "h:1:2", NULL, "address h:1:2: too many colons in address" },
	{ "u:p@h:1", NULL, "address u:p@h:1: too many colons in address" },
	{ "u@h:1", NULL, "address u@h:1: invalid host 'u@h'" },
	{ "a b:1", NULL, "address a b:1: invalid host 'a b'" },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct kv_location location = KV_LOCATION_INIT;
		auto_error struct error err = ERROR_INIT;
		bool ok = kv_location_parse(&location, urls[i].rest, "8500", &err);

		assert_int_equal(ok, urls[i].servers != NULL);
		if (!ok) {
			assert_string_equal(err.text, urls[i].prefix);
			continue;
		}
		auto_free char *servers = strv_join(&location.servers, ",");
		assert_string_equal(servers, urls[i].servers);
		assert_string_equal(location.prefix, urls[i].prefix);
		kv_location_finish(&location);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
