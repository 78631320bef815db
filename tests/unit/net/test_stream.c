#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a stream's owner has heard. */
struct owner {
	struct stream *stream;
	int inputs, ends, draineds, brokens;
	enum error_code code;
	bool inside; /* a stream_ function is being called: no handler may run */
};

static void handle_input(struct stream *s, void *arg)
{
	struct owner *o = arg;

	(void)s;
	assert_false(o->inside);
	o->inputs++;
}

static void handle_end(struct stream *s, void *arg)
{
	struct owner *o = arg;

	(void)s;
	assert_false(o->inside);
	o->ends++;
}

static void handle_drained(struct stream *s, void *arg)
{
	struct owner *o = arg;

	(void)s;
	assert_false(o->inside);
	o->draineds++;
}

static void handle_broken(struct stream *s, void *arg, const struct error *err)
{
	struct owner *o = arg;

	(void)s;
	assert_false(o->inside);
	o->brokens++;
	o->code = err->code;
}

static const struct stream_ops ops = { handle_input, handle_end, handle_drained, handle_broken };

struct pair {
	struct loop *loop;
	struct owner a, b;
};

static void pair_create(struct pair *p, enum link_kind kind)
{
	*p = (struct pair){ .loop = loop_create() };
	link_create(p->loop, kind, &p->a.stream, &p->b.stream);
	stream_set_ops(p->a.stream, &ops, &p->a);
	stream_set_ops(p->b.stream, &ops, &p->b);
}

static void pair_destroy(struct pair *p)
{
	stream_destroy(p->a.stream, "test");
	stream_destroy(p->b.stream, "test");
	loop_destroy(p->loop);
}

static size_t input_len(const struct owner *o)
{
	return evbuffer_get_length(stream_input(o->stream));
}

static void say(struct owner *o, const char *text)
{
	o->inside = true;
	stream_write(o->stream, text, strlen(text));
	o->inside = false;
}

static void expect(struct pair *p, struct owner *o, const char *text)
{
	char got[64] = "";

	turn_until(p->loop, input_len(o) >= strlen(text));
	evbuffer_remove(stream_input(o->stream), got, sizeof(got) - 1);
	assert_string_equal(got, text);
}

/* One side ends, the other goes on, then ends too; both ways round. */
static void half_close(struct pair *p, struct owner *first, struct owner *second)
{
	say(first, "question");
	stream_end_output(first->stream);
	expect(p, second, "question");
	turn_until(p->loop, second->ends == 1);
	turn_until(p->loop, stream_output_ended(first->stream));
	assert_int_equal(first->draineds, 1);
	assert_false(stream_input_truncated(second->stream));
	assert_int_equal(first->ends, 0);
	for (int i = 0; i < 3; i++) {
		say(second, "answer");
		expect(p, first, "answer");
	}
	stream_end_output(second->stream);
	turn_until(p->loop, first->ends == 1 && stream_output_ended(second->stream));
	assert_false(stream_input_truncated(first->stream));
	assert_int_equal(first->brokens + second->brokens, 0);
}

static const enum link_kind kinds[] = { LINK_UNIX, LINK_TCP, LINK_TLS12, LINK_TLS13 };

static void test_half_close(void **state)
{
	struct pair p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		pair_create(&p, kinds[i]);
		half_close(&p, &p.a, &p.b);
		pair_destroy(&p);
		pair_create(&p, kinds[i]);
		half_close(&p, &p.b, &p.a);
		pair_destroy(&p);
	}
}

/* Writes pieces until the stream is full. */
static size_t fill(struct stream *s)
{
	static char piece[32 * 1024];
	size_t total = 0;

	for (; !stream_is_full(s); total += sizeof(piece))
		stream_write(s, piece, sizeof(piece));
	return total;
}

/* Everything that fits is in the buffers when nothing moves for some turns. */
static size_t fill_up(struct pair *p, struct stream *s)
{
	size_t total = 0;

	for (int quiet = 0; quiet < 5; quiet++) {
		size_t more = fill(s);

		total += more;
		if (more)
			quiet = 0;
		loop_turn(p->loop, 10);
	}
	return total;
}

static void check_back_pressure(enum link_kind kind)
{
	struct pair p;
	size_t total;

	pair_create(&p, kind);
	total = fill_up(&p, p.a.stream);
	assert_true(stream_is_full(p.a.stream));
	assert_true(stream_output_len(p.a.stream) < STREAM_OUTPUT_MARK + 32 * 1024);
	assert_int_equal(input_len(&p.b), STREAM_INPUT_MARK);
	assert_int_equal(p.a.draineds > 0 && !stream_is_full(p.a.stream), 0);
	p.a.draineds = 0;
	for (size_t got = 0; got < total; loop_turn(p.loop, 10)) {
		got += input_len(&p.b);
		evbuffer_drain(stream_input(p.b.stream), input_len(&p.b));
	}
	assert_true(p.a.draineds >= 1);
	assert_int_equal(stream_bytes_in(p.b.stream), total);
	assert_int_equal(stream_bytes_out(p.a.stream), total);
	pair_destroy(&p);
}

static void test_back_pressure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		check_back_pressure(kinds[i]);
}

static void test_pause(void **state)
{
	struct pair p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		pair_create(&p, kinds[i]);
		stream_pause_input(p.b.stream);
		say(&p.a, "later");
		for (int n = 0; n < 5; n++)
			loop_turn(p.loop, 5);
		assert_int_equal(input_len(&p.b), 0);
		stream_resume_input(p.b.stream);
		expect(&p, &p.b, "later");
		pair_destroy(&p);
	}
}

/* A peer that hangs up is noticed while nobody reads, once, and does not keep the loop busy. */
static void check_hang_up_while_paused(enum link_kind kind)
{
	struct rusage before, after;
	struct pair p;

	pair_create(&p, kind);
	stream_pause_input(p.b.stream);
	say(&p.a, "last words");
	turn_until(p.loop, stream_output_len(p.a.stream) == 0);
	stream_end_output(p.a.stream);
	turn_until(p.loop, stream_output_ended(p.a.stream));
	stream_destroy(p.a.stream, "hang up");
	p.a.stream = NULL;
	turn_until(p.loop, p.b.ends + p.b.brokens > 0);
	assert_int_equal(p.b.inputs, 0);
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 10; i++)
		loop_turn(p.loop, 20);
	getrusage(RUSAGE_SELF, &after);
	assert_true((after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
			    after.ru_utime.tv_usec - before.ru_utime.tv_usec <
		    100000);
	assert_int_equal(p.b.ends + p.b.brokens, 1);
	stream_resume_input(p.b.stream);
	expect(&p, &p.b, "last words");
	pair_destroy(&p);
}

static void test_hang_up_while_paused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		check_hang_up_while_paused(kinds[i]);
}

/* Closing with unread bytes resets the connection. */
static void check_reset(enum link_kind kind, bool paused)
{
	struct pair p;

	pair_create(&p, kind);
	stream_pause_input(p.a.stream);
	if (paused)
		stream_pause_input(p.b.stream);
	say(&p.b, "never read");
	turn_until(p.loop, stream_output_len(p.b.stream) == 0);
	loop_turn(p.loop, 10);
	stream_destroy(p.a.stream, "reset");
	p.a.stream = NULL;
	turn_until(p.loop, p.b.brokens == 1);
	assert_int_equal(p.b.code, ERROR_CLOSED);
	assert_true(stream_is_broken(p.b.stream));
	say(&p.b, "into the void");
	loop_turn(p.loop, 10);
	assert_int_equal(p.b.brokens, 1);
	pair_destroy(&p);
}

static void test_reset(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		check_reset(kinds[i], false);
		check_reset(kinds[i], true);
	}
}

/* What came is told, and so is the reset behind it, although nothing shows that there is one. */
static void test_reset_together_with_bytes(void **state)
{
	static const struct linger at_once = { .l_onoff = 1 };
	struct loop *loop = loop_create();
	struct owner o = { 0 };
	int fds[2];

	(void)state;
	connect_tcp(fds);
	o.stream = stream_create(loop, fds[0], NULL);
	stream_set_ops(o.stream, &ops, &o);
	loop_turn(loop, 0); /* nothing is there */
	assert_int_equal(send(fds[1], "last words", 10, MSG_NOSIGNAL), 10);
	setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fds[1]);
	turn_until(loop, o.brokens == 1);
	assert_int_equal(o.inputs, 1);
	assert_int_equal(input_len(&o), 10);
	stream_destroy(o.stream, "test");
	loop_destroy(loop);
}

/* A bare FIN under TLS ends the input, is told apart, and leaves the other direction alive. */
static void test_bare_fin_under_tls(void **state)
{
	static const enum link_kind tls[] = { LINK_TLS12, LINK_TLS13 };
	struct loop *loop;
	struct stream *a, *b;
	struct owner o = { 0 };
	int highest;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tls); i++) {
		loop = loop_create();
		o = (struct owner){ 0 };
		link_create(loop, tls[i], &a, &b);
		stream_set_ops(b, &ops, &o);
		loop_turn(loop, 10);
		/* The client's descriptor is the one whose peer is the other end of the link. */
		for (highest = 0; highest < 1024; highest++) {
			int type;
			socklen_t len = sizeof(type);

			if (getsockopt(highest, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
				type == SOCK_STREAM)
				break;
		}
		shutdown(highest, SHUT_WR);
		turn_until(loop, o.ends == 1);
		assert_true(stream_input_truncated(b));
		stream_write(b, "still here", 10);
		turn_until(loop, evbuffer_get_length(stream_input(a)) == 10);
		assert_int_equal(o.brokens, 0);
		stream_destroy(a, "test");
		stream_destroy(b, "test");
		loop_destroy(loop);
	}
}

/* A new owner hears again of what is there. */
static void test_new_owner(void **state)
{
	struct owner later = { 0 };
	struct pair p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		pair_create(&p, kinds[i]);
		later = (struct owner){ 0 };
		say(&p.a, "hello");
		stream_end_output(p.a.stream);
		turn_until(p.loop, p.b.ends == 1);
		stream_set_ops(p.b.stream, &ops, &later);
		assert_int_equal(later.inputs + later.ends, 0);
		turn_until(p.loop, later.inputs == 1 && later.ends == 1);
		pair_destroy(&p);
	}
}

static void destroy_in_handler(struct stream *s, void *arg)
{
	struct owner *o = arg;

	o->inputs++;
	stream_destroy(s, "by its handler");
	/* Callers up the stack may still look at it. */
	assert_int_equal(evbuffer_get_length(stream_input(s)), 3);
}

static void test_destroy_in_handler(void **state)
{
	static const struct stream_ops destroying = { .handle_input = destroy_in_handler,
		.handle_end = handle_end };
	struct pair p;

	(void)state;
	pair_create(&p, LINK_TCP);
	stream_set_ops(p.b.stream, &destroying, &p.b);
	say(&p.a, "bye");
	stream_end_output(p.a.stream);
	turn_until(p.loop, p.b.inputs == 1);
	p.b.stream = NULL;
	turn_until(p.loop, p.a.ends + p.a.brokens > 0);
	assert_int_equal(p.b.ends, 0);
	pair_destroy(&p);
}

static void test_peer(void **state)
{
	struct pair p;

	(void)state;
	pair_create(&p, LINK_UNIX);
	assert_string_equal(stream_peer(p.a.stream), "unix");
	assert_string_equal(stream_peer_ip(p.a.stream), "");
	assert_int_equal(stream_peer_uid(p.a.stream), getuid());
	pair_destroy(&p);
	pair_create(&p, LINK_TLS13);
	assert_string_equal(stream_peer_ip(p.a.stream), "127.0.0.1");
	assert_string_equal(stream_peer_certificate(p.b.stream), "/CN=client");
	assert_true(stream_is_tls(p.a.stream));
	assert_int_equal(stream_peer_uid(p.a.stream), -1);
	pair_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_hang_up_while_paused),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_reset_together_with_bytes),
		cmocka_unit_test(test_bare_fin_under_tls),
		cmocka_unit_test(test_new_owner),
		cmocka_unit_test(test_destroy_in_handler),
		cmocka_unit_test(test_peer),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
