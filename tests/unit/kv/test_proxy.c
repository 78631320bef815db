#include "kv/http_proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"

#define PROXY "proxy:3128"

static const struct {
	const char *none, *host, *port;
	bool direct;
} targets[] = {
	/* this host */
	{ NULL, "localhost", "8500", true },
	{ NULL, "LOCALHOST", "8500", true },
	{ NULL, "127.0.0.1", "8500", true },
	{ NULL, "127.255.1.2", "8500", true },
	{ NULL, "::1", "8500", true },
	{ NULL, "128.0.0.1", "8500", false },
	{ NULL, "::2", "8500", false },
	{ NULL, "localhost.example", "8500", false },
	{ NULL, "10.0.0.1", "8500", false },
	/* everything, nothing */
	{ "*", "10.0.0.1", "8500", true },
	{ "", "10.0.0.1", "8500", false },
	{ " , ,", "10.0.0.1", "8500", false },
	/* addresses */
	{ "10.0.0.1", "10.0.0.1", "8500", true },
	{ "10.0.0.1", "10.0.0.11", "8500", false },
	{ "10.0.0.1", "110.0.0.1", "8500", false },
	{ "10.0.0.2, 10.0.0.1 ", "10.0.0.1", "8500", true },
	{ "10.0.0.1:8500", "10.0.0.1", "8500", true },
	{ "10.0.0.1:8501", "10.0.0.1", "8500", false },
	{ "2001:db8::1", "2001:db8::1", "8500", true },
	{ "2001:DB8:0::1", "2001:db8::1", "8500", true },
	{ "[2001:db8::1]:8500", "2001:db8::1", "8500", true },
	{ "[2001:db8::1]:8501", "2001:db8::1", "8500", false },
	/* nets */
	{ "10.0.0.0/8", "10.255.0.1", "8500", true },
	{ "10.0.0.0/8", "11.0.0.1", "8500", false },
	{ "10.0.8.0/21", "10.0.15.255", "8500", true },
	{ "10.0.8.0/21", "10.0.16.0", "8500", false },
	{ "10.0.0.1/32", "10.0.0.1", "8500", true },
	{ "10.0.0.1/32", "10.0.0.0", "8500", false },
	{ "0.0.0.0/0", "10.0.0.1", "8500", true },
	{ "0.0.0.0/0", "2001:db8::1", "8500", false },
	{ "2001:db8::/32", "2001:db8:1::1", "8500", true },
	{ "10.0.0.0/33", "10.0.0.0", "8500", false },
	{ "10.0.0.0/x", "10.0.0.0", "8500", false },
	{ "example.com/8", "example.com", "8500", false },
	{ "10.0.0.0/8", "example.com", "8500", false },
	/* domains */
	{ "example.com", "example.com", "8500", true },
	{ "example.com", "a.b.Example.COM", "8500", true },
	{ "example.com", "notexample.com", "8500", false },
	{ "example.com", "example.com.org", "8500", false },
	{ ".example.com", "a.example.com", "8500", true },
	{ ".example.com", "example.com", "8500", false },
	{ "*.example.com", "a.example.com", "8500", true },
	{ "*.example.com", "example.com", "8500", false },
	{ "example.com:8500", "a.example.com", "8500", true },
	{ "example.com:8501", "a.example.com", "8500", false },
	{ ".", "example.com", "8500", false },
};

static void test_what_is_reached_directly(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct http_proxy_settings settings = { PROXY, targets[i].none };
		auto_proxy_server struct http_proxy_server found = { 0 };

		assert_true(
			http_proxy_find(&settings, targets[i].host, targets[i].port, &found, NULL));
		if (targets[i].direct != !found.address)
			fail_msg("%s with NO_PROXY=%s", targets[i].host, targets[i].none);
	}
}

static const struct {
	const char *url, *address, *authorization; /* "-": none */
	const char *error;
} proxies[] = {
	{ NULL, "-", "-", NULL },
	{ "proxy:3128", "proxy:3128", "-", NULL },
	{ "http://proxy:3128", "proxy:3128", "-", NULL },
	{ "HTTP://proxy:3128/", "proxy:3128", "-", NULL },
	{ "http://proxy", "proxy:80", "-", NULL },
	{ "proxy/", "proxy:80", "-", NULL },
	{ "http://[2001:db8::1]:3128", "[2001:db8::1]:3128", "-", NULL },
	{ "http://u:p@proxy:3128", "proxy:3128", "Basic dTpw", NULL },
	{ "u:p%40x@proxy:3128", "proxy:3128", "Basic dTpwQHg=", NULL },
	{ "http://u:a@b@proxy:3128", "proxy:3128", "Basic dTphQGI=", NULL },
	{ "https://secret@proxy", "-", "-",
		"HTTP_PROXY: a proxy is reached through http://, not https://" },
	{ "socks5://proxy:1", "-", "-",
		"HTTP_PROXY: a proxy is reached through http://, not socks5://" },
	{ "http://u:%zz@proxy:1", "-", "-", "HTTP_PROXY: malformed user or password" },
	{ "http://", "-", "-", "HTTP_PROXY: '' is no host:port" },
	{ "http://secret@:80", "-", "-", "HTTP_PROXY: ':80' is no host:port" },
	{ "a:b:c", "-", "-", "HTTP_PROXY: 'a:b:c' is no host:port" },
};

static const char *text(const char *s)
{
	return s ? s : "-";
}

static void test_proxies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++) {
		struct http_proxy_settings settings = { proxies[i].url, NULL };
		auto_proxy_server struct http_proxy_server found = { 0 };
		auto_error struct error err = ERROR_INIT;
		bool ok = http_proxy_find(&settings, "10.0.0.1", "8500", &found, &err);

		assert_int_equal(ok, !proxies[i].error);
		assert_string_equal(text(found.address), proxies[i].address);
		assert_string_equal(text(found.authorization), proxies[i].authorization);
		if (!ok)
			assert_string_equal(err.text, proxies[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_reached_directly),
		cmocka_unit_test(test_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
