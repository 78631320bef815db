#include "peer.h"

#include <stdio.h>

#include "base/mem.h"
#include "http/parser.h"

#define H "Host: a\r\n"

struct outcome {
	enum http_parse result;
	struct evbuffer *body, *rest;
};

/* Feeds the text in pieces of `step` bytes until the message is over. */
static enum http_parse feed(struct http_parser *p, const char *text, size_t len, size_t step,
	struct evbuffer *body, struct evbuffer *input)
{
	enum http_parse r = HTTP_PARSE_MORE;

	for (size_t at = 0; at <= len; at += step) {
		evbuffer_add(input, text + at, min_of(step, len - at));
		do {
			r = http_parser_run(p, input, body, SIZE_MAX / 2);
		} while (r == HTTP_PARSE_HEAD);
		if (r != HTTP_PARSE_MORE)
			evbuffer_add(
				input, text + min_of(at + step, len), len - min_of(at + step, len));
		if (r != HTTP_PARSE_MORE)
			break;
	}
	return r;
}

struct request_case {
	const char *text;
	int refusal;      /* 0: fine */
	const char *body; /* of a fine one */
	const char *rest;
};

static const struct request_case requests[] = {
	{ "GET / HTTP/1.1\r\n" H "\r\n", 0, "", "" },
	{ "GET / HTTP/1.1\r\n\r\n", 0, "", "" },          /* absent Host is tolerated */
	{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, "", "" }, /* docker over unix sockets */
	{ "GET http://a/x HTTP/1.1\r\n" H "\r\n", 0, "", "" },
	{ "\r\nGET / HTTP/1.0\r\n\r\n", 0, "", "" },
	{ "GET / HTTP/1.1\r\n" H "\r\nGET /2", 0, "", "GET /2" },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabcGET", 0, "abc", "GET" },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\nGET", 0, "", "GET" },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	  "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\nrest",
		0, "abc0123456789", "rest" },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 0, "", "" },
	{ "POST /exec/1/start HTTP/1.1\r\nHost:\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
	  "Content-Length: 2\r\n\r\n{}stdin",
		0, "{}", "stdin" },
	{ "POST /grpc HTTP/1.1\r\nHost: \r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI *", 0,
		"", "PRI *" },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nframes", 0, "", "frames" },
	/* two readers, two readings */
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\nabc", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\nabc", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: -3\r\n\r\nabc", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\nabc", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 1 2\r\n\r\nabc", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\nabc", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775808\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, gzip\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		400 },
	{ "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H H "\r\n", 400 }, { "GET / HTTP/1.1\r\n" H "A: b\rc\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: b\r\n folded\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: b\r\n\tfolded\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: \r\n folded\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: b\n\r\n", 400 }, { "GET / HTTP/1.1\nHost: a\n\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: b\x01\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: b\x7f\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A : b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H ": b\r\n\r\n", 400 }, { "GET / HTTP/1.1\r\n A: b\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", 400 },
	/* no HTTP/1 */
	{ "GET / HTTP/2.0\r\n" H "\r\n", 505 }, { "GET / HTTP/0.9\r\n\r\n", 505 },
	{ "GET / HTTP/1.2\r\n" H "\r\n", 400 }, { "hello\r\n\r\n", 400 },
	{ "\x16\x03\x01\x02", 400 }, /* TLS on a plain port */
};

static void check_bytes(struct evbuffer *bytes, const char *expected)
{
	assert_int_equal(evbuffer_get_length(bytes), strlen(expected));
	if (*expected)
		assert_memory_equal(evbuffer_pullup(bytes, -1), expected, strlen(expected));
}

static void check_request(const struct request_case *c, size_t step)
{
	struct http_parser p;
	auto_evbuffer struct evbuffer *body = evbuffer_new(), *input = evbuffer_new();

	http_parser_init_request(&p, 0, 0);
	enum http_parse r = feed(&p, c->text, strlen(c->text), step, body, input);
	if (r != (c->refusal ? HTTP_PARSE_FAILED : HTTP_PARSE_END) ||
		(c->refusal && p.refusal != c->refusal))
		fail_msg("%s: result %d refusal %d %s", c->text, r, p.refusal, error_text(&p.err));
	if (!c->refusal) {
		check_bytes(body, c->body);
		check_bytes(input, c->rest);
	}
	http_parser_finish(&p);
}

static void test_requests(void **state maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		check_request(&requests[i], 1);
		check_request(&requests[i], 7);
		check_request(&requests[i], 100000);
	}
}

static void test_request_facts(void **state maybe_unused)
{
	static const char text[] =
		"POST /a?b=%20 HTTP/1.1\r\nHost:\r\nX:  two words \t\r\nEmpty:\r\n"
		"Connection: keep-alive, Upgrade\r\nUpgrade: tcp\r\n\r\nxyz";
	struct http_parser p;
	auto_evbuffer struct evbuffer *input = evbuffer_new();

	http_parser_init_request(&p, 0, 0);
	evbuffer_add(input, text, sizeof(text) - 1);
	assert_int_equal(http_parser_run(&p, input, NULL, 0), HTTP_PARSE_HEAD);
	assert_string_equal(p.request.method, "POST");
	assert_string_equal(p.request.target, "/a?b=%20");
	assert_int_equal(p.request.minor, 1);
	assert_string_equal(headers_get(&p.request.headers, "host"), "");
	assert_string_equal(headers_get(&p.request.headers, "x"), "two words");
	assert_string_equal(headers_get(&p.request.headers, "empty"), "");
	assert_true(p.asks_upgrade);
	assert_true(p.keep_alive);
	assert_int_equal(p.length, -1);
	check_bytes(input, "xyz");
	http_parser_finish(&p);
}

static void test_trailers(void **state maybe_unused)
{
	static const char text[] = "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
				   "1\r\na\r\n0\r\nX-Sum: 5\r\nY:\r\n\r\n";
	struct http_parser p;
	auto_evbuffer struct evbuffer *body = evbuffer_new(), *input = evbuffer_new();

	http_parser_init_request(&p, 0, 0);
	assert_int_equal(feed(&p, text, sizeof(text) - 1, 3, body, input), HTTP_PARSE_END);
	assert_string_equal(headers_get(&p.trailers, "X-Sum"), "5");
	assert_string_equal(headers_get(&p.trailers, "Y"), "");
	assert_null(headers_get(&p.request.headers, "X-Sum"));
	http_parser_finish(&p);
}

static void test_limits(void **state maybe_unused)
{
	auto_free char *pad = xcalloc(1, 4096);
	memset(pad, 'x', 4095);
	auto_free char *large = xasprintf("GET / HTTP/1.1\r\nA: %s\r\n\r\n", pad);
	auto_free char *target = xasprintf("GET /%s HTTP/1.1\r\n\r\n", pad);
	auto_free char *trailer = xasprintf(
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: %s\r\n\r\n", pad);
	const char *texts[] = { large, target, trailer,
		"GET / HTTP/1.1\r\nA: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\n\r\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct http_parser p;
		auto_evbuffer struct evbuffer *body = evbuffer_new(), *input = evbuffer_new();

		http_parser_init_request(&p, 2048, 4);
		assert_int_equal(
			feed(&p, texts[i], strlen(texts[i]), 10, body, input), HTTP_PARSE_FAILED);
		assert_int_equal(p.refusal, 431);
		assert_int_equal(p.err.code, ERROR_TOO_LARGE);
		http_parser_finish(&p);
	}
}

struct response_case {
	const char *text;
	bool to_head;
	enum http_parse at_end; /* END or FAILED, after the input has ended */
	const char *body;
	const char *rest;
};

static const struct response_case responses[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiX", false, HTTP_PARSE_END, "hi", "X" },
	{ "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", false, HTTP_PARSE_END, "hi", "" },
	{ "HTTP/1.1 200 OK\r\n\r\nuntil the end", false, HTTP_PARSE_END, "until the end", "" },
	{ "HTTP/1.0 200 OK\r\n\r\nold", false, HTTP_PARSE_END, "old", "" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false,
		HTTP_PARSE_END, "hi", "" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true, HTTP_PARSE_END, "", "" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, HTTP_PARSE_END, "", "" },
	{ "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, HTTP_PARSE_END, "", "" },
	{ "HTTP/1.1 304 Not Modified\r\n\r\nnext", false, HTTP_PARSE_END, "", "next" },
	{ "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nraw", false,
		HTTP_PARSE_END, "", "raw" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", false, HTTP_PARSE_FAILED },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", false,
		HTTP_PARSE_FAILED },
	{ "HTTP/1.1 200 OK\r\nContent-Le", false, HTTP_PARSE_FAILED },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", false,
		HTTP_PARSE_FAILED },
	{ "HTTP/1.1 99 OK\r\n\r\n", false, HTTP_PARSE_FAILED },
	{ "HTTP/1.1 600 OK\r\n\r\n", false, HTTP_PARSE_FAILED },
	{ "ICY 200 OK\r\n\r\n", false, HTTP_PARSE_FAILED },
	{ "SSH-2.0-OpenSSH\r\n", false, HTTP_PARSE_FAILED },
	{ "GET / HTTP/1.1\r\n\r\n", false, HTTP_PARSE_FAILED },
};

static void check_response(const struct response_case *c, size_t step)
{
	struct http_parser p;
	auto_evbuffer struct evbuffer *body = evbuffer_new(), *input = evbuffer_new();

	http_parser_init_response(&p, c->to_head);
	enum http_parse r = feed(&p, c->text, strlen(c->text), step, body, input);
	if (r == HTTP_PARSE_MORE)
		r = http_parser_end_input(&p);
	if (r != c->at_end)
		fail_msg("%s: result %d %s", c->text, r, error_text(&p.err));
	if (r == HTTP_PARSE_END) {
		check_bytes(body, c->body);
		check_bytes(input, c->rest);
	}
	http_parser_finish(&p);
}

static void test_responses(void **state maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(responses); i++) {
		check_response(&responses[i], 1);
		check_response(&responses[i], 5);
		check_response(&responses[i], 100000);
	}
}

static void test_room_bounds_the_body(void **state maybe_unused)
{
	static const char *const heads[] = { "Content-Length: 10\r\n\r\n0123456789",
		"Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n" };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		struct http_parser p;
		auto_evbuffer struct evbuffer *body = evbuffer_new(), *input = evbuffer_new();
		size_t turns = 0;

		http_parser_init_response(&p, false);
		evbuffer_add_printf(input, "HTTP/1.1 200 OK\r\n%s", heads[i]);
		assert_int_equal(http_parser_run(&p, input, body, 4), HTTP_PARSE_HEAD);
		while (http_parser_run(&p, input, body, 4) != HTTP_PARSE_END) {
			assert_true(evbuffer_get_length(body) <= 4 * ++turns);
			assert_true(turns < 20);
		}
		check_bytes(body, "0123456789");
		http_parser_finish(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_request_facts),
		cmocka_unit_test(test_trailers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_room_bounds_the_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
