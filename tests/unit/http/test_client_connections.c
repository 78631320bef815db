#include "client_rig.h"

#include <unistd.h>

#include "base/mem.h"

static void one_good_call(struct rig *r, bool fresh)
{
	start(r, "GET", "/");
	if (fresh)
		accept_peer(r);
	expect_request(r, "GET / ");
	raw_send(&r->peer, OK_HI);
	wait_done(r);
	assert_false(error_is_set(&r->call.err));
}

static void test_connections_are_reused(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	one_good_call(&r, true);
	one_good_call(&r, false);
	assert_int_equal(endpoint_connections(r.endpoint), 1);
	raw_end(&r.peer); /* an idle connection that the peer ends is gone at once */
	turn_until(r.loop, endpoint_connections(r.endpoint) == 0);
	one_good_call(&r, true);
	raw_send(&r.peer, "unasked for");
	turn_until(r.loop, endpoint_connections(r.endpoint) == 0);
	one_good_call(&r, true);
	endpoint_close_idle(r.endpoint);
	assert_int_equal(endpoint_connections(r.endpoint), 0);
}

static void test_idle_timeout(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ .idle_timeout_ms = 20 });
	one_good_call(&r, true);
	assert_int_equal(endpoint_connections(r.endpoint), 1);
	turn_until(r.loop, endpoint_connections(r.endpoint) == 0);
}

enum { CROWD = 20 };

/* So many calls at once, all of them answered; which of them came on new connections is counted. */
static size_t crowd_connects(struct rig *r, struct raw peers[CROWD], size_t known)
{
	struct call calls[CROWD];
	size_t connects = 0, served = 0;

	for (size_t i = 0; i < CROWD; i++) {
		call_init(&calls[i], "GET", "/crowd");
		send_call(r, &calls[i]);
	}
	for (int64_t until = clock_mono_ms() + 5000; served < CROWD;) {
		assert_true(clock_mono_ms() < until);
		loop_turn(r->loop, 5);
		if (known + connects < CROWD && raw_accept(r->listener, &peers[known + connects]))
			connects++;
		for (size_t i = 0; i < known + connects; i++) {
			if (raw_has(&peers[i], "/crowd")) {
				raw_forget(&peers[i]);
				served++;
			}
		}
	}
	for (size_t i = 0; i < CROWD; i++)
		raw_send(&peers[i], OK_HI);
	for (size_t i = 0; i < CROWD; i++) {
		turn_until(r->loop, calls[i].done);
		assert_false(error_is_set(&calls[i].err));
		call_finish(&calls[i]);
	}
	return connects;
}

static void test_a_crowd_comes_back_on_its_connections(void **state maybe_unused)
{
	struct raw peers[CROWD] = { 0 };
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ .max_idle = 2 });
	assert_int_equal(crowd_connects(&r, peers, 0), CROWD);
	assert_int_equal(endpoint_connections(r.endpoint), CROWD);
	assert_int_equal(crowd_connects(&r, peers, CROWD), 0);
	turn_until(r.loop, endpoint_connections(r.endpoint) == 2); /* what is not needed goes */
	for (size_t i = 0; i < CROWD; i++)
		raw_close(&peers[i]);
}

/* The peer reads the request on the kept connection and dies without a byte. */
static void test_retry_on_dead_kept_connection(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	one_good_call(&r, true);
	start(&r, "GET", "/again");
	turn_until(r.loop, raw_has(&r.peer, "/again"));
	accept_peer(&r); /* closes the old one */
	expect_request(&r, "GET /again");
	raw_send(&r.peer, OK_HI);
	wait_done(&r);
	assert_false(error_is_set(&r.call.err));
	assert_body(&r.call, "hi");

	start(&r, "GET", "/twice"); /* but only once */
	turn_until(r.loop, raw_has(&r.peer, "/twice"));
	accept_peer(&r);
	raw_close(&r.peer);
	wait_done(&r);
	assert_int_equal(r.call.err.code, ERROR_CLOSED);
}

static void test_no_retry_of_what_would_be_done_twice(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	one_good_call(&r, true);
	start(&r, "POST", "/restart");
	turn_until(r.loop, raw_has(&r.peer, "POST /restart"));
	raw_close(&r.peer);
	wait_done(&r);
	assert_int_equal(r.call.err.code, ERROR_CLOSED);
	assert_false(raw_accept(r.listener, &r.peer));
}

static void test_what_cannot_be_repeated_takes_no_old_connection(void **state maybe_unused)
{
	static const struct {
		const char *method;
		int64_t once_ms;
		bool fresh;
	} cases[] = {
		{ "POST", 1, true },
		{ "POST", 0, false },
		{ "GET", 1, false },
		{ "DELETE", 1, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct endpoint_config){ .once_timeout_ms = cases[i].once_ms });
		one_good_call(&r, true);
		for (int64_t end = clock_mono_ms() + 3; clock_mono_ms() < end;)
			loop_turn(r.loop, 1);
		start(&r, cases[i].method, "/next");
		if (cases[i].fresh)
			accept_peer(&r);
		expect_request(&r, "/next");
		raw_send(&r.peer, OK_HI);
		wait_done(&r);
		assert_false(error_is_set(&r.call.err));
	}
}

static void test_no_retry_with_body(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	one_good_call(&r, true);
	call_finish(&r.call);
	call_init(&r.call, "POST", "/create");
	r.call.body = xstrdup("{}");
	r.call.body_len = 2;
	send_call(&r, &r.call);
	turn_until(r.loop, raw_has(&r.peer, "{}"));
	raw_close(&r.peer);
	wait_done(&r);
	assert_int_equal(r.call.err.code, ERROR_CLOSED);
}

static void test_no_connection(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	close(r.listener);
	r.listener = -1;
	start(&r, "GET", "/");
	wait_done(&r);
	assert_int_equal(r.call.err.code, ERROR_CONNECT);
	assert_true(r.call.connection_failed);
}

static void test_silence(void **state maybe_unused)
{
	static const struct {
		int64_t head_ms, idle_ms;
		const char *answer;
	} cases[] = {
		{ 30, 0, "" },
		{ 30, 0, "HTTP/1.1 200" },
		{ 0, 30, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct endpoint_config){ 0 });
		call_init(&r.call, "GET", "/");
		r.call.head_timeout_ms = cases[i].head_ms;
		r.call.idle_timeout_ms = cases[i].idle_ms;
		send_call(&r, &r.call);
		accept_peer(&r);
		raw_send(&r.peer, cases[i].answer);
		wait_done(&r);
		assert_int_equal(r.call.err.code, ERROR_TIMEOUT);
		assert_true(r.call.connection_failed);
	}
}

/* It does not take our body any more, and says a byte of its head now and then. */
static void test_a_dripped_head_has_a_deadline(void **state maybe_unused)
{
	enum { LARGE = 16 * 1024 * 1024 };
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	call_init(&r.call, "POST", "/load");
	r.call.body = xcalloc(1, LARGE);
	r.call.body_len = LARGE;
	r.call.head_timeout_ms = 100;
	send_call(&r, &r.call);
	accept_peer(&r);
	raw_send(&r.peer, "HTTP/1.1 200 OK\r\nX: ");
	turn_until(r.loop, (raw_try_send(&r.peer, "x", 1), r.call.done));
	assert_int_equal(r.call.err.code, ERROR_TIMEOUT);
}

static void test_an_error_names_the_peer_once(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	start(&r, "GET", "/");
	accept_peer(&r);
	turn_until(r.loop, endpoint_connections(r.endpoint) == 1);
	loop_turn(r.loop, 5);
	raw_close(&r.peer); /* with unread input: a reset */
	wait_done(&r);
	auto_free char *name = address_format(endpoint_address(r.endpoint));
	auto_free char *text = xasprintf("%s: read: connection reset by peer", name);
	assert_string_equal(r.call.err.text, text);
}

/* Never silent for long, and never done. */
static void test_a_dripped_answer_has_a_deadline(void **state maybe_unused)
{
	static const struct {
		enum call_mode mode;
		int64_t body_ms;
		bool fails;
	} cases[] = {
		{ CALL_JSON, 60, true },
		{ CALL_TEXT, 60, true },
		{ CALL_TEXT, -1, false },
		{ CALL_STREAM, 60, true },
		{ CALL_STREAM, 0, false },
		{ CALL_DRAIN, 60, true },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct endpoint_config){ 0 });
		call_init(&r.call, "GET", "/");
		r.call.mode = cases[i].mode;
		r.call.body_timeout_ms = cases[i].body_ms;
		send_call(&r, &r.call);
		accept_peer(&r);
		raw_send(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
		for (int64_t end = clock_mono_ms() + 200; clock_mono_ms() < end;) {
			raw_try_send(&r.peer, " ", 1);
			loop_turn(r.loop, 5);
		}
		assert_int_equal(r.call.done, cases[i].fails);
		assert_int_equal(r.call.err.code, cases[i].fails ? ERROR_TIMEOUT : 0);
		assert_int_equal(r.call.connection_failed, cases[i].fails);
	}
}

static void test_calls_wait_in_line(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct call second;

	rig_start(&r, (struct endpoint_config){ .max_active = 1 });
	start(&r, "GET", "/1");
	call_init(&second, "GET", "/2");
	send_call(&r, &second);
	accept_peer(&r);
	expect_request(&r, "GET /1");
	loop_turn(r.loop, 10);
	assert_true(raw_is(&r.peer, ""));
	raw_send(&r.peer, OK_HI);
	wait_done(&r);
	expect_request(&r, "GET /2"); /* same connection */
	raw_send(&r.peer, OK_HI);
	turn_until(r.loop, second.done);
	assert_false(error_is_set(&second.err));
	call_finish(&second);
}

static void test_some_calls_skip_the_line(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct call second, third;
	struct raw first_peer;

	rig_start(&r, (struct endpoint_config){ .max_active = 1 });
	start(&r, "GET", "/1");
	accept_peer(&r);
	expect_request(&r, "GET /1");
	first_peer = r.peer;
	r.peer = (struct raw){ 0 };
	call_init(&second, "GET", "/2");
	send_call(&r, &second);
	call_init(&third, "GET", "/3");
	third.skips_line = true;
	send_call(&r, &third);
	accept_peer(&r);
	expect_request(&r, "GET /3");
	raw_send(&r.peer, OK_HI);
	turn_until(r.loop, third.done);
	assert_false(error_is_set(&third.err));
	loop_turn(r.loop, 10);
	assert_true(raw_is(&r.peer, "")); /* the second has no place yet */
	assert_false(r.call.done || second.done);
	call_finish(&second);
	call_finish(&third);
	raw_close(&first_peer);
}

static void test_line_has_a_deadline(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct call second;

	rig_start(&r, (struct endpoint_config){ .max_active = 1 });
	start(&r, "GET", "/1");
	call_init(&second, "GET", "/2");
	second.head_timeout_ms = 30;
	send_call(&r, &second);
	turn_until(r.loop, second.done);
	assert_int_equal(second.err.code, ERROR_UNAVAILABLE);
	call_finish(&second);
}

static void test_destroying_the_endpoint_ends_its_calls(void **state maybe_unused)
{
	auto_rig struct rig r;
	struct call second;

	rig_start(&r, (struct endpoint_config){ .max_active = 1 });
	start(&r, "GET", "/1");
	call_init(&second, "GET", "/2");
	send_call(&r, &second);
	accept_peer(&r);
	endpoint_destroy(r.endpoint, "Engine no longer exists");
	r.endpoint = NULL;
	assert_true(r.call.done && second.done);
	assert_int_equal(r.call.err.code, ERROR_CLOSED);
	assert_string_equal(r.call.err.text, "Engine no longer exists");
	turn_until(r.loop, raw_ended(&r.peer));
	call_finish(&second);
}

static void test_finish_cancels(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct endpoint_config){ 0 });
	start(&r, "GET", "/");
	call_finish(&r.call); /* while dialling */
	start(&r, "GET", "/");
	accept_peer(&r);
	call_finish(&r.call); /* while waiting */
	turn_until(r.loop, raw_ended(&r.peer) || raw_accept(r.listener, &r.peer));
	assert_int_equal(endpoint_connections(r.endpoint), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections_are_reused),
		cmocka_unit_test(test_idle_timeout),
		cmocka_unit_test(test_a_crowd_comes_back_on_its_connections),
		cmocka_unit_test(test_retry_on_dead_kept_connection),
		cmocka_unit_test(test_no_retry_of_what_would_be_done_twice),
		cmocka_unit_test(test_what_cannot_be_repeated_takes_no_old_connection),
		cmocka_unit_test(test_no_retry_with_body),
		cmocka_unit_test(test_no_connection),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_a_dripped_head_has_a_deadline),
		cmocka_unit_test(test_an_error_names_the_peer_once),
		cmocka_unit_test(test_a_dripped_answer_has_a_deadline),
		cmocka_unit_test(test_calls_wait_in_line),
		cmocka_unit_test(test_some_calls_skip_the_line),
		cmocka_unit_test(test_line_has_a_deadline),
		cmocka_unit_test(test_destroying_the_endpoint_ends_its_calls),
		cmocka_unit_test(test_finish_cancels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
