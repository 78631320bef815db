#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "kv/consul_answer.h"
#include "kv/etcd2_answer.h"
#include "kv/etcd3_answer.h"

static yyjson_doc *doc_of(const char *text)
{
	yyjson_doc *doc = json_parse(text, strlen(text), NULL);

	assert_non_null(doc);
	return doc;
}

/* "key=value key=value" */
static char *entries_text(const struct kv_entries *e)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < e->count; i++)
		strbuf_addf(&sb, "%s%s=%s", i ? " " : "", e->items[i].key, e->items[i].value);
	return strbuf_steal(&sb);
}

struct list_case {
	const char *answer;
	const char *expected; /* entries, or the beginning of the error after "!" */
};

static void check_list(const struct list_case *c, bool ok, const struct kv_entries *entries,
	const struct error *err)
{
	auto_free char *text = entries_text(entries);

	if (*c->expected == '!') {
		assert_false(ok);
		assert_memory_equal(err->text, c->expected + 1, strlen(c->expected + 1));
	} else {
		assert_true(ok);
		assert_string_equal(text, c->expected);
	}
}

/* ---- base64 ---- */

static const struct {
	const char *plain, *encoded;
} base64_cases[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xfe", "+//+" },
};
static const char *const bad_base64[] = { "Z", "Zg",
	"Zg=", "Z===", "====", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zm-_", "=Zg=" };

static void test_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(base64_cases); i++) {
		auto_strbuf struct strbuf to = STRBUF_INIT;
		auto_strbuf struct strbuf back = STRBUF_INIT;

		base64_encode(&to, base64_cases[i].plain, strlen(base64_cases[i].plain));
		assert_string_equal(to.buf, base64_cases[i].encoded);
		assert_true(base64_decode(&back, to.buf, to.len));
		assert_string_equal(back.buf, base64_cases[i].plain);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_base64); i++) {
		auto_strbuf struct strbuf to = STRBUF_INIT;

		strbuf_add_str(&to, "kept");
		assert_false(base64_decode(&to, bad_base64[i], strlen(bad_base64[i])));
		assert_string_equal(to.buf, "kept");
	}
}

/* ---- Consul ---- */

static const struct list_case consul_lists[] = {
	{ "[]", "" },
	{ "[{\"Key\":\"d/b\",\"Value\":\"Yg==\"},{\"Key\":\"d/a\",\"Value\":\"YQ==\"}]",
		"a=a b=b" },
	{ "[{\"Key\":\"d\",\"Value\":null},{\"Key\":\"d/\",\"Value\":null},"
	  "{\"Key\":\"d2/x\",\"Value\":\"YQ==\"},{\"Key\":\"e/x\",\"Value\":\"YQ==\"}]",
		"" },
	{ "[{\"Key\":\"d/a\",\"Value\":null}]", "a=" },
	{ "[{\"Key\":\"d/a\"}]", "a=" },
	{ "[{\"Key\":\"d/a/b\",\"Value\":\"YQ==\"}]", "a/b=a" },
	{ "[{\"Key\":\"d/a\",\"Value\":\"%%\"}]", "!key d/a: its value is not base64" },
	{ "[{\"Key\":\"d/a\",\"Value\":7}]", "!key d/a: its value is not base64" },
	{ "[{\"Value\":\"YQ==\"}]", "!an entry without a key" },
	{ "[7]", "!an entry without a key" },
	{ "{}", "!Consul's list of keys is not an array" },
	{ "null", "!Consul's list of keys is not an array" },
};

static void test_consul_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(consul_lists); i++) {
		auto_json yyjson_doc *doc = doc_of(consul_lists[i].answer);
		auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
		auto_error struct error err = ERROR_INIT;
		bool ok = consul_parse_entries(yyjson_doc_get_root(doc), "d", &entries, &err);

		check_list(&consul_lists[i], ok, &entries, &err);
	}
}

static const struct {
	const char *answer, *session;
	bool ok, value_is_right;
} consul_keys[] = {
	{ "[{\"Value\":\"YQ==\",\"Flags\":" CONSUL_FLAGS ",\"Session\":\"0a-f\"}]", "0a-f", true,
		true },
	{ "[{\"Value\":\"YQ==\",\"Flags\":" CONSUL_FLAGS "}]", NULL, true, true },
	{ "[{\"Value\":\"YQ==\",\"Flags\":0,\"Session\":\"0a\"}]", "0a", true, false },
	{ "[{\"Value\":\"YWE=\",\"Flags\":" CONSUL_FLAGS "}]", NULL, true, false },
	{ "[{\"Value\":null,\"Flags\":" CONSUL_FLAGS "}]", NULL, true, false },
	/* it would become part of a path */
	{ "[{\"Value\":null,\"Session\":\"../x\"}]", NULL, false, false },
	{ "[{\"Value\":null,\"Session\":\"\"}]", NULL, false, false },
	{ "[]", NULL, false, false },
	{ "{}", NULL, false, false },
};

static void test_consul_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(consul_keys); i++) {
		auto_json yyjson_doc *doc = doc_of(consul_keys[i].answer);
		struct consul_key key = { 0 };
		bool ok = consul_parse_key(yyjson_doc_get_root(doc), "a", &key, NULL);

		assert_int_equal(ok, consul_keys[i].ok);
		if (!ok)
			continue;
		assert_int_equal(key.value_is_right, consul_keys[i].value_is_right);
		assert_int_equal(!key.session, !consul_keys[i].session);
		if (key.session)
			assert_string_equal(key.session, consul_keys[i].session);
	}
}

static void test_consul_sessions(void **state)
{
	static const struct {
		const char *answer;
		int64_t ttl_ms;
	} renewed[] = {
		{ "[{\"TTL\":\"90s\"}]", 90000 },
		{ "[{\"TTL\":\"1m30s\"}]", 90000 },
		{ "[{\"TTL\":\"\"}]", 0 },
		{ "[{\"TTL\":\"-1s\"}]", 0 },
		{ "[{\"TTL\":7}]", 0 },
		{ "[]", 0 },
		{ "true", 0 },
	};
	static const char *const bad[] = { "{}", "[]", "{\"ID\":\"\"}", "{\"ID\":\"a/b\"}",
		"{\"ID\":7}" };
	const char *id;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(renewed); i++) {
		auto_json yyjson_doc *doc = doc_of(renewed[i].answer);
		assert_int_equal(
			consul_parse_renewed_ttl(yyjson_doc_get_root(doc)), renewed[i].ttl_ms);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_json yyjson_doc *doc = doc_of(bad[i]);
		assert_false(consul_parse_session(yyjson_doc_get_root(doc), &id, NULL));
	}
	auto_json yyjson_doc *doc = doc_of("{\"ID\":\"0a-F\"}");
	assert_true(consul_parse_session(yyjson_doc_get_root(doc), &id, NULL));
	assert_string_equal(id, "0a-F");
}

/* ---- etcd v3 ---- */

/* ZC9i = d/b, ZC9h = d/a, ZDIveA== = d2/x, ZC8= = d/ */
#define HEADER "\"header\":{\"revision\":\"7\"}"
static const struct list_case etcd3_lists[] = {
	{ "{" HEADER "}", "" },
	{ "{" HEADER ",\"kvs\":[{\"key\":\"ZC9i\",\"value\":\"Yg==\"},"
	  "{\"key\":\"ZC9h\",\"value\":\"YQ==\",\"lease\":\"12\"}],\"count\":\"2\"}",
		"a=a b=b" },
	{ "{" HEADER ",\"kvs\":[{\"key\":\"ZDIveA==\",\"value\":\"Yg==\"},{\"key\":\"ZC8=\"}]}",
		"" },
	{ "{" HEADER ",\"kvs\":[{\"key\":\"ZC9h\"}]}", "a=" },
	{ "{\"header\":{\"revision\":7}}", "" },
	{ "{" HEADER ",\"kvs\":[{\"key\":\"!\"}]}", "!a key or value of etcd is not base64" },
	{ "{" HEADER ",\"kvs\":[7]}", "!a key or value of etcd is not base64" },
	{ "{}", "!etcd's answer has no revision" },
	{ "{\"header\":{\"revision\":\"x\"}}", "!etcd's answer has no revision" },
	{ "[]", "!etcd's answer has no revision" },
};

static void test_etcd3_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(etcd3_lists); i++) {
		auto_json yyjson_doc *doc = doc_of(etcd3_lists[i].answer);
		auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
		auto_error struct error err = ERROR_INIT;
		int64_t revision = 0;
		bool ok =
			etcd3_parse_range(yyjson_doc_get_root(doc), "d", &entries, &revision, &err);

		check_list(&etcd3_lists[i], ok, &entries, &err);
		assert_int_equal(revision, ok ? 7 : 0);
	}
}

#define PUT(key, value) "{\"kv\":{\"key\":\"" key "\",\"value\":\"" value "\"}}"
#define DELETE(key)     "{\"type\":\"DELETE\",\"kv\":{\"key\":\"" key "\"}}"
static const struct {
	const char *line;
	const char *expected; /* what "a=a" becomes, or the error after "!" */
	bool changed, ended;
} etcd3_lines[] = {
	{ "{\"result\":{\"created\":true}}", "a=a", false, false },
	{ "{\"result\":{\"events\":[" PUT("ZC9i", "Yg==") "]}}", "a=a b=b", true, false },
	{ "{\"result\":{\"events\":[" PUT("ZC9h", "YQ==") "]}}", "a=a", false, false },
	{ "{\"result\":{\"events\":[" PUT("ZC9h", "Yg==") "]}}", "a=b", true, false },
	{ "{\"result\":{\"events\":[" DELETE("ZC9h") "]}}", "", true, false },
	{ "{\"result\":{\"events\":[" DELETE("ZC9i") "]}}", "a=a", false, false },
	{ "{\"result\":{\"events\":[" DELETE("ZC9h") "," PUT("ZC9h", "YQ==") "]}}", "a=a", true,
		false },
	{ "{\"result\":{\"events\":[" PUT("ZDIveA==", "Yg==") "]}}", "a=a", false, false },
	{ "{\"result\":{\"canceled\":true,\"compact_revision\":\"6\"}}", "a=a", false, true },
	{ "{\"result\":{\"events\":[" PUT("?", "Yg==") "]}}",
		"!a key or value of etcd is not base64", false, false },
	{ "{\"error\":{\"message\":\"no leader\"}}", "!etcd ended the watch: no leader", false,
		false },
	{ "{\"error\":\"no leader\",\"code\":14}", "!etcd ended the watch: no leader", false,
		false },
	{ "7", "!etcd ended the watch: an answer without a result", false, false },
};

static void test_etcd3_watch(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(etcd3_lines); i++) {
		const struct list_case c = { etcd3_lines[i].line, etcd3_lines[i].expected };
		auto_json yyjson_doc *doc = doc_of(c.answer);
		auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
		auto_error struct error err = ERROR_INIT;
		struct etcd3_news news;

		kv_entries_add(&entries, "a", "a", 1);
		bool ok = etcd3_parse_watch(yyjson_doc_get_root(doc), "d", &entries, &news, &err);
		check_list(&c, ok, &entries, &err);
		assert_int_equal(news.changed, etcd3_lines[i].changed);
		assert_int_equal(news.ended, etcd3_lines[i].ended);
	}
}

static void test_etcd3_leases(void **state)
{
	static const struct {
		const char *answer;
		bool ok, alive;
	} kept[] = {
		{ "{\"result\":{\"ID\":\"5\",\"TTL\":\"10\"}}", true, true },
		{ "{\"result\":{\"ID\":\"5\"}}", true, false },
		{ "{\"result\":{\"TTL\":\"x\"}}", false, false },
		{ "{\"error\":{}}", false, false },
		{ "[]", false, false },
	};
	int64_t lease = 0;
	bool alive;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		auto_json yyjson_doc *doc = doc_of(kept[i].answer);

		alive = false;
		assert_int_equal(
			etcd3_parse_keepalive(yyjson_doc_get_root(doc), &alive, NULL), kept[i].ok);
		assert_int_equal(alive, kept[i].alive);
	}
	auto_json yyjson_doc *grant = doc_of("{\"ID\":\"3230666410713557337\",\"TTL\":\"10\"}");
	assert_true(etcd3_parse_grant(yyjson_doc_get_root(grant), &lease, NULL));
	assert_true(lease == INT64_C(3230666410713557337));
	auto_json yyjson_doc *none = doc_of("{\"TTL\":\"10\"}");
	assert_false(etcd3_parse_grant(yyjson_doc_get_root(none), &lease, NULL));
}

static const struct {
	const char *answer;
	bool ok, succeeded;
} txns[] = {
	{ "{\"header\":{\"revision\":\"4\"},\"succeeded\":true,\"responses\":[]}", true, true },
	{ "{\"header\":{\"revision\":\"4\"}}", true, false },
	{ "{\"succeeded\":true}", false, false },
	{ "[]", false, false },
};

static void test_etcd3_transactions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(txns); i++) {
		auto_json yyjson_doc *doc = doc_of(txns[i].answer);
		bool succeeded = false;

		assert_int_equal(
			etcd3_parse_txn(yyjson_doc_get_root(doc), &succeeded, NULL), txns[i].ok);
		assert_int_equal(succeeded, txns[i].succeeded);
	}
}

static void test_etcd3_token(void **state)
{
	auto_json yyjson_doc *good = doc_of("{\"token\":\"abc.12\"}");
	auto_json yyjson_doc *cut = doc_of("{\"token\":\"abc\\r\\nX: y\"}");
	auto_json yyjson_doc *none = doc_of("{}");
	const char *token;

	(void)state;
	assert_true(etcd3_parse_token(yyjson_doc_get_root(good), &token, NULL));
	assert_string_equal(token, "abc.12");
	assert_false(etcd3_parse_token(yyjson_doc_get_root(cut), &token, NULL));
	assert_false(etcd3_parse_token(yyjson_doc_get_root(none), &token, NULL));
}

static void test_etcd3_range_of_a_directory(void **state)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	(void)state;
	etcd3_write_range(&sb, "d");
	assert_string_equal(sb.buf, "{\"key\":\"ZC8=\",\"range_end\":\"ZDA=\"");
}

/* ---- etcd v2 ---- */

static const struct list_case etcd2_lists[] = {
	{ "{\"node\":{\"key\":\"/p/d\",\"dir\":true}}", "" },
	{ "{\"node\":{\"key\":\"/d\",\"dir\":true,\"nodes\":["
	  "{\"key\":\"/d/b\",\"value\":\"2\"},{\"key\":\"/d/a\",\"value\":\"1\",\"ttl\":5}]}}",
		"a=1 b=2" },
	{ "{\"node\":{\"dir\":true,\"nodes\":[{\"key\":\"/d/s\",\"dir\":true},"
	  "{\"key\":\"/d/a\",\"value\":\"\"}]}}",
		"a=" },
	{ "{\"node\":{\"key\":\"/d\",\"value\":\"a file\"}}", "!etcd's answer is no directory" },
	{ "{\"node\":{\"dir\":true,\"nodes\":[{\"value\":\"1\"}]}}", "!a node without a key" },
	{ "{\"node\":{\"dir\":true,\"nodes\":[{\"key\":\"/d/a\"}]}}",
		"!key /d/a of etcd has no value" },
	{ "[]", "!etcd's answer is no directory" },
};

static void test_etcd2_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(etcd2_lists); i++) {
		auto_json yyjson_doc *doc = doc_of(etcd2_lists[i].answer);
		auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
		auto_error struct error err = ERROR_INIT;
		bool ok = etcd2_parse_list(yyjson_doc_get_root(doc), &entries, &err);

		check_list(&etcd2_lists[i], ok, &entries, &err);
	}
}

static void test_etcd2_event(void **state)
{
	static const struct {
		const char *answer;
		uint64_t index; /* 0: an error */
		bool is_news;
	} events[] = {
		{ "{\"action\":\"set\",\"node\":{\"value\":\"a\",\"modifiedIndex\":9}}", 9, true },
		{ "{\"action\":\"set\",\"node\":{\"value\":\"a\",\"modifiedIndex\":9},"
		  "\"prevNode\":{\"value\":\"a\"}}",
			9, false },
		{ "{\"action\":\"set\",\"node\":{\"value\":\"b\",\"modifiedIndex\":9},"
		  "\"prevNode\":{\"value\":\"a\"}}",
			9, true },
		{ "{\"action\":\"expire\",\"node\":{\"modifiedIndex\":9},"
		  "\"prevNode\":{\"value\":\"a\"}}",
			9, true },
		{ "{\"node\":{}}", 0, false },
		{ "{\"node\":{\"modifiedIndex\":-1}}", 0, false },
		{ "[]", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		auto_json yyjson_doc *doc = doc_of(events[i].answer);
		struct etcd2_event event = { 0 };
		bool ok = etcd2_parse_event(yyjson_doc_get_root(doc), &event, NULL);

		assert_int_equal(ok, events[i].index != 0);
		assert_true(event.index == events[i].index);
		assert_int_equal(event.is_news, events[i].is_news);
	}
}

static void test_etcd2_errors(void **state)
{
	static const struct {
		const char *body;
		int code;
	} errors[] = {
		{ "{\"errorCode\":100,\"message\":\"Key not found\"}", 100 },
		{ "{\"errorCode\":401}", 401 },
		{ "404 page not found\n", 0 },
		{ "{}", 0 },
		{ "", 0 },
		{ "{\"errorCode\":123456789012}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		assert_int_equal(
			etcd2_error_code(errors[i].body, strlen(errors[i].body)), errors[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_consul_entries),
		cmocka_unit_test(test_consul_key),
		cmocka_unit_test(test_consul_sessions),
		cmocka_unit_test(test_etcd3_range),
		cmocka_unit_test(test_etcd3_watch),
		cmocka_unit_test(test_etcd3_leases),
		cmocka_unit_test(test_etcd3_token),
		cmocka_unit_test(test_etcd3_range_of_a_directory),
		cmocka_unit_test(test_etcd3_transactions),
		cmocka_unit_test(test_etcd2_list),
		cmocka_unit_test(test_etcd2_event),
		cmocka_unit_test(test_etcd2_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
