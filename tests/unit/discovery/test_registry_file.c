#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "discovery/registry_file.h"

#define HEAD "swarm registry 1\n"

static const struct {
	const char *text;
	const char *entries; /* "own|token|token=address/ttl|..." */
	const char *error;   /* NULL: fine */
} files[] = {
	{ "", "-", NULL },
	{ HEAD "end\n", "-", NULL },
	{ HEAD "own t\nend\n", "t", NULL },
	{ HEAD "own t\ntoken t\nmember a:1 180\ntoken u\nend\n", "t|t|t=a:1/180|u", NULL },
	{ HEAD "token t\nmember [::1]:2 1\nmember b:1 172800\nend\n",
		"-|t|t=[::1]:2/1|t=b:1/172800", NULL },
	{ "swarm registry 2\nend\n", NULL, "line 1: not 'swarm registry 1'" },
	{ "\n", NULL, "line 1: not 'swarm registry 1'" },
	{ HEAD, NULL, "the end is missing" },
	{ HEAD "end", NULL, "line 2 is cut off" },
	{ HEAD "end\nend\n", NULL, "line 3: something after the end" },
	{ HEAD "\nend\n", NULL, "line 2: this is no line of a registry" },
	{ HEAD "token\nend\n", NULL, "line 2: this is no line of a registry" },
	{ HEAD "token a b\nend\n", NULL, "line 2: this is no line of a registry" },
	{ HEAD "token a/b\nend\n", NULL, "line 2: malformed token" },
	{ HEAD "token t\nown t\nend\n", NULL, "line 3: 'own' comes once, and first" },
	{ HEAD "own t\nown t\nend\n", NULL, "line 3: 'own' comes once, and first" },
	{ HEAD "member a:1 1\nend\n", NULL, "line 2: a member without a token before it" },
	{ HEAD "token t\nmember a 1\nend\n", NULL, "line 3: address a: missing port in address" },
	{ HEAD "token t\nmember a:1 0\nend\n", NULL, "line 3: '0' is no time to live" },
	{ HEAD "token t\nmember a:1 172801\nend\n", NULL, "line 3: '172801' is no time to live" },
	{ HEAD "token t\nmember a:1 -1\nend\n", NULL, "line 3: '-1' is no time to live" },
};

static char *join_entries(const struct registry_entries *entries)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_str(&sb, entries->own ? entries->own : "-");
	for (size_t i = 0; i < entries->count; i++) {
		const struct registry_entry *e = &entries->items[i];
		strbuf_addf(&sb, "|%s", e->token);
		if (e->address)
			strbuf_addf(&sb, "=%s/%lld", e->address, (long long)e->ttl_s);
	}
	return strbuf_steal(&sb);
}

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_registry_entries struct registry_entries entries = { 0 };
		auto_error struct error err = ERROR_INIT;
		bool ok = registry_file_parse(&entries, files[i].text, strlen(files[i].text), &err);

		assert_int_equal(ok, files[i].error == NULL);
		if (!ok) {
			assert_non_null(strstr(err.text, files[i].error));
			continue;
		}
		auto_free char *joined = join_entries(&entries);
		assert_string_equal(joined, files[i].entries);
	}
}

/* However much of it has reached the disk, the beginning of a file is never taken for one. */
static void test_every_beginning_is_refused(void **state)
{
	static const char text[] = HEAD "own t\ntoken t\nmember a:1 180\nmember b:1 180\nend\n";

	(void)state;
	for (size_t len = 1; len < strlen(text); len++) {
		auto_registry_entries struct registry_entries entries = { 0 };
		assert_false(registry_file_parse(&entries, text, len, NULL));
	}
}

static void test_nul_byte(void **state)
{
	static const char text[] = HEAD "token t\0\nend\n";
	auto_registry_entries struct registry_entries entries = { 0 };
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_false(registry_file_parse(&entries, text, sizeof(text) - 1, &err));
	assert_string_equal(err.text, "line 2: a NUL byte");
}

static void test_addresses(void **state)
{
	auto_free char *long_host = xmalloc(REGISTRY_MAX_ADDRESS_LEN + 1);

	(void)state;
	memset(long_host, 'a', REGISTRY_MAX_ADDRESS_LEN);
	long_host[REGISTRY_MAX_ADDRESS_LEN] = '\0';
	memcpy(long_host + REGISTRY_MAX_ADDRESS_LEN - 2, ":1", 2);
	assert_true(registry_check_address(long_host, NULL));
	auto_free char *longer = xasprintf("a%s", long_host);
	assert_false(registry_check_address(longer, NULL));
	assert_false(registry_check_address("unix:///x", NULL));
	assert_false(registry_check_address("a:1 180\nmember b:1", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_every_beginning_is_refused),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
