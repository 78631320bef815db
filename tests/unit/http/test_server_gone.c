#include "server_rig.h"

static void test_client_goes_away(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, GET("/wait"));
	struct exchange *x = next_exchange(&r);
	exchange_start(x, 200, -1);
	turn_until(r.loop, raw_has(&r.client, "200 OK"));
	size_t wakes = r.wakes;
	raw_close(&r.client);
	turn_until(r.loop, x->gone);
	turn_until(r.loop, r.wakes > wakes);
	assert_string_equal(exchange_peer_ip(x), "");
	assert_int_equal(http_server_busy(r.server), 0); /* draining need not wait for it */
	exchange_finish(x);
	assert_int_equal(http_server_busy(r.server), 0);
}

/* An answer from memory is quicker than the grace after the end. */
static void test_half_closed_client_is_answered(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, GET("/1") GET("/2"));
	raw_end(&r.client);
	reply_and_finish(next_exchange(&r), "one");
	struct exchange *x = next_exchange(&r);
	loop_turn(r.loop, 20);
	assert_false(x->gone);
	reply_and_finish(x, "two");
	turn_until(r.loop, raw_ended(&r.client));
	assert_true(raw_has(&r.client, "\r\n\r\ntwo"));
	assert_false(r.client.reset);
}

/* What a client has sent in advance does not hide that it has gone. */
static void test_client_goes_away_behind_pipelined_bytes(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, GET("/events") GET("/2"));
	raw_end(&r.client);
	struct exchange *x = next_exchange(&r);
	exchange_start(x, 200, -1);
	turn_until(r.loop, x->gone);
	exchange_finish(x);
}

/* Neither does a body that nobody wanted, however large. */
static void test_client_goes_away_behind_a_body_that_nobody_wants(void **state maybe_unused)
{
	auto_rig struct rig r;
	static char block[64 * 1024];
	size_t left = 1024 * 1024;

	memset(block, 'x', sizeof(block));
	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "GET /events HTTP/1.1\r\nHost:\r\nContent-Length: 1048576\r\n\r\n");
	struct exchange *x = next_exchange(&r);
	exchange_start(x, 200, -1);
	while (left > 0) {
		left -= raw_try_send(&r.client, block, min_of(left, sizeof(block)));
		loop_turn(r.loop, 5);
		assert_true(evbuffer_get_length(x->body) == 0);
	}
	raw_end(&r.client);
	turn_until(r.loop, x->gone);
	exchange_finish(x);
}

static size_t fill(struct rig *r, size_t max)
{
	static char block[64 * 1024];
	size_t sent = 0, n;

	memset(block, 'x', sizeof(block));
	do {
		n = raw_try_send(&r->client, block, min_of(max - sent, sizeof(block)));
		sent += n;
		loop_turn(r->loop, 5);
	} while (n > 0);
	return sent;
}

/* Nobody takes the body: an engine that does not read, or is not there yet. */
static void test_client_goes_away_in_the_middle_of_an_upload(void **state maybe_unused)
{
	static const size_t lengths[] = { 1, 100 * 1000, 500 * 1000, 200 * 1000 * 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		auto_rig struct rig r;

		rig_start(&r, (struct http_server_config){ 0 });
		raw_send(&r.client,
			"POST /load HTTP/1.1\r\nHost:\r\nContent-Length: 200000000\r\n\r\n");
		struct exchange *x = next_exchange(&r);
		exchange_want_body(x);
		fill(&r, lengths[i]);
		raw_end(&r.client);
		turn_until(r.loop, x->gone);
		assert_true(error_is_set(&x->body_err) || lengths[i] > 500 * 1000);
		exchange_finish(x);
	}
}

/* As long as somebody takes what it left, it may still wait for the answer. */
static void test_client_goes_away_while_its_upload_is_taken(void **state maybe_unused)
{
	auto_rig struct rig r;
	size_t total = 0, left;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST /load HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\n"
			    "7ffffff\r\n");
	struct exchange *x = next_exchange(&r);
	exchange_want_body(x);
	left = fill(&r, 0x7ffffff);
	raw_end(&r.client);
	for (int i = 0; i < 15; i++) {
		size_t n = min_of(evbuffer_get_length(x->body), (size_t)1000);

		evbuffer_drain(x->body, n);
		total += n;
		for (int64_t end = clock_mono_ms() + 100; clock_mono_ms() < end;)
			loop_turn(r.loop, 5);
	}
	assert_false(x->gone);
	assert_true(total < left);
	while (!x->gone) {
		evbuffer_drain(x->body, evbuffer_get_length(x->body));
		loop_turn(r.loop, 5);
	}
	assert_int_equal(x->body_err.code, ERROR_CLOSED);
	exchange_finish(x);
}

static struct exchange *upload_at_the_end(struct rig *r, const char *rest)
{
	rig_start(r, (struct http_server_config){ 0 });
	raw_send(&r->client, "POST /load HTTP/1.1\r\nHost:\r\nContent-Length: 6\r\n\r\nx");
	struct exchange *x = next_exchange(r);
	exchange_want_body(x);
	http_server_drain(r->server);
	loop_turn(r->loop, 10);
	raw_send(&r->client, rest);
	return x;
}

/* Its end may be behind what its host could not send any more: nobody can tell. */
static void test_a_stalled_upload_does_not_hold_up_the_end(void **state maybe_unused)
{
	auto_rig struct rig stalled, whole;
	struct exchange *a = upload_at_the_end(&stalled, "");
	struct exchange *b = upload_at_the_end(&whole, "23456");

	for (int64_t end = clock_mono_ms() + 3300; clock_mono_ms() < end;) {
		loop_turn(stalled.loop, 10);
		loop_turn(whole.loop, 10);
	}
	assert_true(a->gone);
	assert_false(b->gone);
	exchange_finish(a);
	exchange_finish(b);
}

static void test_half_closed_upgrade_does_not_hold_up_the_end(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST /attach HTTP/1.1\r\nHost:\r\nConnection: Upgrade\r\n"
			    "Upgrade: tcp\r\n\r\n");
	raw_end(&r.client);
	struct exchange *x = next_exchange(&r);
	loop_turn(r.loop, 20);
	http_server_drain(r.server);
	turn_until(r.loop, x->gone);
	exchange_finish(x);
	assert_int_equal(http_server_busy(r.server), 0);
}

static void test_half_close_before_upgrade_is_no_end(void **state maybe_unused)
{
	auto_rig struct rig r;
	auto_evbuffer struct evbuffer *head = evbuffer_new();

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "POST /attach HTTP/1.1\r\nHost:\r\nConnection: Upgrade\r\n"
			    "Upgrade: tcp\r\n\r\nstdin");
	raw_end(&r.client);
	struct exchange *x = next_exchange(&r);
	int64_t until = clock_mono_ms() + 400;
	while (clock_mono_ms() < until)
		loop_turn(r.loop, 20);
	assert_false(x->gone);
	evbuffer_add_printf(head, "HTTP/1.1 101 UPGRADED\r\n\r\n");
	exchange_write_raw(x, head);
	struct stream *s = exchange_take_stream(x);
	exchange_finish(x);
	assert_non_null(s);
	assert_int_equal(evbuffer_get_length(stream_input(s)), 5);
	assert_true(stream_input_ended(s));
	stream_write(s, "stdout", 6);
	turn_until(r.loop, raw_is(&r.client, "HTTP/1.1 101 UPGRADED\r\n\r\nstdout"));
	stream_destroy(s, "test over");
}

static void test_refused_upgrade_notices_the_end(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ 0 });
	raw_send(&r.client, "GET /wait HTTP/1.1\r\nHost:\r\nConnection: Upgrade\r\n"
			    "Upgrade: h2c\r\n\r\n");
	struct exchange *x = next_exchange(&r);
	raw_end(&r.client);
	loop_turn(r.loop, 20);
	exchange_start(x, 200, -1);
	turn_until(r.loop, x->gone);
	exchange_finish(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_goes_away),
		cmocka_unit_test(test_half_closed_client_is_answered),
		cmocka_unit_test(test_client_goes_away_behind_pipelined_bytes),
		cmocka_unit_test(test_client_goes_away_behind_a_body_that_nobody_wants),
		cmocka_unit_test(test_client_goes_away_in_the_middle_of_an_upload),
		cmocka_unit_test(test_client_goes_away_while_its_upload_is_taken),
		cmocka_unit_test(test_a_stalled_upload_does_not_hold_up_the_end),
		cmocka_unit_test(test_half_closed_upgrade_does_not_hold_up_the_end),
		cmocka_unit_test(test_half_close_before_upgrade_is_no_end),
		cmocka_unit_test(test_refused_upgrade_notices_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
