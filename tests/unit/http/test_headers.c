#include "peer.h"

#include "base/util.h"
#include <stdio.h>

#include "base/strbuf.h"
#include "http/headers.h"
#include "http/message.h"

static void test_set_replaces_first_and_drops_others(void **state maybe_unused)
{
	auto_headers struct headers h = { 0 };

	headers_add(&h, "A", "1");
	headers_add(&h, "B", "2");
	headers_add(&h, "a", "3");
	headers_set(&h, "A", "4");
	assert_int_equal(h.count, 2);
	assert_string_equal(h.items[0].value, "4");
	assert_string_equal(headers_get(&h, "b"), "2");
	headers_set(&h, "B", headers_get(&h, "B"));
	assert_string_equal(headers_get(&h, "B"), "2");
	assert_null(headers_get(&h, "C"));
}

static void test_tokens(void **state maybe_unused)
{
	static const struct {
		const char *value, *token;
		bool has;
	} cases[] = {
		{ "upgrade", "Upgrade", true },
		{ "keep-alive, Upgrade", "upgrade", true },
		{ " ,\t, Upgrade ,", "upgrade", true },
		{ "upgraded", "upgrade", false },
		{ "up grade", "upgrade", false },
		{ "", "upgrade", false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_headers struct headers h = { 0 };
		headers_add(&h, "Connection", "x");
		headers_add(&h, "connection", cases[i].value);
		assert_int_equal(headers_has_token(&h, "Connection", cases[i].token), cases[i].has);
	}
}

static void test_hop_by_hop(void **state maybe_unused)
{
	auto_headers struct headers h = { 0 };

	headers_add(&h, "Connection", "close, X-Private");
	headers_add(&h, "Connection", "Keep-Alive");
	headers_add(&h, "X-Private", "1");
	headers_add(&h, "Keep-Alive", "timeout=5");
	headers_add(&h, "TE", "trailers");
	headers_add(&h, "Transfer-Encoding", "chunked");
	headers_add(&h, "Upgrade", "tcp");
	headers_add(&h, "Proxy-Authorization", "x");
	headers_add(&h, "Trailer", "X-Sum");
	headers_add(&h, "X-Registry-Auth", "e30=");
	headers_remove_hop_by_hop(&h);
	assert_int_equal(h.count, 2);
	assert_non_null(headers_get(&h, "X-Registry-Auth"));
	assert_non_null(headers_get(&h, "Trailer"));
}

/* What a client names is looked up, not compared with every field. */
static void test_hop_by_hop_of_many(void **state maybe_unused)
{
	enum { MANY = 20000 };
	auto_headers struct headers h = { 0 };
	auto_strbuf struct strbuf names = STRBUF_INIT;
	char name[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%sx-%d", i ? "," : "", MANY - i);
		strbuf_add_str(&names, name);
		snprintf(name, sizeof(name), i % 2 ? "X-%d" : "Y-%d", i);
		headers_add(&h, name, "");
	}
	headers_add(&h, "Connection", names.buf);
	headers_remove_hop_by_hop(&h);
	assert_int_equal(h.count, MANY / 2);
	assert_string_equal(h.items[1].name, "Y-2");
}

static void test_heads_as_text(void **state maybe_unused)
{
	struct response_head r = { .status = 204, .minor = 1 };
	auto_evbuffer struct evbuffer *bytes = evbuffer_new();
	static const char expected[] = "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n";

	headers_add(&r.headers, "A", "b");
	response_head_write(&r, bytes);
	response_head_finish(&r);
	assert_int_equal(evbuffer_get_length(bytes), sizeof(expected) - 1);
	assert_memory_equal(evbuffer_pullup(bytes, -1), expected, sizeof(expected) - 1);
	assert_string_equal(http_reason(799), "Unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_replaces_first_and_drops_others),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_hop_by_hop),
		cmocka_unit_test(test_hop_by_hop_of_many),
		cmocka_unit_test(test_heads_as_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
