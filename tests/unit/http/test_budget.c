#include "server_rig.h"

#include "base/mem.h"
#include "base/metrics.h"

#define UPLOAD "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n"

enum { BUDGET = 6 * 1000 * 1000, BODY = 4000 * 1000 };

static bool body_is_there(struct exchange *x)
{
	struct error err = ERROR_INIT;
	bool ready = exchange_body_ready(x, BODY, &err);

	error_clear(&err);
	return ready;
}

/* Sends n zeros, as fast as they are taken. */
static void upload(struct rig *r, struct raw *client, struct exchange *x, size_t n)
{
	auto_free char *zeros = xcalloc(1, n);

	for (size_t sent = 0; sent < n;) {
		sent += raw_try_send(client, zeros + sent, n - sent);
		(void)body_is_there(x);
		loop_turn(r->loop, 1);
	}
}

/* The one that holds most is refused, in the middle of its upload; who holds less is not. */
static void test_greediest_is_refused(void **state maybe_unused)
{
	int64_t refused = metrics[METRIC_clients_refused_memory_total];
	auto_rig struct rig r;
	struct raw other;

	rig_start(&r, (struct http_server_config){ .max_client_bytes = BUDGET });
	http_server_take(r.server, raw_pair(r.loop, &other));
	raw_send(&r.client, UPLOAD);
	struct exchange *greedy = next_exchange(&r);
	upload(&r, &r.client, greedy, BODY - 1);
	turn_until(r.loop, evbuffer_get_length(greedy->body) == BODY - 1);
	assert_false(greedy->gone);
	assert_in_range(metrics[METRIC_client_memory_bytes], BODY - 1, BUDGET);

	raw_send(&other, UPLOAD);
	struct exchange *modest = next_exchange(&r);
	upload(&r, &other, modest, 3000 * 1000);
	turn_until(r.loop, greedy->gone);
	exchange_finish(greedy);
	turn_until(r.loop, raw_has(&r.client, "HTTP/1.1 503 "));
	assert_true(raw_has(&r.client, "Retry-After: "));
	assert_int_equal(metrics[METRIC_clients_refused_memory_total], refused + 1);
	upload(&r, &other, modest, BODY - 3000 * 1000);
	turn_until(r.loop, body_is_there(modest));
	reply_and_finish(modest, "welcome");
	turn_until(r.loop, raw_has(&other, "welcome"));
	raw_close(&other);
}

/* What the owner of an exchange holds counts like what the server holds; in the middle of an
 * answer there is only breaking off. */
static void test_charge(void **state maybe_unused)
{
	auto_rig struct rig r;

	rig_start(&r, (struct http_server_config){ .max_client_bytes = BUDGET });
	raw_send(&r.client, GET("/list"));
	struct exchange *x = next_exchange(&r);
	exchange_start(x, 200, -1);
	exchange_charge(x, BUDGET);
	loop_turn(r.loop, 1);
	assert_false(x->gone);
	exchange_charge(x, BUDGET + 1);
	turn_until(r.loop, x->gone);
	exchange_finish(x);
	turn_until(r.loop, raw_ended(&r.client));
	assert_false(raw_has(&r.client, "503"));
	assert_int_equal(metrics[METRIC_client_memory_bytes], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greediest_is_refused),
		cmocka_unit_test(test_charge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
