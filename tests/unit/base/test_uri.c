#include <string.h>

#include "base/mem.h"
#include "base/uri.h"
#include "unit.h"

static void test_decode(void **state)
{
	static const struct {
		const char *text;
		bool plus_is_blank;
		const char *expected, *error;
	} rows[] = {
		{ "", false, "", NULL },
		{ "/a/b", false, "/a/b", NULL },
		{ "a%2Fb%2fc", false, "a/b/c", NULL },
		{ "a+b", false, "a+b", NULL },
		{ "a+b%2B", true, "a b+", NULL },
		{ "%C3%A9%ff", false, "\xc3\xa9\xff", NULL },
		{ "%25%32%35", false, "%25", NULL },
		{ "%zz", false, NULL, "invalid URL escape \"%zz\"" },
		{ "a%1", false, NULL, "invalid URL escape \"%1\"" },
		{ "a%", false, NULL, "invalid URL escape \"%\"" },
		{ "%1gabc", false, NULL, "invalid URL escape \"%1g\"" },
		{ "%-1", false, NULL, "invalid URL escape \"%-1\"" },
		{ "a%00b", false, NULL, "invalid URL: it contains a NUL byte" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;
		auto_free char *text = NULL;
		bool ok = uri_decode(
			rows[i].text, strlen(rows[i].text), rows[i].plus_is_blank, &text, &err);

		assert_int_equal(ok, rows[i].expected != NULL);
		if (ok)
			assert_row(rows[i].text, text, rows[i].expected);
		else
			assert_row(rows[i].text, err.text, rows[i].error);
	}
	assert_false(uri_decode("a\0b", 3, false, &(char *){ NULL }, NULL));
}

/* The escape stops where the text does, whatever lies behind it. */
static void test_decode_length(void **state)
{
	char *text = NULL;

	(void)state;
	assert_false(uri_decode("%41", 2, false, &text, NULL));
	assert_null(text);
}

static void test_encode(void **state)
{
	static const struct {
		const char *text, *path, *query;
	} rows[] = {
		{ "", "", "" },
		{ "aZ09-_.~", "aZ09-_.~", "aZ09-_.~" },
		{ "$&+,/:;=@", "$&+,/:;=@", "%24%26%2B%2C%2F%3A%3B%3D%40" },
		{ "a b", "a%20b", "a%20b" },
		{ "[2001:db8::1]:2375", "%5B2001:db8::1%5D:2375",
			"%5B2001%3Adb8%3A%3A1%5D%3A2375" },
		{ "%?#\"\x01\xff", "%25%3F%23%22%01%FF", "%25%3F%23%22%01%FF" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_strbuf struct strbuf path = STRBUF_INIT;
		auto_strbuf struct strbuf query = STRBUF_INIT;

		uri_encode_path(&path, rows[i].text);
		uri_encode_query(&query, rows[i].text);
		assert_row(rows[i].text, path.buf, rows[i].path);
		assert_row(rows[i].text, query.buf, rows[i].query);
	}
}

static void test_clean_path(void **state)
{
	static const struct {
		const char *path, *clean; /* NULL: it is clean */
	} rows[] = {
		{ "/", NULL },
		{ "/a/b", NULL },
		{ "/a/b/", NULL },
		{ "/..a/b./.c", NULL },
		{ "//", "/" },
		{ "///a", "/a" },
		{ "/a//b", "/a/b" },
		{ "/./a", "/a" },
		{ "/a/.", "/a" },
		{ "/a/./", "/a/" },
		{ "/..", "/" },
		{ "/../a", "/a" },
		{ "/a/../../b", "/b" },
		{ "/a/b/..", "/a" },
		{ "/a/b/../", "/a/" },
		{ "", "/" },
		{ "a", "/a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *clean = uri_clean_path(rows[i].path);

		assert_row(rows[i].path, clean ? clean : "(clean)",
			rows[i].clean ? rows[i].clean : "(clean)");
	}
}

static void parse(struct query *q, const char *text)
{
	auto_error struct error err = ERROR_INIT;

	if (!query_parse(q, text, strlen(text), &err))
		fail_msg("'%s': %s", text, err.text);
}

static void assert_query(const struct query *q, const char *expected)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	query_format(q, &text);
	assert_string_equal(text.buf, expected);
}

static void test_query(void **state)
{
	static const struct {
		const char *text, *formatted;
	} rows[] = {
		{ "", "" },
		{ "a=1&b=%20", "a=1&b=%20" },
		{ "a=x+y", "a=x%20y" },
		{ "a", "a=" },
		{ "=v", "=v" },
		{ "=", "=" },
		{ "&&a=1&&", "a=1" },
		{ "a=b=c", "a=b%3Dc" },
		{ "b=2&a=1&b=3", "b=2&a=1&b=3" },
		{ "a=1;b=2", "a=1%3Bb%3D2" },
		{ "filters=%7B%22a%22%3A%5B%5D%7D", "filters=%7B%22a%22%3A%5B%5D%7D" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_query struct query q = QUERY_INIT;

		parse(&q, rows[i].text);
		assert_query(&q, rows[i].formatted);
	}
}

static void test_query_edit(void **state)
{
	auto_query struct query q = QUERY_INIT;

	(void)state;
	parse(&q, "t=1&name=a&t=2&x&t=3");
	assert_string_equal(query_get(&q, "t"), "1");
	assert_string_equal(query_get(&q, "x"), "");
	assert_null(query_get(&q, "T"));
	query_set(&q, "t", "a b");
	assert_query(&q, "t=a%20b&name=a&x=");
	query_set(&q, "t", query_get(&q, "t"));
	assert_query(&q, "t=a%20b&name=a&x=");
	query_set(&q, "new", "&");
	query_remove(&q, "name");
	query_remove(&q, "absent");
	assert_query(&q, "t=a%20b&x=&new=%26");
	parse(&q, "x=2");
	query_remove(&q, "x");
	assert_query(&q, "t=a%20b&new=%26");
}

/* As it was written: what comes twice stays twice. */
static void test_query_copy(void **state)
{
	auto_query struct query from = QUERY_INIT, to = QUERY_INIT;

	(void)state;
	parse(&from, "t=1&x&t=2");
	parse(&to, "a=0");
	query_copy(&to, &from);
	assert_query(&to, "a=0&t=1&x=&t=2");
	assert_query(&from, "t=1&x=&t=2");
}

/* A failure leaves what was there before. */
static void test_query_errors(void **state)
{
	static const char *const rows[] = { "b=2&c=%zz", "b=2&%zz=c", "b=2&c=%0", "b=2&c=%00" };
	auto_query struct query q = QUERY_INIT;

	(void)state;
	parse(&q, "a=1");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_error struct error err = ERROR_INIT;

		assert_false(query_parse(&q, rows[i], strlen(rows[i]), &err));
		assert_int_equal(err.code, ERROR_INVALID);
		assert_query(&q, "a=1");
	}
}

static void test_query_ceiling(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_query struct query q = QUERY_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < QUERY_MAX_PARAMS; i++)
		strbuf_add_str(&text, "a&");
	assert_true(query_parse(&q, text.buf, text.len, &err));
	assert_int_equal(q.count, QUERY_MAX_PARAMS);
	assert_false(query_parse(&q, "b", 1, &err));
	assert_int_equal(err.code, ERROR_TOO_LARGE);
	assert_int_equal(q.count, QUERY_MAX_PARAMS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_length),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_clean_path),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_query_edit),
		cmocka_unit_test(test_query_copy),
		cmocka_unit_test(test_query_errors),
		cmocka_unit_test(test_query_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
