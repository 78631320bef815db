#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "register/metadata.h"

static void test_tags(void **state maybe_unused)
{
	static const struct {
		const char *text, *expected; /* joined by '|' */
	} cases[] = {
		{ "a,b", "a|b" },
		{ "a\\,b,c", "a,b|c" },
		{ ",,a,,", "a" },
		{ "\\,x\\,", ",x," },
		{ "x, y", "x| y" },
		{ "a,a", "a" },
		{ "", "" },
		{ "a\\", "a\\" },
		{ "a\\b", "a\\b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strv struct strv tags = STRV_INIT;

		metadata_split_tags(&tags, cases[i].text);
		auto_free char *joined = strv_join(&tags, "|");

		assert_string_equal(joined, cases[i].expected);
	}
}

static void test_keys(void **state maybe_unused)
{
	static const struct {
		const char *said; /* separated by blanks; later ones are labels */
		const char *key, *expected;
		bool own;
	} cases[] = {
		{ "SERVICE_NAME=web", "name", "web", false },
		{ "SERVICE_80_NAME=web", "name", "web", true },
		{ "SERVICE_81_NAME=web", "name", NULL, false },
		{ "SERVICE_080_NAME=web", "name", NULL, false },
		{ "SERVICE_80_NAME=own SERVICE_NAME=all", "name", "own", true },
		{ "SERVICE_NAME=all SERVICE_80_NAME=own", "name", "own", true },
		{ "SERVICE_TAGS=b SERVICE_TAGS=a", "tags", "a", false },
		{ "SERVICE_80=x", "80", "x", false },
		{ "SERVICE_80_=x", "", NULL, false },
		{ "SERVICE_=x", "", NULL, false },
		{ "SERVICE_80_CHECK_HTTP=/ping", "check_http", "/ping", true },
		{ "service_name=web", "name", NULL, false },
		{ "SERVICE_NAME", "name", NULL, false },
		{ "SERVICE_NAME=", "name", NULL, false },
		{ "SERVICE_NAME=a=b", "name", "a=b", false },
		{ "SERVICES_NAME=web", "name", NULL, false },
		{ "SERVICE=web", "", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strv struct strv said = STRV_INIT;
		struct metadata m;
		const char *found;

		strv_split(&said, cases[i].said, ' ');
		metadata_read(&m, &said, 80);
		found = metadata_get(&m, cases[i].key);
		if (cases[i].expected)
			assert_string_equal(found, cases[i].expected);
		else
			assert_null(found);
		assert_int_equal(metadata_is_own(&m, cases[i].key), cases[i].own);
		metadata_finish(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("register-metadata", tests, NULL, NULL);
}
