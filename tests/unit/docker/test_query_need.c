/* Which engines understand a query. */
#include "docker_test.h"

#include "base/util.h"
#include "docker/query_need.h"

static void test_needs(void **state maybe_unused)
{
	static const struct {
		const char *method, *route, *query;
		int since;
	} cases[] = {
		{ "POST", "/images/{name}/push", "tag=1", 0 },
		{ "POST", "/images/{name}/push", "tag=1&platform=linux%2Farm64", 46 },
		{ "POST", "/images/{name}/push", "platform=", 0 },
		{ "GET", "/images/{name}/push", "platform=x", 0 },
		{ "GET", "/images/get", "names=a&platform=x", 48 },
		{ "GET", "/images/get", "names=a&platform=x&platform=y", 52 },
		{ "GET", "/images/{name}/get", "platform=x", 48 },
		{ "GET", "/images/json", "all=1&shared-size=false", 0 },
		{ "GET", "/images/json", "all=1&shared-size=true", 42 },
		{ "GET", "/images/json", "shared-size=1&manifests=1", 47 },
		{ "GET", "/images/{name}/json", "", 0 },
		{ "GET", "/images/{name}/json", "manifests=1", 48 },
		{ "GET", "/images/{name}/json", "manifests=0", 0 },
		{ "GET", "/images/{name}/json", "manifests=1&platform=x", 49 },
		{ "GET", "/images/{name}/history", "platform=x", 48 },
		{ "GET", "/images/{name}/attestations", "", 55 },
		{ "DELETE", "/images/{name}", "force=1", 0 },
		{ "DELETE", "/images/{name}", "platforms=%7B%7D", 50 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_query struct query q = QUERY_INIT;

		assert_true(query_parse(&q, cases[i].query, strlen(cases[i].query), NULL));
		assert_int_equal(
			query_need(cases[i].method, cases[i].route, &q).minor, cases[i].since);
	}
}

static void test_fit(void **state maybe_unused)
{
	static const struct {
		const char *query;
		int minor;
		const char *left;
	} cases[] = {
		{ "all=1&shared-size=1&manifests=1&identity=1", 54,
			"all=1&shared-size=1&manifests=1&identity=1" },
		{ "all=1&shared-size=1&manifests=1&identity=1", 53,
			"all=1&shared-size=1&manifests=1" },
		{ "manifests=1&shared-size=1", 46, "shared-size=1" },
		{ "manifests=0&all=1&manifests=1", 41, "all=1" },
		{ "shared-size=1", 41, "" },
		{ "platform=x", 40, "platform=x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_query struct query q = QUERY_INIT;
		auto_strbuf struct strbuf left = STRBUF_INIT;

		assert_true(query_parse(&q, cases[i].query, strlen(cases[i].query), NULL));
		query_need_fit(
			"GET", "/images/json", (struct api_version){ 1, cases[i].minor }, &q);
		query_format(&q, &left);
		assert_string_equal(left.len ? left.buf : "", cases[i].left);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
