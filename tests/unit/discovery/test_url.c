#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "discovery/entry.h"
#include "discovery/node_list.h"
#include "discovery/schemes.h"

#define HINT ", please check you are using the correct discovery (missing token:// ?)"

static const struct {
	const char *text;
	const char *scheme; /* NULL: not supported */
	const char *rest;
} urls[] = {
	{ "10.0.0.1:2375", "nodes", "10.0.0.1:2375" },
	{ "nodes://a:1,b:2", "nodes", "a:1,b:2" },
	{ "file:///etc/swarm", "file", "/etc/swarm" },
	{ "file://relative", "file", "relative" },
	{ "consul://h:8500/p", "consul", "h:8500/p" },
	{ "etcd://a,b/p", "etcd", "a,b/p" },
	{ "zk://a/p://q", "zk", "a/p://q" },
	{ "token://abc", "token", "abc" },
	{ "unix:///run/docker.sock", "nodes", "unix:///run/docker.sock" },
	{ "a:1,unix:///run/docker.sock", "nodes", "a:1,unix:///run/docker.sock" },
	{ "nodes://unix:///run/docker.sock", "nodes", "unix:///run/docker.sock" },
	{ "", "nodes", "" },
	{ "FILE:///etc/swarm", NULL, NULL },
	{ "mesos://h", NULL, NULL },
	{ "tcp://h:2375", NULL, NULL },
};

static void test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct discovery_url url = DISCOVERY_URL_INIT;
		auto_error struct error err = ERROR_INIT;
		bool ok = schemes_parse_url(&url, urls[i].text, &err);

		assert_int_equal(ok, urls[i].scheme != NULL);
		if (!ok) {
			assert_string_equal(err.text, "discovery service not supported");
			continue;
		}
		assert_string_equal(url.scheme->name, urls[i].scheme);
		assert_string_equal(url.rest, urls[i].rest);
		discovery_url_finish(&url);
	}
}

static void test_schemes_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < discovery_schemes_count; i++) {
		const struct discovery_scheme *s = &discovery_schemes[i];

		assert_non_null(s->form);
		assert_true(s->check && s->create);
		assert_true(s->can_register == !!s->enroll);
	}
}

static const struct {
	const char *text;
	const char *error; /* NULL: fine */
} checks[] = {
	{ "nodes://a:1", NULL },
	{ "file://x", NULL },
	{ "file://", "file:// needs a path: file://path/to/file" },
	{ "nodes://", "missing port in address" HINT },
	{ "abcdef", "address abcdef: missing port in address" HINT },
	{ "consul://h", NULL },
	{ "token://", "token is empty" },
	{ "token://h:1/v1/", "token is empty" },
	{ "token://h:1/v1/t", NULL },
	{ "token+http://h/t", NULL },
	{ "token+http://[::1]:1/a/b/t", NULL },
	{ "token+http://h:1:2/t", "address h:1:2: too many colons in address" },
	{ "token+http://h:1/t t", "a token is 1 to 64 of the characters 0-9 A-Z a-z _ -" },
	{ "token+http:///t", "address :80: missing host" },
};

static void test_checks(void **state)
{
	struct strv none = STRV_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct discovery_url url = DISCOVERY_URL_INIT;
		auto_error struct error err = ERROR_INIT;

		assert_true(schemes_parse_url(&url, checks[i].text, NULL));
		assert_int_equal(discovery_url_check(&url, &none, &err), !checks[i].error);
		if (checks[i].error)
			assert_string_equal(err.text, checks[i].error);
		discovery_url_finish(&url);
	}
}

static const struct {
	const char *text;
	const char *members; /* joined by commas; NULL: error */
	const char *error;   /* or the flaw */
} lists[] = {
	{ "a:1", "a:1", NULL },
	{ "b:1,a:1,b:1", "b:1,a:1,b:1", NULL },
	{ "a[1:2]:1,b:[1:2]1", "a1:1,a2:1,b:11,b:21", NULL },
	{ "[2001:db8::1]:2375", "[2001:db8::1]:2375", NULL },
	{ "unix:///a.sock,a:1", "unix:///a.sock,a:1", NULL },
	{ "a[2:1]:1,b:1", "b:1", "'a[2:1]:1' stands for no address: its range runs backwards" },
	{ "a", NULL, "address a: missing port in address" HINT },
	{ "a:1,", NULL, "missing port in address" HINT },
	{ ",", NULL, "missing port in address" HINT },
	{ "a:1:2", NULL, "address a:1:2: too many colons in address" HINT },
	{ "a:1, b:2", NULL, "address  b:2: invalid host ' b'" HINT },
	{ "a:0", NULL, "address a:0: invalid port '0'" HINT },
	{ "a:65536", NULL, "address a:65536: invalid port '65536'" HINT },
	{ ":80", NULL, "address :80: invalid host ''" HINT },
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		auto_strv struct strv got = STRV_INIT;
		auto_error struct error err = ERROR_INIT;
		auto_error struct error flaw = ERROR_INIT;

		if (!node_list_parse(lists[i].text, &got, &flaw, &err)) {
			assert_null(lists[i].members);
			assert_string_equal(err.text, lists[i].error);
			assert_int_equal(got.count, 0);
			continue;
		}
		auto_free char *joined = strv_join(&got, ",");
		assert_non_null(lists[i].members);
		assert_string_equal(joined, lists[i].members);
		assert_int_equal(error_is_set(&flaw), lists[i].error != NULL);
		if (lists[i].error)
			assert_string_equal(flaw.text, lists[i].error);
	}
}

static const struct {
	const char *entry;
	bool ok, advertisable;
} entries[] = {
	{ "10.0.0.1:2375", true, true },
	{ "host:1", true, true },
	{ "[2001:db8::1]:2375", true, true },
	{ "h:0080", true, true },
	{ "h:+80", true, true },
	{ "h:65535", true, true },
	{ "unix:///run/docker.sock", true, false },
	{ "unix://", false, false },
	{ "", false, false },
	{ "h", false, false },
	{ "h:", false, false },
	{ "h:0", false, false },
	{ "h:-1", false, false },
	{ "h:65536", false, false },
	{ "h:http", false, false },
	{ ":2375", false, false },
	{ "a b:1", false, false },
	{ "a/b:1", false, false },
	{ "a\tb:1", false, false },
	{ "2001:db8::1:2375", false, false },
	{ "tcp://h:2375", false, false },
};

static void test_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		assert_int_equal(entry_check(entries[i].entry, NULL), entries[i].ok);
		assert_int_equal(
			entry_check_host_port(entries[i].entry, NULL), entries[i].advertisable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_schemes_are_complete),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
