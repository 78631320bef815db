#include "client_rig.h"

#include "base/json.h"
#include "base/mem.h"

static void test_request_as_sent(void **state maybe_unused)
{
	static const struct {
		const char *method, *body, *text;
	} cases[] = {
		{ "GET", NULL, "GET /x?y HTTP/1.1\r\nHost: engine\r\n\r\n" },
		{ "POST", NULL, "POST /x?y HTTP/1.1\r\nHost: engine\r\nContent-Length: 0\r\n\r\n" },
		{ "POST", "{}",
			"POST /x?y HTTP/1.1\r\nHost: engine\r\nContent-Length: 2\r\n\r\n{}" },
		{ "DELETE", NULL, "DELETE /x?y HTTP/1.1\r\nHost: engine\r\n\r\n" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct endpoint_config){ .host_header = "engine" });
		call_init(&r.call, cases[i].method, "/x?y");
		headers_add(&r.call.head.headers, "Host", "replaced");
		r.call.body = xstrdup_null(cases[i].body);
		r.call.body_len = cases[i].body ? strlen(cases[i].body) : 0;
		send_call(&r, &r.call);
		accept_peer(&r);
		turn_until(r.loop, raw_is(&r.peer, cases[i].text));
		raw_send(&r.peer, OK_HI);
		wait_done(&r);
		assert_false(error_is_set(&r.call.err));
		assert_int_equal(r.call.answer.status, 200);
		assert_int_equal(r.call.length, 2);
		assert_body(&r.call, "hi");
	}
}

struct answer_case {
	const char *method, *text;
	bool ends; /* the peer closes after it */
	int status;
	const char *body; /* NULL: fails with code */
	enum error_code code;
	bool kept; /* the connection can be used again */
};

static const struct answer_case answers[] = {
	{ "GET", OK_HI, false, 200, "hi", 0, true },
	{ "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", false, 200,
		"hi" },
	{ "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, 200, "hi" },
	{ "GET", "HTTP/1.1 200 OK\r\n\r\nhi", true, 200, "hi" },
	{ "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false,
		200, "hi", 0, true },
	{ "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false, 200, "", 0, true },
	{ "GET", "HTTP/1.1 204 No Content\r\n\r\n", false, 204, "", 0, true },
	{ "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", false, 304, "", 0,
		true },
	{ "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK_HI,
		false, 200, "hi", 0, true },
	{ "GET", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", false, 404, "no", 0,
		true },
	{ "GET", OK_HI "stray", false, 200, "hi" },
	{ "GET", "", true, 0, NULL, ERROR_CLOSED },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", true, 200, NULL, ERROR_CLOSED },
	{ "GET", "SSH-2.0-x\r\n", false, 0, NULL, ERROR_PROTOCOL },
	{ "GET", "HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", false, 0, NULL,
		ERROR_PROTOCOL },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", false, 0,
		NULL, ERROR_PROTOCOL },
	{ "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false, 200, NULL,
		ERROR_PROTOCOL },
};

static void check_answer(const struct answer_case *c, bool drip)
{
	auto_rig struct rig r;
	size_t len = strlen(c->text);

	rig_start(&r, (struct endpoint_config){ 0 });
	start(&r, c->method, "/");
	accept_peer(&r);
	expect_request(&r, "\r\n\r\n");
	for (size_t at = 0, n; at < len; at += n) {
		n = drip ? 1 : len;
		raw_try_send(&r.peer, c->text + at, n);
		if (drip)
			loop_turn(r.loop, 1);
	}
	if (c->ends)
		raw_end(&r.peer);
	wait_done(&r);
	if (r.call.answer.status != c->status || r.call.err.code != c->code)
		fail_msg("%s: %d, %s", c->text, r.call.answer.status, error_text(&r.call.err));
	if (c->body)
		assert_body(&r.call, c->body);
	if (!drip)
		assert_int_equal(endpoint_connections(r.endpoint), c->kept);
}

static void test_answers(void **state maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		check_answer(&answers[i], false);
		check_answer(&answers[i], true);
	}
}

/* Wherever the peer dies, there is an error, once, and never half an answer as a whole one. */
static void test_cut_at_every_byte(void **state maybe_unused)
{
	static const char *const samples[] = {
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
		"{\"a\": 12}",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"4\r\n{\"a\"\r\n5\r\n: 12}\r\n0\r\nX-T: 1\r\n\r\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		size_t len = strlen(samples[i]);

		for (size_t cut = 0; cut <= len; cut++) {
			auto_rig struct rig r;

			rig_start(&r, (struct endpoint_config){ 0 });
			call_init(&r.call, "GET", "/");
			r.call.mode = CALL_JSON;
			send_call(&r, &r.call);
			accept_peer(&r);
			expect_request(&r, "\r\n\r\n");
			raw_send_n(&r.peer, samples[i], cut);
			raw_close(&r.peer);
			wait_done(&r);
			if (cut == len)
				assert_int_equal(
					json_get_int(yyjson_doc_get_root(r.call.json), "a", 0), 12);
			else
				assert_int_equal(r.call.err.code, ERROR_CLOSED);
			assert_false(r.call.connection_failed);
		}
	}
}

static void test_endless_head(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *pad = xcalloc(1, 65537);

	memset(pad, 'x', 65536);
	rig_start(&r, (struct endpoint_config){ 0 });
	start(&r, "GET", "/");
	accept_peer(&r);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nX: ");
	while (!r.call.done) {
		raw_try_send(&r.peer, pad, 65536);
		loop_turn(r.loop, 1);
	}
	assert_int_equal(r.call.err.code, ERROR_TOO_LARGE);
}

static void test_body_ceiling(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	call_init(&r.call, "GET", "/");
	r.call.max_body = 1;
	send_call(&r, &r.call);
	accept_peer(&r);
	raw_send(&r.peer, OK_HI);
	wait_done(&r);
	assert_int_equal(r.call.err.code, ERROR_TOO_LARGE);
}

static void test_json(void **state maybe_unused)
{
	static const struct {
		const char *answer;
		enum error_code code;
		bool has_json;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 0, true },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, false },
		{ "HTTP/1.1 201 OK\r\nContent-Length: 3\r\n\r\n \r\n", 0, false },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", ERROR_PROTOCOL, false },
		{ "HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\n{", 0, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct endpoint_config){ 0 });
		call_init(&r.call, "GET", "/");
		r.call.mode = CALL_JSON;
		send_call(&r, &r.call);
		accept_peer(&r);
		raw_send(&r.peer, cases[i].answer);
		wait_done(&r);
		assert_int_equal(r.call.err.code, cases[i].code);
		assert_int_equal(r.call.json != NULL, cases[i].has_json);
	}
}

static void test_error_text(void **state maybe_unused)
{
	static const struct {
		const char *body, *text;
	} cases[] = {
		{ "{\"message\":\"No such container: x\"}\n", "No such container: x" },
		{ "  plain text\n", "plain text" },
		{ "{\"cause\":1}", "{\"cause\":1}" },
		{ "", "Not here" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;
		auto_free char *answer =
			xasprintf("HTTP/1.1 404 Not here\r\nContent-Length: %zu\r\n\r\n%s",
				strlen(cases[i].body), cases[i].body);

		rig_start(&r, (struct endpoint_config){ 0 });
		start(&r, "GET", "/");
		accept_peer(&r);
		raw_send(&r.peer, answer);
		wait_done(&r);
		auto_free char *text = call_error_text(&r.call);
		assert_string_equal(text, cases[i].text);
	}
}

static void write_text(struct call *c, const char *text)
{
	auto_evbuffer struct evbuffer *bytes = evbuffer_new();

	evbuffer_add_printf(bytes, "%s", text);
	call_write_buffer(c, bytes);
}

static void test_streamed_request(void **state maybe_unused)
{
	static const struct {
		int64_t length;
		const char *text;
	} cases[] = {
		{ -1, "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: "
		      "1\r\n\r\n" },
		{ 5, "Content-Length: 5\r\n\r\nabcde" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct endpoint_config){ 0 });
		call_init(&r.call, "PUT", "/");
		r.call.stream_body = true;
		r.call.stream_length = cases[i].length;
		send_call(&r, &r.call);
		assert_true(call_is_full(&r.call)); /* no connection yet; yet nothing is lost */
		write_text(&r.call, "abc");
		accept_peer(&r);
		turn_until(r.loop, !call_is_full(&r.call));
		write_text(&r.call, "de");
		call_add_trailer(&r.call, "T", "1");
		call_end_body(&r.call);
		turn_until(r.loop, raw_has(&r.peer, cases[i].text));
		raw_send(&r.peer, OK_HI);
		wait_done(&r);
		assert_int_equal(endpoint_connections(r.endpoint), 1);
	}
}

/* The peer answers, and closes, while the upload is running: the answer counts. */
static void test_answer_before_the_end_of_the_upload(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65537);

	memset(bytes, 'x', 65536);
	rig_start(&r, (struct endpoint_config){ 0 });
	call_init(&r.call, "POST", "/build");
	r.call.stream_body = true;
	send_call(&r, &r.call);
	accept_peer(&r);
	turn_until(r.loop, !call_is_full(&r.call));
	for (int i = 0; i < 100 && !call_is_full(&r.call); i++) {
		write_text(&r.call, bytes);
		loop_turn(r.loop, 1);
	}
	raw_send(&r.peer, "HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno");
	raw_close(&r.peer); /* with unread input: a reset */
	wait_done(&r);
	assert_int_equal(r.call.answer.status, 400);
	assert_false(error_is_set(&r.call.err));
	assert_body(&r.call, "no");
	assert_int_equal(endpoint_connections(r.endpoint), 0);
}

static void test_stream_mode_pauses(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);
	size_t sent = 0, taken = 0, total = 8000000;

	rig_start(&r, (struct endpoint_config){ 0 });
	call_init(&r.call, "GET", "/");
	r.call.mode = CALL_STREAM;
	r.call.idle_timeout_ms = 50; /* our own slowness is not the peer's */
	send_call(&r, &r.call);
	accept_peer(&r);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n");
	for (int i = 0; i < 300; i++) {
		sent += raw_try_send(&r.peer, bytes, 65536);
		loop_turn(r.loop, 1);
	}
	assert_true(evbuffer_get_length(r.call.in) <= 128 * 1024);
	assert_true(sent < total);
	assert_false(r.call.done);
	while (taken < total && !error_is_set(&r.call.err)) {
		taken += evbuffer_get_length(r.call.in);
		evbuffer_drain(r.call.in, evbuffer_get_length(r.call.in));
		call_resume(&r.call);
		sent += raw_try_send(&r.peer, bytes, min_of((size_t)65536, total - sent));
		loop_turn(r.loop, 1);
	}
	wait_done(&r);
	assert_false(error_is_set(&r.call.err));
	assert_int_equal(taken, total);
}

static void test_taking_the_stream(void **state maybe_unused)
{
	static const char *const heads[] = {
		"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst",
		"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nfirst",
	};
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct endpoint_config){ 0 });
		call_init(&r.call, "POST", "/attach");
		headers_add(&r.call.head.headers, "Connection", "Upgrade");
		headers_add(&r.call.head.headers, "Upgrade", "tcp");
		r.call.hijack = true;
		send_call(&r, &r.call);
		accept_peer(&r);
		raw_send(&r.peer, heads[i]);
		raw_end(&r.peer); /* must not be taken for the end of a body */
		turn_until(r.loop, r.call.head_done);
		loop_turn(r.loop, 10);
		assert_false(r.call.done);
		struct stream *s = call_take_stream(&r.call);
		assert_non_null(s);
		assert_true(r.call.done);
		assert_int_equal(evbuffer_get_length(stream_input(s)), 5);
		stream_write(s, "stdin", 5);
		turn_until(r.loop, raw_has(&r.peer, "\r\n\r\nstdin"));
		stream_destroy(s, "test over");
	}
}

static void test_declined_stream_is_an_answer(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	call_init(&r.call, "POST", "/attach");
	r.call.hijack = true;
	send_call(&r, &r.call);
	accept_peer(&r);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\n\r\nall of it");
	raw_end(&r.peer);
	turn_until(r.loop, call_offers_stream(&r.call));
	call_resume(&r.call);
	wait_done(&r);
	assert_body(&r.call, "all of it");
}

/* A list that is read while it comes: what it says, and how it fails. */
static void test_json_by_pieces(void **state maybe_unused)
{
	static const struct {
		const char *rest;
		bool ends;
		size_t max_body;
		const char *error; /* NULL: it is complete */
		enum error_code code;
	} cases[] = {
		{ " 2 ]", false, 0, NULL, 0 },
		{ "2}  ", false, 0, "expected a comma or an end", ERROR_PROTOCOL },
		{ "2   ", false, 0, "it ends in the middle", ERROR_PROTOCOL },
		{ "2", true, 0, "in the middle of the body", ERROR_CLOSED },
		{ "22 ]", false, 5, "too large", ERROR_TOO_LARGE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;
		auto_error struct error err = ERROR_INIT;
		struct json_pieces p;
		struct json_piece piece = { 0 };
		enum json_pieces_turn turn = JSON_PIECES_MORE;

		rig_start(&r, (struct endpoint_config){ 0 });
		call_init(&r.call, "GET", "/");
		r.call.mode = CALL_STREAM;
		r.call.max_body = cases[i].max_body;
		send_call(&r, &r.call);
		accept_peer(&r);
		raw_send(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[1,");
		turn_until(r.loop, r.call.in && evbuffer_get_length(r.call.in) == 3);
		json_pieces_init(&p, NULL, 0);
		assert_int_equal(call_next_piece(&r.call, &p, &piece, &err), JSON_PIECES_PIECE);
		assert_true(piece.is_array);
		assert_int_equal(call_next_piece(&r.call, &p, &piece, &err), JSON_PIECES_PIECE);
		assert_int_equal(yyjson_get_int(piece.value), 1);
		assert_int_equal(call_next_piece(&r.call, &p, &piece, &err), JSON_PIECES_MORE);
		raw_send(&r.peer, cases[i].rest);
		if (cases[i].ends)
			raw_end(&r.peer);
		wait_done(&r);
		do
			turn = call_next_piece(&r.call, &p, &piece, &err);
		while (turn == JSON_PIECES_PIECE);
		if (cases[i].error) {
			assert_int_equal(turn, JSON_PIECES_FAILED);
			assert_int_equal(err.code, cases[i].code);
			if (!strstr(error_text(&err), cases[i].error))
				fail_msg("'%s'", error_text(&err));
		} else {
			assert_int_equal(turn, JSON_PIECES_END);
		}
		json_pieces_finish(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_as_sent),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_endless_head),
		cmocka_unit_test(test_body_ceiling),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_by_pieces),
		cmocka_unit_test(test_error_text),
		cmocka_unit_test(test_streamed_request),
		cmocka_unit_test(test_answer_before_the_end_of_the_upload),
		cmocka_unit_test(test_stream_mode_pauses),
		cmocka_unit_test(test_taking_the_stream),
		cmocka_unit_test(test_declined_stream_is_an_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
