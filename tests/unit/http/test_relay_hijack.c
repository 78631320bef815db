#include "relay_rig.h"

#include "base/mem.h"

#define ATTACH                                                                                     \
	"POST /containers/x/attach HTTP/1.1\r\nHost:\r\nConnection: Upgrade\r\n"                   \
	"Upgrade: tcp\r\nContent-Length: 0\r\n\r\n"
#define UPGRADED                                                                                   \
	"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"             \
	"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
#define RAW_200 "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"

/* The client's end comes before the first output, as with every `docker run` without -i. */
static void test_hijack_with_half_close(void **state maybe_unused)
{
	static const char *const heads[] = { UPGRADED, RAW_200 };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		auto_rig struct rig r;
		auto_free char *both = xasprintf("%sout", heads[i]);
		auto_free char *all = xasprintf("%smore", both);

		rig_start(&r);
		r.relay.hijack = true;
		ask(&r, ATTACH "first");
		assert_true(raw_has(&r.peer, "Connection: Upgrade\r\nUpgrade: tcp\r\n"));
		raw_send(&r.peer, both);
		turn_until(r.loop, raw_is(&r.client, both)); /* untouched */
		turn_until(r.loop, raw_has(&r.peer, "\r\n\r\nfirst"));
		raw_end(&r.client);
		turn_until(r.loop, raw_ended(&r.peer));
		raw_send(&r.peer, "more");
		turn_until(r.loop, raw_is(&r.client, all));
		assert_false(raw_ended(&r.client));
		raw_end(&r.peer);
		wait_over(&r);
		assert_int_equal(r.relay.state, RELAY_TUNNELLED);
		turn_until(r.loop, raw_ended(&r.client));
		assert_int_equal(r.relay.answer_bytes, 7);
		assert_int_equal(r.relay.request_bytes, 5);
	}
}

/* All but the end of the stream has come when the owner is asked. */
static void test_the_end_of_a_stream_is_held(void **state maybe_unused)
{
	for (int breaks = 0; breaks < 2; breaks++) {
		auto_rig struct rig r;

		rig_start(&r);
		r.relay.hijack = r.relay.hold_end = true;
		ask(&r, ATTACH);
		raw_send(&r.peer, UPGRADED "out");
		turn_until(r.loop, raw_is(&r.client, UPGRADED "out"));
		if (breaks)
			raw_close(&r.peer);
		else
			raw_end(&r.peer);
		turn_until(r.loop, r.relay.state == RELAY_HELD_AT_END);
		for (int i = 0; i < 5; i++)
			loop_turn(r.loop, 5);
		assert_false(raw_ended(&r.client));
		relay_release(&r.relay);
		turn_until(r.loop, raw_ended(&r.client));
		raw_end(&r.client);
		wait_over(&r);
		assert_int_equal(r.relay.state, RELAY_TUNNELLED);
	}
}

static void test_a_client_leaves_while_the_end_of_its_stream_is_held(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	r.relay.hijack = r.relay.hold_end = true;
	ask(&r, ATTACH);
	raw_send(&r.peer, UPGRADED);
	raw_end(&r.peer);
	turn_until(r.loop, r.relay.state == RELAY_HELD_AT_END);
	raw_close(&r.client);
	raw_close(&r.peer);
	wait_over(&r);
	relay_release(&r.relay); /* by now nothing is held */
	assert_int_equal(r.relay.state, RELAY_TUNNELLED);
}

/* The engine's end reaches the client while stdin still flows. */
static void test_hijack_half_close_of_the_peer(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	r.relay.hijack = true;
	ask(&r, ATTACH);
	raw_send(&r.peer, UPGRADED);
	raw_end(&r.peer);
	turn_until(r.loop, raw_ended(&r.client));
	raw_send(&r.client, "stdin");
	turn_until(r.loop, raw_has(&r.peer, "\r\n\r\nstdin"));
	raw_end(&r.client);
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_TUNNELLED);
}

/* Classic Swarm left the connection to the engine here. */
static void test_refused_hijack_stays_http(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	r.relay.hijack = true;
	ask(&r, ATTACH);
	raw_send(&r.peer, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}");
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_DONE);
	turn_until(r.loop, raw_has(&r.client, "\r\n\r\n{}"));
	raw_forget(&r.client);
	relay_finish(&r.relay);
	raw_forget(&r.peer);
	raw_send(&r.client, GET);
	turn_until(r.loop, raw_has(&r.peer, "GET /x") || raw_accept(r.listener, &r.peer));
	assert_non_null(r.x); /* the next request is ours again */
}

static void test_raw_answer_without_hijack_is_a_body(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	ask(&r, GET);
	raw_send(&r.peer, RAW_200 "bytes");
	raw_end(&r.peer);
	wait_over(&r);
	assert_int_equal(r.relay.state, RELAY_DONE);
	turn_until(r.loop, raw_has(&r.client, "5\r\nbytes\r\n0\r\n\r\n"));
}

static void test_hijack_with_body(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	r.relay.hijack = true;
	ask(&r, "POST /exec/1/start HTTP/1.1\r\nHost:\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
		"Content-Length: 2\r\n\r\n{}stdin");
	turn_until(r.loop, raw_has(&r.peer, "\r\n\r\n{}"));
	raw_send(&r.peer, UPGRADED);
	turn_until(r.loop, raw_has(&r.peer, "\r\n\r\n{}stdin"));
}

static void test_finish_during_tunnel(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r);
	r.relay.hijack = true;
	ask(&r, ATTACH);
	raw_send(&r.peer, UPGRADED);
	turn_until(r.loop, raw_is(&r.client, UPGRADED));
	relay_finish(&r.relay);
	exchange_finish(steal(r.x));
	turn_until(r.loop, raw_ended(&r.client) && raw_ended(&r.peer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hijack_with_half_close),
		cmocka_unit_test(test_hijack_half_close_of_the_peer),
		cmocka_unit_test(test_the_end_of_a_stream_is_held),
		cmocka_unit_test(test_a_client_leaves_while_the_end_of_its_stream_is_held),
		cmocka_unit_test(test_refused_hijack_stays_http),
		cmocka_unit_test(test_raw_answer_without_hijack_is_a_body),
		cmocka_unit_test(test_hijack_with_body),
		cmocka_unit_test(test_finish_during_tunnel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
