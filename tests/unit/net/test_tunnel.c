#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "net/tunnel.h"

enum { TOTAL = 3 * 1024 * 1024 };

struct outcome {
	int done;
	uint64_t ab, ba;
	bool failed;
};

static void handle_done(void *arg, const struct tunnel_result *result)
{
	struct outcome *o = arg;

	o->done++;
	o->ab = result->bytes_ab;
	o->ba = result->bytes_ba;
	o->failed = result->err != NULL;
}

/* client <-> near == tunnel == far <-> engine */
struct chain {
	struct loop *loop;
	struct stream *client, *near, *far, *engine;
	struct tunnel *tunnel;
	struct outcome outcome;
};

static const struct stream_ops silent_ops;

static void chain_create(struct chain *c, enum link_kind left, enum link_kind right)
{
	*c = (struct chain){ .loop = loop_create() };
	link_create(c->loop, left, &c->client, &c->near);
	link_create(c->loop, right, &c->far, &c->engine);
	stream_set_ops(c->client, &silent_ops, NULL);
	stream_set_ops(c->engine, &silent_ops, NULL);
	c->tunnel = tunnel_create(c->loop, c->near, c->far, handle_done, &c->outcome);
}

static void chain_destroy(struct chain *c)
{
	stream_destroy(c->client, "test");
	stream_destroy(c->engine, "test");
	loop_destroy(c->loop);
}

/* The n-th byte of what one side sends; period and chunks do not share factors. */
static unsigned char byte_at(size_t n, unsigned seed)
{
	return (n % 251 + seed) & 0xff;
}

static void send_chunk(struct stream *s, size_t *sent, unsigned seed)
{
	unsigned char chunk[40000];
	size_t len = min_of((size_t)rand() % sizeof(chunk) + 1, TOTAL - *sent);

	if (*sent == TOTAL || stream_is_full(s))
		return;
	for (size_t i = 0; i < len; i++)
		chunk[i] = byte_at(*sent + i, seed);
	stream_write(s, chunk, len);
	*sent += len;
	if (*sent == TOTAL)
		stream_end_output(s);
}

static void take_chunk(struct stream *s, size_t *got, unsigned seed)
{
	unsigned char chunk[60000];
	int len = evbuffer_remove(stream_input(s), chunk, rand() % sizeof(chunk) + 1);

	for (int i = 0; i < len; i++)
		assert_int_equal(chunk[i], byte_at(*got + i, seed));
	*got += max_of(len, 0);
}

static void check_both_ways(enum link_kind left, enum link_kind right)
{
	size_t sent_ab = 0, sent_ba = 0, got_ab = 0, got_ba = 0;
	struct chain c;

	chain_create(&c, left, right);
	while (!c.outcome.done || got_ab < TOTAL || got_ba < TOTAL) {
		send_chunk(c.client, &sent_ab, 1);
		send_chunk(c.engine, &sent_ba, 7);
		loop_turn(c.loop, 5);
		take_chunk(c.engine, &got_ab, 1);
		take_chunk(c.client, &got_ba, 7);
	}
	assert_int_equal(c.outcome.ab, TOTAL);
	assert_int_equal(c.outcome.ba, TOTAL);
	assert_false(c.outcome.failed);
	assert_int_equal(c.outcome.done, 1);
	chain_destroy(&c);
}

static void test_both_ways(void **state)
{
	(void)state;
	check_both_ways(LINK_TCP, LINK_UNIX);
	check_both_ways(LINK_TLS13, LINK_TCP);
	check_both_ways(LINK_TLS12, LINK_TLS13);
}

/* stdin is done; the answer comes long after. */
static void test_half_close(void **state)
{
	static const enum link_kind kinds[] = { LINK_TCP, LINK_TLS12, LINK_TLS13 };
	struct chain c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		chain_create(&c, kinds[i], kinds[i]);
		stream_end_output(c.client);
		turn_until(c.loop, stream_input_ended(c.engine));
		assert_int_equal(c.outcome.done, 0);
		stream_write(c.engine, "done", 4);
		turn_until(c.loop, evbuffer_get_length(stream_input(c.client)) == 4);
		stream_end_output(c.engine);
		turn_until(c.loop, c.outcome.done == 1);
		assert_false(c.outcome.failed);
		chain_destroy(&c);
	}
}

/* The engine resets after its last words: they arrive, and the tunnel says that it failed. */
static void test_broken(void **state)
{
	struct chain c;

	(void)state;
	chain_create(&c, LINK_TCP, LINK_TCP);
	stream_pause_input(c.engine);
	stream_write(c.client, "unread", 6);
	stream_write(c.engine, "last words", 10);
	turn_until(c.loop, evbuffer_get_length(stream_input(c.client)) == 10);
	stream_destroy(steal(c.engine), "reset");
	turn_until(c.loop, c.outcome.done == 1);
	assert_true(c.outcome.failed);
	assert_int_equal(c.outcome.ba, 10);
	turn_until(c.loop, stream_input_ended(c.client) || stream_is_broken(c.client));
	chain_destroy(&c);
}

static void test_destroy(void **state)
{
	struct chain c;

	(void)state;
	chain_create(&c, LINK_TCP, LINK_TCP);
	tunnel_destroy(c.tunnel);
	turn_until(c.loop, stream_input_ended(c.client) || stream_is_broken(c.client));
	assert_int_equal(c.outcome.done, 0);
	chain_destroy(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_destroy),
	};

	return cmocka_run_group_tests_name("tunnel", tests, NULL, NULL);
}
