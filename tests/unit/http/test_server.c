#include "server_rig.h"

#include "base/mem.h"

static void test_keep_alive_and_pipelining(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, GET("/1") GET("/2"));
	struct exchange *x = next_exchange(&r);
	assert_string_equal(x->head.target, "/1");
	assert_true(x->body_complete);
	assert_int_equal(r.count, 0); /* one at a time */
	reply_and_finish(x, "one");
	x = next_exchange(&r);
	assert_string_equal(x->head.target, "/2");
	reply_and_finish(x, "two");
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\ntwo"));
	assert_true(raw_has(&r.client, "Content-Length: 3\r\n"));
	assert_true(raw_has(&r.client, "Date: "));
	assert_true(raw_has(&r.client, "\r\n\r\noneHTTP/1.1 200 OK\r\n"));
	assert_false(raw_ended(&r.client));
}

static void test_head_drips_in(void **state maybe_unused)
{
	static const char text[] = "POST /a HTTP/1.1\r\nHost:\r\nContent-Length: 3\r\n\r\nabc";
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		raw_send_n(&r.client, text + i, 1);
		loop_turn(r.loop, 1);
	}
	struct exchange *x = next_exchange(&r);
	struct error err = ERROR_INIT;
	turn_until(r.loop, exchange_body_ready(x, 100, &err));
	assert_int_equal(evbuffer_get_length(x->body), 3);
	assert_int_equal(x->body_length, 3);
	reply_and_finish(x, "ok");
	turn_until(r.loop, raw_has(&r.client, "ok"));
}

static void test_old_clients(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	reply_and_finish(next_exchange(&r), "one");
	turn_until(r.loop, raw_has(&r.client, "one"));
	assert_true(raw_has(&r.client, "Connection: keep-alive"));
	raw_forget(&r.client);
	raw_send(&r.client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	struct exchange *x = next_exchange(&r);
	exchange_start(x, 200, -1);
	exchange_write(x, "until the end", 13);
	exchange_end(x);
	exchange_finish(x);
	turn_until(r.loop, raw_ended(&r.client));
	assert_true(raw_has(&r.client, "\r\n\r\nuntil the end"));
	assert_true(raw_has(&r.client, "Connection: close"));
	assert_false(raw_has(&r.client, "chunked"));
}

static void test_chunked_with_trailers(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, GET("/"));
	struct exchange *x = next_exchange(&r);
	exchange_start_reason(x, 200, "Fine", -1);
	turn_until(r.loop, raw_has(&r.client, "HTTP/1.1 200 Fine\r\n")); /* at once */
	assert_true(raw_has(&r.client, "Transfer-Encoding: chunked"));
	exchange_write(x, "hello", 5);
	exchange_write(x, "", 0); /* would be the end */
	exchange_add_trailer(x, "X-Sum", "7");
	exchange_end(x);
	exchange_finish(x);
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n"));
}

static void test_answers_without_body(void **state maybe_unused)
{
	static const struct {
		const char *request;
		int status;
		int64_t length;
		const char *has, *has_not;
	} cases[] = {
		{ "HEAD / HTTP/1.1\r\nHost:\r\n\r\n", 200, 5, "Content-Length: 5\r\n", "hello" },
		{ "HEAD / HTTP/1.1\r\nHost:\r\n\r\n", 200, -1, "200 OK", "chunked" },
		{ GET("/"), 204, -1, "204 No Content", "chunked" },
		{ GET("/"), 204, 5, "204 No Content", "Content-Length: 5" },
		{ GET("/"), 304, -1, "304 Not Modified", "chunked" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct http_server_config){ 0 });
		raw_send(&r.client, cases[i].request);
		struct exchange *x = next_exchange(&r);
		exchange_start(x, cases[i].status, cases[i].length);
		exchange_write(x, "hello", 5);
		exchange_end(x);
		exchange_finish(x);
		raw_send(&r.client, GET("/next")); /* the connection is still in step */
		reply_and_finish(next_exchange(&r), "next");
		turn_until(r.loop, raw_has(&r.client, "\r\n\r\nnext"));
		assert_true(raw_has(&r.client, cases[i].has));
		assert_false(raw_has(&r.client, cases[i].has_not));
	}
}

static void test_expect_continue(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct error err = ERROR_INIT;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST / HTTP/1.1\r\nHost:\r\nContent-Length: 2\r\n"
			    "Expect: 100-continue\r\n\r\n");
	struct exchange *x = next_exchange(&r);
	loop_turn(r.loop, 10);
	assert_true(raw_is(&r.client, "")); /* nobody asked for the body yet */
	assert_false(exchange_body_ready(x, 10, &err));
	turn_until(r.loop, raw_is(&r.client, "HTTP/1.1 100 Continue\r\n\r\n"));
	raw_send(&r.client, "hi");
	turn_until(r.loop, exchange_body_ready(x, 10, &err));
	assert_false(error_is_set(&err));
	reply_and_finish(x, "ok");
	turn_until(r.loop, raw_has(&r.client, "200 OK"));
	assert_false(raw_has(&r.client, "close"));
}

/* Whether the body will come is unknown then, so the connection cannot be kept. */
static void test_expect_refused(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST / HTTP/1.1\r\nHost:\r\nContent-Length: 2\r\n"
			    "Expect: 100-continue\r\n\r\n");
	reply_and_finish(next_exchange(&r), "no");
	turn_until(r.loop, raw_ended(&r.client));
	assert_true(raw_has(&r.client, "Connection: close"));
	assert_false(raw_has(&r.client, "100 Continue"));
}

static void test_refusals(void **state maybe_unused)
{
	static const struct {
		const char *request;
		const char *status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400 Bad Request" },
		{ "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "400 " },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501 " },
		{ "GET / HTTP/2.0\r\n\r\n", "505 " },
		{ "POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: x\r\n\r\n", "417 " },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400 " },
		{ "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n\r\n",
			"431 " },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct http_server_config){ .max_head_bytes = 100 });
		raw_send(&r.client, cases[i].request);
		turn_until(r.loop, raw_ended(&r.client));
		assert_true(raw_has(&r.client, cases[i].status));
		assert_true(raw_has(&r.client, "Connection: close"));
		assert_int_equal(r.count, 0);
	}
}

static void test_malformed_body_after_handing_over(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct error err = ERROR_INIT;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
	struct exchange *x = next_exchange(&r);
	raw_send(&r.client, "zz\r\n");
	turn_until(r.loop, x->gone);
	assert_false(exchange_body_ready(x, 10, &err));
	assert_int_equal(err.code, ERROR_PROTOCOL);
	error_clear(&err);
	exchange_reply(x, 200, NULL, "late", 4); /* silent */
	exchange_finish(x);
	turn_until(r.loop, raw_ended(&r.client));
	assert_true(raw_has(&r.client, "400 Bad Request"));
	assert_false(raw_has(&r.client, "late"));
}

static void test_timeouts(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ .head_timeout_ms = 30 });
	raw_send(&r.client, "GET / HT");
	turn_until(r.loop, raw_ended(&r.client));
	assert_true(raw_has(&r.client, "408 Request Timeout"));

	auto_rig struct rig idle;
	rig_start(&idle, (struct http_server_config){ .keepalive_timeout_ms = 30 });
	turn_until(idle.loop, raw_ended(&idle.client));
	assert_true(raw_is(&idle.client, ""));
}

static void test_too_many_connections(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct raw second;

	rig_start(&r, (struct http_server_config){ .max_connections = 1 });
	raw_send(&r.client, GET("/"));
	struct exchange *x = next_exchange(&r);
	http_server_take(r.server, raw_pair(r.loop, &second));
	turn_until(r.loop, raw_ended(&second));
	assert_true(raw_has(&second, "503 Service Unavailable"));
	raw_close(&second);
	reply_and_finish(x, "still here");
	turn_until(r.loop, raw_has(&r.client, "still here"));
}

/* Whoever waits, between two requests or in the middle of a head, makes room for who comes. */
static void test_the_longest_idle_makes_room(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct raw half, third, fourth;

	rig_start(&r, (struct http_server_config){ .max_connections = 2 });
	raw_send(&r.client, GET("/"));
	struct exchange *busy = next_exchange(&r);
	http_server_take(r.server, raw_pair(r.loop, &half));
	raw_send(&half, "GET / HT");
	loop_turn(r.loop, 5);
	http_server_take(r.server, raw_pair(r.loop, &third));
	turn_until(r.loop, raw_ended(&half));
	http_server_take(r.server, raw_pair(r.loop, &fourth));
	turn_until(r.loop, raw_ended(&third));
	assert_false(raw_has(&third, "503"));
	raw_send(&fourth, GET("/"));
	reply_and_finish(next_exchange(&r), "served");
	turn_until(r.loop, raw_has(&fourth, "served"));
	reply_and_finish(busy, "still here");
	turn_until(r.loop, raw_has(&r.client, "still here"));
	raw_close(&half);
	raw_close(&third);
	raw_close(&fourth);
}

static void test_one_address_leaves_room_for_others(void **state maybe_unused)
{
	enum { MAX = 8, SHARE = 7 };
	auto_rig struct rig r;
	struct raw more[MAX - 1];

	rig_start(&r, (struct http_server_config){ .max_connections = MAX });
	raw_send(&r.client, GET("/"));
	turn_until(r.loop, r.count == 1);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		http_server_take(r.server, raw_pair(r.loop, &more[i]));
		raw_send(&more[i], GET("/"));
		turn_until(r.loop, r.count == i + 2 || raw_ended(&more[i]));
	}
	assert_int_equal(r.count, SHARE);
	assert_true(raw_has(&more[MAX - 2], "503 Service Unavailable"));
	while (r.count > 0)
		reply_and_finish(next_exchange(&r), "");
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		raw_close(&more[i]);
}

static void test_unfinished_answer_is_cut(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, GET("/"));
	struct exchange *x = next_exchange(&r);
	exchange_start(x, 200, 10);
	exchange_write(x, "short", 5);
	exchange_end(x); /* five bytes are missing */
	assert_false(x->answer_ended);
	turn_until(r.loop, raw_has(&r.client, "short"));
	exchange_finish(x);
	turn_until(r.loop, raw_ended(&r.client));
}

static void test_unread_body_is_thrown_away(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 100000);

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST / HTTP/1.1\r\nHost:\r\nContent-Length: 100000\r\n\r\n");
	reply_and_finish(next_exchange(&r), "no need");
	for (size_t sent = 0; sent < 100000; loop_turn(r.loop, 1))
		sent += raw_try_send(&r.client, bytes, min_of((size_t)10000, 100000 - sent));
	raw_send(&r.client, GET("/next"));
	reply_and_finish(next_exchange(&r), "next");
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\nnext"));
}

static void test_huge_unread_body_ends_the_connection(void **state maybe_unused)
{
	auto_rig struct rig r;
	char bytes[10000] = { 0 };

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST / HTTP/1.1\r\nHost:\r\nContent-Length: 100000000\r\n\r\n");
	reply_and_finish(next_exchange(&r), "no need");
	while (!raw_ended(&r.client)) {
		raw_try_send(&r.client, bytes, sizeof(bytes));
		loop_turn(r.loop, 1);
	}
	assert_true(raw_has(&r.client, "no need")); /* not lost to a reset */
}

static void test_body_too_large(void **state maybe_unused)
{
	static const char *const bodies[] = { "Content-Length: 6\r\n\r\nabcdef",
		"Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n" };

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		auto_rig struct rig r;
		struct error err = ERROR_INIT;

		rig_start(&r, (struct http_server_config){ 0 });
		raw_send(&r.client, "POST / HTTP/1.1\r\nHost:\r\n");
		raw_send(&r.client, bodies[i]);
		struct exchange *x = next_exchange(&r);
		turn_until(r.loop, !exchange_body_ready(x, 5, &err) && err.code == ERROR_TOO_LARGE);
		error_clear(&err);
		reply_and_finish(x, "no");
		turn_until(r.loop, raw_has(&r.client, "no"));
	}
}

static void test_reading_stops_while_body_waits(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);
	size_t sent = 0;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST / HTTP/1.1\r\nHost:\r\nContent-Length: 4000000\r\n\r\n");
	struct exchange *x = next_exchange(&r);
	for (int i = 0; i < 200; i++) {
		sent += raw_try_send(&r.client, bytes, 65536);
		loop_turn(r.loop, 1);
	}
	assert_true(sent < 3000000); /* kernel buffers and our marks */
	assert_true(evbuffer_get_length(x->body) <= 65536);
	size_t taken = 0;
	while (!x->body_complete || evbuffer_get_length(x->body) > 0) {
		taken += evbuffer_get_length(x->body);
		evbuffer_drain(x->body, evbuffer_get_length(x->body));
		sent += raw_try_send(&r.client, bytes, min_of((size_t)65536, 4000000 - sent));
		loop_turn(r.loop, 1);
	}
	assert_int_equal(taken, 4000000);
	reply_and_finish(x, "ok");
	turn_until(r.loop, raw_has(&r.client, "ok"));
}

static void test_slow_reader_fills_the_answer(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);
	size_t written = 0;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, GET("/"));
	struct exchange *x = next_exchange(&r);
	exchange_start(x, 200, -1);
	for (int i = 0; i < 100; i++) {
		if (!exchange_is_full(x)) {
			exchange_write(x, bytes, 65536);
			written += 65536;
		}
		loop_turn(r.loop, 1);
	}
	assert_true(exchange_is_full(x));
	assert_true(written < 2000000);
	size_t wakes = r.wakes;
	turn_until(r.loop, raw_read(&r.client) && r.wakes > wakes);
	assert_false(exchange_is_full(x));
	exchange_finish(x);
}

/* The budget is that of one answer, however much is asked for at once. */
static void test_pipelining_waits_for_the_reader(void **state maybe_unused)
{
	enum { ANSWER = 64 * 1024, ASKED = 200 };
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, ANSWER);
	size_t answered = 0;

	rig_start(&r, (struct http_server_config){ 0 });
	for (int i = 0; i < ASKED; i++)
		raw_send(&r.client, GET("/"));
	for (int quiet = 0; quiet < 20; quiet++) {
		while (r.count > 0) {
			struct exchange *x = next_exchange(&r);

			exchange_reply(x, 200, NULL, bytes, ANSWER);
			exchange_finish(x);
			answered++;
			quiet = 0;
		}
		loop_turn(r.loop, 1);
	}
	assert_true(answered < ASKED / 4);
	while (answered < ASKED) {
		turn_until(r.loop, raw_read(&r.client) && r.count > 0);
		reply_and_finish(next_exchange(&r), "");
		answered++;
	}
}

static void test_drain(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct raw idle;

	rig_start(&r, (struct http_server_config){ 0 });
	http_server_take(r.server, raw_pair(r.loop, &idle));
	raw_send(&r.client, GET("/"));
	struct exchange *x = next_exchange(&r);
	assert_int_equal(http_server_busy(r.server), 1);
	http_server_drain(r.server);
	turn_until(r.loop, raw_ended(&idle));
	raw_close(&idle);
	assert_false(x->gone);
	reply_and_finish(x, "bye");
	turn_until(r.loop, raw_ended(&r.client));
	assert_true(raw_has(&r.client, "Connection: close"));
	assert_true(raw_has(&r.client, "bye"));
	assert_int_equal(http_server_busy(r.server), 0);
}

static void test_destroy_with_exchange_out(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, GET("/"));
	struct exchange *x = next_exchange(&r);
	http_server_destroy(r.server);
	r.server = NULL;
	loop_turn(r.loop, 0);
	assert_true(x->gone);
	assert_string_equal(exchange_peer(x), "unix");
	exchange_reply(x, 200, NULL, "late", 4);
	exchange_finish(x);
}

static void test_h2_preface_is_an_exchange(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nframes");
	struct exchange *x = next_exchange(&r);
	assert_string_equal(x->head.method, "PRI");
	struct stream *s = exchange_take_stream(x);
	exchange_finish(x);
	assert_int_equal(evbuffer_get_length(stream_input(s)), 6);
	stream_destroy(s, "test over");
}

static void test_absolute_form(void **state maybe_unused)
{
	static const struct {
		const char *target, *path;
	} cases[] = {
		{ "http://a:1/x?y=http://z/", "/x?y=http://z/" },
		{ "http://a", "/" },
		{ "http://a?q", "/?q" },
		{ "/x://y", "/x://y" },
		{ "*", "*" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;
		auto_free char *text =
			xasprintf("OPTIONS %s HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].target);

		rig_start(&r, (struct http_server_config){ 0 });
		raw_send(&r.client, text);
		struct exchange *x = next_exchange(&r);
		assert_string_equal(x->head.target, cases[i].path);
		reply_and_finish(x, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep_alive_and_pipelining),
		cmocka_unit_test(test_head_drips_in),
		cmocka_unit_test(test_old_clients),
		cmocka_unit_test(test_chunked_with_trailers),
		cmocka_unit_test(test_answers_without_body),
		cmocka_unit_test(test_expect_continue),
		cmocka_unit_test(test_expect_refused),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_malformed_body_after_handing_over),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_too_many_connections),
		cmocka_unit_test(test_the_longest_idle_makes_room),
		cmocka_unit_test(test_one_address_leaves_room_for_others),
		cmocka_unit_test(test_unfinished_answer_is_cut),
		cmocka_unit_test(test_unread_body_is_thrown_away),
		cmocka_unit_test(test_huge_unread_body_ends_the_connection),
		cmocka_unit_test(test_body_too_large),
		cmocka_unit_test(test_reading_stops_while_body_waits),
		cmocka_unit_test(test_slow_reader_fills_the_answer),
		cmocka_unit_test(test_pipelining_waits_for_the_reader),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_destroy_with_exchange_out),
		cmocka_unit_test(test_h2_preface_is_an_exchange),
		cmocka_unit_test(test_absolute_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
