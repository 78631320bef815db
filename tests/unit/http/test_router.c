/* Which row a path finds, and what it captures. */
#include "peer.h"

#include <stdlib.h>

#include "base/mem.h"
#include "http/router.h"
#include "http/status.h"

struct row {
	const char *method, *path;
	int number;
};

static const struct row rows[] = {
	{ "GET", "/things/json", 1 }, { "GET", "/things/{name}/json", 2 },
	{ "DELETE", "/things/{name}/parts/{id}", 3 }, { "DELETE", "/things/{name}", 4 },
	{ "GET", "/tokens/:token", 5 }, { "DELETE", "/tokens/:token/{address}", 6 },
	{ "*", "/things/{name}/{rest}", 7 },
	{ "POST", "/things/{name}/json", 8 }, /* never: 7 comes first */
};
static const struct router router = ROUTER(rows);

static void test_find(void **state)
{
	static const struct {
		const char *method, *path;
		int number; /* 0: none */
		const char *captures[ROUTER_CAPTURES];
	} cases[] = {
		{ "GET", "/things/json", 1, { NULL } },
		{ "GET", "/things/a/json", 2, { "a" } },
		{ "GET", "/things/a/b/json", 2, { "a/b" } },
		{ "GET", "/things/json/json", 2, { "json" } },
		{ "GET", "/things//json", 0, { NULL } },
		{ "GET", "/things/a%2Fb%20c/json", 2, { "a/b c" } },
		{ "DELETE", "/things/a/parts/b/c", 3, { "a", "b/c" } },
		{ "DELETE", "/things/a/parts/", 4, { "a/parts/" } },
		{ "DELETE", "/things/", 0, { NULL } },
		{ "GET", "/tokens/a", 5, { "a" } },
		{ "GET", "/tokens/a%2Fb", 5, { "a/b" } },
		{ "GET", "/tokens/a/b", 0, { NULL } },
		{ "GET", "/tokens/", 0, { NULL } },
		{ "DELETE", "/tokens/a/b:1", 6, { "a", "b:1" } },
		{ "DELETE", "/tokens/a/", 0, { NULL } },
		{ "PATCH", "/things/a/b", 7, { "a", "b" } },
		{ "POST", "/things/a/json", 7, { "a", "json" } },
		{ "GET", "/thing", 0, { NULL } },
		{ "GET", "/things/jsonx", 0, { NULL } },
		{ "GET", "", 0, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *captures[ROUTER_CAPTURES] = { xstrdup("old"), NULL };
		auto_error struct error err = ERROR_INIT;
		const struct row *row =
			router_find(&router, cases[i].method, cases[i].path, captures, &err);

		assert_false(error_is_set(&err));
		assert_int_equal(row ? row->number : 0, cases[i].number);
		for (size_t k = 0; row && k < ROUTER_CAPTURES; k++) {
			if (cases[i].captures[k])
				assert_string_equal(captures[k], cases[i].captures[k]);
			else
				assert_null(captures[k]);
		}
		for (size_t k = 0; k < ROUTER_CAPTURES; k++)
			free(captures[k]);
	}
}

static void test_what_cannot_be_decoded(void **state)
{
	char *captures[ROUTER_CAPTURES] = { NULL };
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_null(router_find(&router, "GET", "/things/%zz/json", captures, &err));
	assert_int_equal(err.code, ERROR_INVALID);
}

static void test_methods(void **state)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	router_list_methods(&router, "/nowhere", &text);
	assert_int_equal(text.len, 0);
	router_list_methods(&router, "/things/a/json", &text);
	assert_string_equal(text.buf, "GET, DELETE, *, POST");
}

static void test_statuses(void **state)
{
	static const struct {
		enum error_code code;
		int of_engine, status;
		const char *retry_after;
	} cases[] = {
		{ ERROR_INVALID, 0, 400, NULL },
		{ ERROR_UNAVAILABLE, 0, 500, NULL },
		{ ERROR_NO_LEADER, 0, 503, "1" },
		{ ERROR_FULL, 0, 507, NULL },
		{ ERROR_INTERNAL, 0, 500, NULL },
		{ ERROR_ENGINE, 409, 409, NULL },
		{ ERROR_ENGINE, 200, 500, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = { .code = cases[i].code, .status = cases[i].of_engine };
		struct headers to = { 0 };

		assert_int_equal(status_of_error(&err, &to), cases[i].status);
		if (cases[i].retry_after)
			assert_string_equal(headers_get(&to, "Retry-After"), cases[i].retry_after);
		else
			assert_null(headers_get(&to, "Retry-After"));
		headers_finish(&to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_what_cannot_be_decoded),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
