#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/relay.h"
#include "http/server.h"

struct rig {
	struct loop *loop;
	struct http_server *server;
	struct endpoint *endpoint;
	int listener;
	struct raw client, peer;
	struct relay relay; /* settings may be changed before the request comes */
	struct exchange *x;
	struct task owner;
	bool keep; /* the owner does not finish the exchange by itself */
};

/* What a handler does: answer when there was no answer, and give the exchange back. */
static void owner_finish(struct rig *r)
{
	if (r->relay.state == RELAY_NO_ANSWER)
		exchange_reply(
			r->x, 502, "text/plain", r->relay.err.text, strlen(r->relay.err.text));
	exchange_finish(steal(r->x));
}

static enum task_turn owner_wait(struct task *t)
{
	struct rig *r = container_of(t, struct rig, owner);

	if (r->x && relay_over(&r->relay) && !r->keep)
		owner_finish(r);
	return TASK_WAIT;
}
TASK_STEP(step_owner, owner_wait);

static void handle(struct exchange *x, void *arg)
{
	struct rig *r = arg;

	r->x = x;
	request_head_finish(&r->relay.head);
	request_head_copy(&r->relay.head, &x->head);
	relay_start(&r->relay, r->loop, x, r->endpoint, &r->owner);
}

static void rig_start(struct rig *r)
{
	struct endpoint_config config = { .host_header = "engine" };
	auto_free char *address = NULL;

	*r = (struct rig){ .loop = loop_create() };
	r->listener = raw_listen(&address);
	assert_true(address_parse(&config.address, address, NULL));
	r->endpoint = endpoint_create(r->loop, &config);
	address_finish(&config.address);
	task_init(&r->owner, r->loop, &step_owner, NULL);
	r->server = http_server_create(
		r->loop, &(struct http_server_config){ .handle = handle, .arg = r });
	http_server_take(r->server, raw_pair(r->loop, &r->client));
}

static void rig_stop(struct rig *r)
{
	relay_finish(&r->relay);
	exchange_finish(steal(r->x));
	http_server_destroy(r->server);
	endpoint_destroy(r->endpoint, "test over");
	task_finish(&r->owner);
	raw_close(&r->client);
	raw_close(&r->peer);
	close(r->listener);
	loop_turn(r->loop, 0);
	loop_destroy(r->loop);
}

#define auto_rig __attribute__((cleanup(rig_stop)))

static void accept_peer(struct rig *r)
{
	turn_until(r->loop, raw_accept(r->listener, &r->peer));
}

/* The client asks, the peer has the whole head. */
static void ask(struct rig *r, const char *request)
{
	raw_send(&r->client, request);
	accept_peer(r);
	turn_until(r->loop, raw_has(&r->peer, "\r\n\r\n"));
}

static void wait_over(struct rig *r)
{
	turn_until(r->loop, relay_over(&r->relay) && (!r->x || r->keep));
}

#define GET   "GET /x HTTP/1.1\r\nHost: client\r\n\r\n"
#define OK_HI "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

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
		cmocka_unit_test(test_client_leaves_while_the_end_is_held),
		cmocka_unit_test(test_large_bodies_are_not_held),
		cmocka_unit_test(test_hijack_with_half_close),
		cmocka_unit_test(test_hijack_half_close_of_the_peer),
		cmocka_unit_test(test_refused_hijack_stays_http),
		cmocka_unit_test(test_raw_answer_without_hijack_is_a_body),
		cmocka_unit_test(test_hijack_with_body),
		cmocka_unit_test(test_finish_during_tunnel),
		cmocka_unit_test(test_answer_during_upload),
		cmocka_unit_test(test_big_answer_in_little_memory),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_slow_upload_target),
		cmocka_unit_test(test_client_vanishes_during_upload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
