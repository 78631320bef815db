/*
 * net/tunnel.c - bytes from each stream's input to the other's output.
 *
 * When one stream breaks, what it sent before still goes to the other, whose output then ends;
 * the tunnel stays for that long, but not for ever.
 */
#include "net/tunnel.h"

#include <assert.h>

#include "base/mem.h"
#include "base/metrics.h"

enum {
	LAST_BYTES_MS = 30 * 1000 /* for what is left after one side broke */
};

struct side {
	struct tunnel *tunnel;
	struct stream *stream; /* owned; NULL after it broke */
	struct side *other;
	uint64_t bytes; /* taken out of its input */
};

struct tunnel {
	struct loop *loop;
	struct side a, b;
	void (*done)(void *arg, const struct tunnel_result *result);
	void (*held)(void *arg); /* NULL: the end is not held, or no longer */
	bool holding;            /* the end is there, and was told */
	void *arg;
	struct error err;
	struct timer last_bytes;
};

static void tunnel_free(void *object)
{
	struct tunnel *t = object;

	error_clear(&t->err);
	free(t);
}

static void tunnel_close(struct tunnel *t, const char *reason)
{
	metric_add(METRIC_tunnels, -1);
	timer_stop(&t->last_bytes);
	stream_destroy(steal(t->a.stream), reason);
	stream_destroy(steal(t->b.stream), reason);
	loop_release_later(t->loop, t, tunnel_free);
}

static void tunnel_over(struct tunnel *t)
{
	struct tunnel_result result = {
		.bytes_ab = t->a.bytes,
		.bytes_ba = t->b.bytes,
		.err = error_is_set(&t->err) ? &t->err : NULL,
	};

	tunnel_close(t, "tunnel is over");
	if (t->done)
		t->done(t->arg, &result);
}

static bool side_is_over(const struct side *side)
{
	return !side->stream || stream_output_ended(side->stream);
}

static void move_bytes(struct side *from)
{
	struct evbuffer *input = stream_input(from->stream);
	size_t len = evbuffer_get_length(input);

	if (len == 0)
		return;
	from->bytes += len;
	stream_write_buffer(from->other->stream, input);
}

/* Nothing more comes from there: it has ended, or broke. */
static void end_direction(struct side *from)
{
	struct tunnel *t = from->tunnel;
	struct stream *to = from->other->stream;

	if (from == &t->b && t->held) {
		if (!t->holding) {
			t->holding = true;
			t->held(t->arg);
		}
		return;
	}
	stream_end_output(to);
	if (from->stream)
		return;
	stream_pause_input(to);
	timer_start(&t->last_bytes, LAST_BYTES_MS);
}

static void pump(struct side *from)
{
	if (stream_is_full(from->other->stream))
		return;
	move_bytes(from);
	if (stream_input_ended(from->stream))
		end_direction(from);
}

static void handle_input(struct stream *s, void *arg)
{
	struct side *side = arg;

	assert(side->stream == s);
	if (side->other->stream)
		pump(side);
}

static void handle_drained(struct stream *s, void *arg)
{
	struct side *side = arg;

	assert(side->stream == s);
	if (side_is_over(side) && side_is_over(side->other))
		tunnel_over(side->tunnel);
	else if (side->other->stream && !stream_output_ended(side->stream))
		pump(side->other);
}

static void handle_broken(struct stream *s, void *arg, const struct error *err)
{
	struct side *side = arg;
	struct tunnel *t = side->tunnel;

	assert(side->stream == s);
	if (!error_is_set(&t->err))
		error_copy(&t->err, err);
	if (!side->other->stream || stream_output_ended(side->other->stream)) {
		tunnel_over(t);
		return;
	}
	move_bytes(side);
	side->stream = NULL;
	stream_destroy(s, "broken");
	end_direction(side);
}

static const struct stream_ops side_ops = {
	.handle_input = handle_input,
	.handle_end = handle_input,
	.handle_drained = handle_drained,
	.handle_broken = handle_broken,
};

static void handle_last_bytes(struct timer *timer)
{
	tunnel_over(container_of(timer, struct tunnel, last_bytes));
}

static void side_init(struct side *side, struct tunnel *t, struct stream *s, struct side *other)
{
	*side = (struct side){ .tunnel = t, .stream = s, .other = other };
	stream_set_ops(s, &side_ops, side);
	stream_resume_input(s);
}

struct tunnel *tunnel_create(struct loop *loop, struct stream *a, struct stream *b,
	void (*done)(void *arg, const struct tunnel_result *result), void *arg)
{
	struct tunnel *t = xnew(struct tunnel);

	metric_add(METRIC_tunnels, 1);
	t->loop = loop;
	t->done = done;
	t->arg = arg;
	timer_init(&t->last_bytes, loop, handle_last_bytes);
	side_init(&t->a, t, a, &t->b);
	side_init(&t->b, t, b, &t->a);
	return t;
}

void tunnel_hold_end(struct tunnel *t, void (*held)(void *arg))
{
	assert(!t->holding);
	t->held = held;
}

void tunnel_release_end(struct tunnel *t)
{
	t->held = NULL;
	if (t->holding && t->a.stream)
		end_direction(&t->b);
}

void tunnel_destroy(struct tunnel *t)
{
	if (t)
		tunnel_close(t, "tunnel was closed");
}
