#include "relay_rig.h"

#include <unistd.h>

#include "base/mem.h"

static void test_fields_of_one_hop(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	ask(&r, "GET /v1.41/x?a=b HTTP/1.1\r\nHost: client\r\nX-Registry-Auth: e30=\r\n"
		"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nTraceparent: "
		"t\r\n\r\n");
	assert_true(raw_is(&r.peer, "GET /v1.41/x?a=b HTTP/1.1\r\nHost: engine\r\n"
				    "X-Registry-Auth: e30=\r\nTraceparent: t\r\n\r\n"));
	raw_send(&r.peer, "HTTP/1.1 201 Made\r\nApi-Version: 1.41\r\nKeep-Alive: 5\r\n"
			  "Connection: X-Back\r\nX-Back: 1\r\nUnknown: kept\r\n"
			  "Content-Length: 2\r\n\r\nhi");
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_DONE);
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\nhi"));
	assert_true(
		raw_has(&r.client, "HTTP/1.1 201 Made\r\nApi-Version: 1.41\r\nUnknown: kept\r\n"));
	assert_true(raw_has(&r.client, "Content-Length: 2\r\n"));
	assert_false(raw_has(&r.client, "X-Back"));
	assert_false(raw_has(&r.client, "Keep-Alive"));
	assert_int_equal(r.relay.answer_bytes, 2);
	assert_int_equal(endpoint_connections(r.endpoint), 1);
}

struct framing_case {
	const char *request, *answer;
	bool ends;
	const char *has, *has_not;
};

static const struct framing_case framings[] = {
	{ GET,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: "
		"1\r\n\r\n",
		false, "\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n", "Content-Length" },
	{ GET, "HTTP/1.1 200 OK\r\n\r\nhi", true, "\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
		"Content-Length" },
	{ "GET /x HTTP/1.0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false,
		"\r\n\r\nhi", "chunked" },
	{ "HEAD /x HTTP/1.1\r\nHost:\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
		false, "Content-Length: 2\r\n", "hi" },
	{ "HEAD /x HTTP/1.1\r\nHost:\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", false, "200 OK",
		"chunked" },
	{ GET, "HTTP/1.1 204 No Content\r\n\r\n", false, "204 No Content", "chunked" },
	{ GET, "HTTP/1.1 304 Not Modified\r\n\r\n", false, "304 Not Modified", "chunked" },
	{ GET, "HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
		false, "500 Oh\r\nContent-Type: application/json\r\n", "chunked" },
	{ GET, "HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n", false,
		"Location: /y", "chunked" },
};

static void test_framing_is_chosen_anew(void **state maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(framings); i++) {
		auto_rig struct rig r;

		rig_start(&r);
		ask(&r, framings[i].request);
		raw_send(&r.peer, framings[i].answer);
		if (framings[i].ends)
			raw_end(&r.peer);
		wait_over(&r);
		assert_int_equal(r.relay.state, RELAY_DONE);
		turn_until(r.loop, raw_has(&r.client, framings[i].has));
		assert_false(raw_has(&r.client, framings[i].has_not));
	}
}

static void test_uploads(void **state maybe_unused)
{
	static const struct {
		const char *client, *peer;
	} cases[] = {
		{ "Content-Length: 3\r\n\r\nabc", "Content-Length: 3\r\n\r\nabc" },
		{ "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\nHost: evil\r\n\r\n",
			"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n" },
		{ "Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n\r\n" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r);
		raw_send(&r.client, "POST /x HTTP/1.1\r\nHost:\r\n");
		ask(&r, cases[i].client);
		turn_until(r.loop, raw_has(&r.peer, cases[i].peer));
		raw_send(&r.peer, OK_HI);
		wait_over(&r);
		turn_until(r.loop, raw_has(&r.client, "\r\n\r\nhi"));
	}
}

static void test_expect_waits_for_the_peer(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	raw_send(&r.client, "POST /x HTTP/1.1\r\nHost:\r\nExpect: 100-continue\r\n"
			    "Content-Length: 3\r\n\r\n");
	accept_peer(&r);
	turn_until(r.loop, raw_is(&r.client, "HTTP/1.1 100 Continue\r\n\r\n"));
	assert_false(raw_has(&r.peer, "Expect"));
	raw_send(&r.client, "abc");
	turn_until(r.loop, raw_has(&r.peer, "\r\n\r\nabc"));
	raw_send(&r.peer, OK_HI);
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\nhi"));
}

static void test_no_continue_without_peer(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	close(r.listener);
	r.listener = -1;
	raw_send(&r.client, "POST /x HTTP/1.1\r\nHost:\r\nExpect: 100-continue\r\n"
			    "Content-Length: 3\r\n\r\n");
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_NO_ANSWER);
	assert_true(r.relay.call.connection_failed);
	turn_until(r.loop, raw_ended(&r.client));
	assert_true(raw_has(&r.client, "502 Bad Gateway"));
	assert_false(raw_has(&r.client, "100 Continue"));
}

static void test_head_is_not_held_back(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	ask(&r, GET);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	turn_until(r.loop, raw_has(&r.client, "200 OK"));
	raw_send(&r.peer, "1\r\na\r\n");
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\n1\r\na\r\n"));
	assert_false(relay_over(&r.relay));
}

static void test_vanished_client_cancels(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	ask(&r, GET);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	turn_until(r.loop, raw_has(&r.client, "200 OK"));
	raw_close(&r.client);
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_CLIENT_GONE);
	turn_until(r.loop, raw_ended(&r.peer));
}

static void test_peer_breaks(void **state maybe_unused)
{
	static const struct {
		const char *answer;
		enum relay_state state;
	} cases[] = {
		{ "", RELAY_NO_ANSWER },
		{ "HTTP/1.1 200", RELAY_NO_ANSWER },
		{ "nonsense\r\n\r\n", RELAY_NO_ANSWER },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", RELAY_BROKEN },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
			RELAY_BROKEN },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r);
		ask(&r, GET);
		raw_send(&r.peer, cases[i].answer);
		raw_close(&r.peer);
		wait_over(&r);
		assert_int_equal(r.relay.state, cases[i].state);
		assert_true(error_is_set(&r.relay.err));
		if (cases[i].state == RELAY_BROKEN) {
			turn_until(r.loop, raw_ended(&r.client));
			assert_false(raw_has(&r.client, "0\r\n\r\n"));
		} else {
			turn_until(r.loop, raw_has(&r.client, "502 Bad Gateway"));
		}
	}
}

static void hold_edit(struct relay *r maybe_unused, struct response_head *head)
{
	headers_set(&head->headers, "Edited", "yes");
}

static void test_holding(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	r.relay.hold_head = r.relay.hold_body = true;
	r.relay.edit_head = hold_edit;
	ask(&r, GET);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh");
	loop_turn(r.loop, 10);
	loop_turn(r.loop, 10);
	assert_int_equal(r.relay.state, RELAY_RUNNING);
	raw_send(&r.peer, "i");
	turn_until(r.loop, r.relay.state == RELAY_HELD);
	assert_int_equal(r.relay.call.answer.status, 200);
	assert_int_equal(evbuffer_get_length(r.relay.call.in), 2);
	assert_true(raw_is(&r.client, ""));
	headers_add(&r.x->answer, "Api-Version", "ours");
	relay_release(&r.relay);
	wait_over(&r);
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\nhi"));
	assert_true(raw_has(&r.client, "Edited: yes"));
	assert_true(raw_has(&r.client, "Api-Version: ours"));
}

/* Nobody can tell that all of it is there before the owner lets the end go. */
static void test_holding_the_end(void **state maybe_unused)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		auto_rig struct rig r;

		rig_start(&r);
		r.relay.hold_end = true;
		ask(&r, GET);
		raw_send(&r.peer, answers[i]);
		turn_until(r.loop, r.relay.state == RELAY_HELD_AT_END);
		turn_until(r.loop, raw_has(&r.client, "\r\n\r\n2\r\nhi\r\n"));
		loop_turn(r.loop, 10);
		assert_false(raw_has(&r.client, "0\r\n\r\n"));
		assert_false(relay_over(&r.relay));
		relay_release(&r.relay);
		wait_over(&r);
		assert_int_equal(r.relay.state, RELAY_DONE);
		turn_until(r.loop, raw_has(&r.client, "\r\nhi\r\n0\r\n\r\n"));
	}
}

/* `docker wait` has read enough when it has read the status. */
static void test_the_tail_is_held_with_the_end(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	r.relay.hold_end = r.relay.hold_tail = true;
	ask(&r, GET);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	turn_until(r.loop, raw_has(&r.client, "200 OK"));
	raw_send(&r.peer, "2\r\nhi\r\n");
	for (int i = 0; i < 5; i++)
		loop_turn(r.loop, 5);
	assert_false(raw_has(&r.client, "hi"));
	raw_send(&r.peer, "0\r\n\r\n");
	turn_until(r.loop, r.relay.state == RELAY_HELD_AT_END);
	assert_false(raw_has(&r.client, "hi"));
	relay_release(&r.relay);
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_DONE);
	turn_until(r.loop, raw_has(&r.client, "\r\nhi\r\n0\r\n\r\n"));
}

static void test_a_tail_that_is_long_is_not_held(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);

	rig_start(&r);
	r.relay.hold_end = r.relay.hold_tail = true;
	ask(&r, GET);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n");
	while (r.relay.answer_bytes == 0) {
		raw_try_send(&r.peer, bytes, 65536);
		loop_turn(r.loop, 1);
	}
	assert_int_equal(r.relay.state, RELAY_RUNNING);
}

static void test_client_leaves_while_the_end_is_held(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	r.relay.hold_end = true;
	ask(&r, GET);
	raw_send(&r.peer, OK_HI);
	turn_until(r.loop, r.relay.state == RELAY_HELD_AT_END);
	raw_close(&r.client);
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_CLIENT_GONE);
}

static void test_large_bodies_are_not_held(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);

	rig_start(&r);
	r.relay.hold_head = r.relay.hold_body = true;
	ask(&r, GET);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n");
	while (r.relay.state != RELAY_HELD) {
		raw_try_send(&r.peer, bytes, 65536);
		loop_turn(r.loop, 1);
	}
	assert_false(r.relay.call.done);
	assert_true(evbuffer_get_length(r.relay.call.in) <= 1024 * 1024);
}

/* `docker build` that fails early: the error arrives while the context is still being sent. */
static void test_answer_during_upload(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);

	rig_start(&r);
	ask(&r, "POST /build HTTP/1.1\r\nHost:\r\nContent-Length: 100000000\r\n\r\n");
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nstep\r\n");
	turn_until(r.loop, raw_has(&r.client, "step"));
	size_t before = r.relay.request_bytes;
	for (int i = 0; i < 50; i++) { /* both ways at once */
		raw_try_send(&r.client, bytes, 65536);
		raw_read(&r.peer);
		loop_turn(r.loop, 1);
	}
	assert_true(r.relay.request_bytes > before + 1000000);
	raw_send(&r.peer, "5\r\nerror\r\n0\r\n\r\n");
	raw_close(&r.peer);
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_DONE);
	while (!raw_ended(&r.client)) {
		raw_try_send(&r.client, bytes, 65536);
		loop_turn(r.loop, 1);
	}
	assert_true(raw_has(&r.client, "5\r\nerror\r\n0\r\n\r\n"));
}

enum {
	BIG = 256 * 1024 * 1024,
	GROWTH_MAX = 3 * 1024 * 1024, /* with sanitizers; most of it are the test's own sockets */
};

static void test_big_answer_in_little_memory(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);
	size_t sent = 0, got = 0, most = 0;

	rig_start(&r);
	ask(&r, GET);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 268435456\r\n\r\n");
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\n"));
	raw_forget(&r.client);
	while (got < BIG) {
		sent += raw_try_send(&r.peer, bytes, min_of((size_t)65536, (size_t)BIG - sent));
		loop_turn(r.loop, 0);
		most = max_of(most, evbuffer_get_length(r.relay.call.in));
		raw_read(&r.client);
		got += evbuffer_get_length(r.client.in);
		raw_forget(&r.client);
	}
	wait_over(&r);
	assert_int_equal(r.relay.answer_bytes, BIG);
	assert_true(most <= 256 * 1024);
}

/* A client that does not read stops the peer, and costs no memory. */
static void test_slow_reader(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);
	size_t sent = 0;

	rig_start(&r);
	ask(&r, GET);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000\r\n");
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\n"));
	size_t before = resident_bytes();
	for (int i = 0; i < 3000; i++) {
		sent += raw_try_send(&r.peer, bytes, 65536);
		loop_turn(r.loop, 0);
	}
	assert_true(sent < 20 * 1024 * 1024); /* kernel buffers */
	assert_true(r.relay.answer_bytes < 2 * 1024 * 1024);
	assert_true(resident_bytes() < before + GROWTH_MAX);
}

static void test_slow_upload_target(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_free char *bytes = xcalloc(1, 65536);
	size_t before = resident_bytes();

	rig_start(&r);
	ask(&r, "PUT /archive HTTP/1.1\r\nHost:\r\nContent-Length: 268435456\r\n\r\n");
	for (int i = 0; i < 3000; i++) {
		raw_try_send(&r.client, bytes, 65536);
		loop_turn(r.loop, 0);
	}
	assert_true(r.relay.request_bytes < 20 * 1024 * 1024);
	assert_true(resident_bytes() < before + GROWTH_MAX);
	assert_false(relay_over(&r.relay));
}

static void test_client_vanishes_during_upload(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	ask(&r, "PUT /x HTTP/1.1\r\nHost:\r\nContent-Length: 10\r\n\r\nabc");
	raw_end(&r.client);
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_CLIENT_GONE);
	assert_int_equal(r.relay.err.code, ERROR_CLOSED);
	turn_until(r.loop, raw_ended(&r.peer)); /* never a complete request */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_of_one_hop),
		cmocka_unit_test(test_framing_is_chosen_anew),
		cmocka_unit_test(test_uploads),
		cmocka_unit_test(test_expect_waits_for_the_peer),
		cmocka_unit_test(test_no_continue_without_peer),
		cmocka_unit_test(test_head_is_not_held_back),
		cmocka_unit_test(test_vanished_client_cancels),
		cmocka_unit_test(test_peer_breaks),
		cmocka_unit_test(test_holding),
		cmocka_unit_test(test_holding_the_end),
		cmocka_unit_test(test_the_tail_is_held_with_the_end),
		cmocka_unit_test(test_a_tail_that_is_long_is_not_held),
		cmocka_unit_test(test_client_leaves_while_the_end_is_held),
		cmocka_unit_test(test_large_bodies_are_not_held),
		cmocka_unit_test(test_answer_during_upload),
		cmocka_unit_test(test_big_answer_in_little_memory),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_slow_upload_target),
		cmocka_unit_test(test_client_vanishes_during_upload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
