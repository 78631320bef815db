#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "register/keys_record.h"

static void test_layouts(void **state maybe_unused)
{
	static const struct {
		const char *id, *name, *ip, *key, *value, *skydns; /* key NULL: left out */
	} cases[] = {
		{ "n1:w:80", "web", "192.0.2.10", "web/n1:w:80", "192.0.2.10:8000",
			"{\"host\":\"192.0.2.10\",\"port\":8000}" },
		{ "mine", "web", "2001:db8::1", "web/mine", "[2001:db8::1]:8000",
			"{\"host\":\"2001:db8::1\",\"port\":8000}" },
		{ "a/b", "web", "192.0.2.10", NULL },
		{ "mine", "..", "192.0.2.10", NULL },
		{ "mine", "a\nb", "192.0.2.10", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct book_place place = { .node = "n1" };
		const struct service s = { .id = (char *)cases[i].id,
			.name = (char *)cases[i].name,
			.ip = (char *)cases[i].ip,
			.port = 8000 };
		auto_kv_entries struct kv_entries plain = KV_ENTRIES_INIT, dns = KV_ENTRIES_INIT;

		keys_add(&plain, &place, &s);
		keys_add_skydns(&dns, &place, &s);
		assert_int_equal(plain.count, cases[i].key != NULL);
		assert_int_equal(dns.count, cases[i].key != NULL);
		if (!cases[i].key)
			continue;
		assert_string_equal(plain.items[0].key, cases[i].key);
		assert_string_equal(plain.items[0].value, cases[i].value);
		assert_string_equal(dns.items[0].value, cases[i].skydns);
	}
}

static void test_whose_and_where(void **state maybe_unused)
{
	auto_free char *node = keys_node_of("web/n1:w:80"), *nobody = keys_node_of("web/mine");
	auto_free char *base = keys_skydns_base("east.skydns.local");

	assert_string_equal(node, "n1");
	assert_null(nobody);
	assert_string_equal(base, "skydns/local/skydns/east");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_whose_and_where),
	};

	return cmocka_run_group_tests_name("register-keys", tests, NULL, NULL);
}
