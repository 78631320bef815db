/*
 * net/stream.c - a descriptor, two buffers, and who must hear of what.
 *
 * The descriptor is registered once, for edges: an event says that something may be possible
 * again, `can_read` and `can_write` keep that until the kernel says otherwise.  So pausing costs
 * no system call, and a peer that hung up cannot wake the loop again and again while nobody reads.
 *
 * A short read has emptied the descriptor.  An end behind it was seen, or is an edge of its own; a
 * reset that came together with the bytes can hide there: so it looks again, a moment later.
 *
 * Everything happens in stream_work, at the end of a turn: read a bounded amount, write a bounded
 * amount, then call the handlers for what is new.  The public functions only change the buffers
 * and ask for that work; so no handler ever runs inside them, and OpenSSL is never re-entered.
 */
#include "net/stream.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/peer.h"
#include "net/socket.h"
#include "net/transport.h"

enum {
	SILENT_MS = 25 * 1000, /* sent, and no word from the peer's host */
	WATCH_MS = 5 * 1000,
	TURN_BYTES = 128 * 1024, /* per direction and round of work: nobody starves */
	COPY_BELOW = 4 * 1024,   /* moving few bytes would keep their whole block of memory */
};

struct stream {
	struct loop *loop;
	struct transport transport;
	struct event event;
	struct deferred work;
	struct deferred look_again;
	struct timer watch; /* runs while bytes are on their way to a TCP peer */
	int64_t watch_since_ms;
	struct evbuffer *input, *output; /* owned */
	const struct stream_ops *ops;    /* borrowed; NULL until somebody cares */
	void *arg;

	bool can_read, can_write;
	bool read_wants_write, write_wants_read; /* TLS may need the other direction */
	bool hung_up; /* the kernel knows of an end or an error that we have not read up to */
	bool far_end; /* ... and much lies before it */
	bool paused;
	bool input_ended;
	bool output_ending, output_ended;
	bool destroyed;
	struct error broken; /* set: nothing goes any more */

	/* What the owner has not been told yet. */
	bool tell_input, tell_end, tell_hang_up, tell_drained, tell_broken;

	int64_t last_active_ms;
	uint64_t bytes_in, bytes_out;
	struct peer peer;
};

static void want_work(struct stream *s)
{
	if (!s->destroyed)
		loop_defer(s->loop, &s->work);
}

static bool is_broken(const struct stream *s)
{
	return error_is_set(&s->broken);
}

static size_t input_room(const struct stream *s)
{
	size_t len = evbuffer_get_length(s->input);

	return len < STREAM_INPUT_MARK ? STREAM_INPUT_MARK - len : 0;
}

static bool wants_input(const struct stream *s)
{
	return !s->paused && !s->input_ended && !is_broken(s) && input_room(s) > 0;
}

static bool wants_output(const struct stream *s)
{
	if (is_broken(s))
		return false;
	return evbuffer_get_length(s->output) > 0 || (s->output_ending && !s->output_ended);
}

static void note_input_result(struct stream *s, enum transport_result result)
{
	switch (result) {
	case TRANSPORT_MORE: break;
	case TRANSPORT_DRAINED:
		s->can_read = false;
		loop_defer_later(s->loop, &s->look_again);
		break;
	case TRANSPORT_WANT_READ: s->can_read = false; break;
	case TRANSPORT_WANT_WRITE:
		s->can_read = false;
		s->read_wants_write = true;
		break;
	case TRANSPORT_END:
		s->input_ended = true;
		s->tell_end = true;
		break;
	case TRANSPORT_FAILED: s->can_read = false; break;
	}
}

/* Reads at most max bytes; false when the connection turned out to be broken. */
static bool read_input(struct stream *s, size_t max, struct error *err)
{
	enum transport_result result = TRANSPORT_MORE;
	size_t before = evbuffer_get_length(s->input);
	size_t got = 0;

	while (result == TRANSPORT_MORE && got < max) {
		result = transport_read(&s->transport, s->input, max - got, err);
		got = evbuffer_get_length(s->input) - before;
		if (result == TRANSPORT_DRAINED && s->hung_up)
			result = TRANSPORT_MORE; /* up to the end */
	}
	note_input_result(s, result);
	if (got > 0) {
		s->bytes_in += got;
		s->last_active_ms = clock_mono_ms();
		s->tell_input = true;
	}
	return result != TRANSPORT_FAILED;
}

/* Takes err. */
static void stream_break(struct stream *s, struct error *err)
{
	error_move(&s->broken, err);
	error_wrap(&s->broken, "%s", s->peer.address);
	s->tell_end = s->tell_hang_up = s->tell_drained = false;
	s->tell_broken = true;
	evbuffer_drain(s->output, evbuffer_get_length(s->output));
	event_del(&s->event);
	timer_stop(&s->watch);
}

static void handle_watch(struct timer *t)
{
	struct stream *s = container_of(t, struct stream, watch);
	enum socket_delivery delivery = socket_delivery(s->transport.fd, SILENT_MS);
	auto_error struct error err = ERROR_INIT;

	/* After a quiet hour the last acknowledgement is an hour old; that is no silence yet. */
	if (delivery == SOCKET_SILENT && clock_mono_ms() - s->watch_since_ms < SILENT_MS)
		delivery = SOCKET_WAITING;
	if (delivery == SOCKET_SILENT) {
		error_set(&err, ERROR_TIMEOUT, "the peer's host does not answer any more");
		stream_break(s, &err);
		want_work(s);
	} else if (delivery == SOCKET_WAITING || stream_output_len(s) > 0) {
		timer_start(&s->watch, WATCH_MS);
	}
}

static void work_input(struct stream *s)
{
	auto_error struct error err = ERROR_INIT;

	if (!wants_input(s) || !s->can_read)
		return;
	if (!read_input(s, min_of(input_room(s), (size_t)TURN_BYTES), &err))
		stream_break(s, &err);
}

/* What the peer sent before it went is still the owner's: an answer, often, that says why. */
static void read_rest(struct stream *s)
{
	auto_error struct error ignored = ERROR_INIT;

	if (!s->input_ended)
		read_input(s, STREAM_INPUT_MARK, &ignored);
}

static bool kernel_sees(const struct stream *s, short events)
{
	struct pollfd p = { .fd = s->transport.fd, .events = events };

	return poll(&p, 1, 0) == 1 && (p.revents & events);
}

static void break_by_kernel(struct stream *s)
{
	auto_error struct error err = ERROR_INIT;
	int number = socket_take_error(s->transport.fd);

	error_set(&err, number == ETIMEDOUT ? ERROR_TIMEOUT : ERROR_CLOSED, "%s",
		socket_errno_text(number ? number : ECONNRESET));
	stream_break(s, &err);
}

/*
 * The peer hung up while its input is not wanted.  All it ever sent is in the kernel now; when
 * that is little it is taken in, so that the end or the error behind it is noticed.  When it is
 * much, the owner is told that there is an end behind it.
 */
static void work_hang_up(struct stream *s)
{
	auto_error struct error err = ERROR_INIT;

	if (!s->hung_up || is_broken(s) || wants_input(s))
		return;
	if (!s->input_ended && transport_unread(&s->transport) > STREAM_INPUT_MARK) {
		s->tell_hang_up |= !s->far_end;
		s->far_end = true;
		return;
	}
	if (!s->input_ended && !read_input(s, 2 * STREAM_INPUT_MARK, &err))
		stream_break(s, &err);
	else if (kernel_sees(s, POLLERR))
		break_by_kernel(s);
	s->hung_up = false;
}

static void note_output_result(struct stream *s, enum transport_result result, struct error *err)
{
	switch (result) {
	case TRANSPORT_MORE:
	case TRANSPORT_DRAINED: break;
	case TRANSPORT_WANT_READ: s->write_wants_read = true; __attribute__((fallthrough));
	case TRANSPORT_WANT_WRITE: s->can_write = false; break;
	case TRANSPORT_END:
		error_set(err, ERROR_CLOSED, "write: closed by the peer");
		__attribute__((fallthrough));
	case TRANSPORT_FAILED:
		read_rest(s);
		stream_break(s, err);
		break;
	}
}

static void start_watch(struct stream *s)
{
	if (!s->peer.is_tcp || timer_pending(&s->watch))
		return;
	s->watch_since_ms = clock_mono_ms();
	timer_start(&s->watch, WATCH_MS);
}

static void work_output(struct stream *s)
{
	auto_error struct error err = ERROR_INIT;
	size_t before = evbuffer_get_length(s->output);
	enum transport_result result;
	size_t sent;

	if (!wants_output(s) || !s->can_write)
		return;
	result = transport_write(&s->transport, s->output, TURN_BYTES, &err);
	sent = before - evbuffer_get_length(s->output);
	if (sent > 0) {
		s->bytes_out += sent;
		s->last_active_ms = clock_mono_ms();
		start_watch(s);
	}
	if (result == TRANSPORT_MORE && s->output_ending && evbuffer_get_length(s->output) == 0) {
		result = transport_end(&s->transport, &err);
		s->output_ended = result == TRANSPORT_MORE;
	}
	note_output_result(s, result, &err);
}

/* Full once, or ending: the owner waits for word. */
static bool has_drained(const struct stream *s)
{
	if (!s->tell_drained || is_broken(s))
		return false;
	if (s->output_ending)
		return s->output_ended;
	return evbuffer_get_length(s->output) < STREAM_OUTPUT_MARK / 4;
}

static bool take(bool *flag)
{
	bool was = *flag;

	*flag = false;
	return was;
}

/* One thing that is new; a handler may destroy the stream or give it to somebody else. */
static bool tell_one(struct stream *s)
{
	const struct stream_ops *ops = s->ops;

	if (!ops || s->destroyed)
		return false;
	if (!s->paused && take(&s->tell_input)) {
		if (ops->handle_input)
			ops->handle_input(s, s->arg);
		return true;
	}
	if (take(&s->tell_end)) {
		if (ops->handle_end)
			ops->handle_end(s, s->arg);
		return true;
	}
	if (take(&s->tell_hang_up)) {
		if (ops->handle_hang_up)
			ops->handle_hang_up(s, s->arg);
		return true;
	}
	if (has_drained(s)) {
		s->tell_drained = false;
		if (ops->handle_drained)
			ops->handle_drained(s, s->arg);
		return true;
	}
	if (take(&s->tell_broken)) {
		if (ops->handle_broken)
			ops->handle_broken(s, s->arg, &s->broken);
		return true;
	}
	return false;
}

static bool has_work(const struct stream *s)
{
	return (wants_input(s) && s->can_read) || (wants_output(s) && s->can_write);
}

static void stream_work(struct deferred *d)
{
	struct stream *s = container_of(d, struct stream, work);

	work_input(s);
	work_output(s);
	work_hang_up(s);
	while (tell_one(s))
		;
	if (!s->destroyed && has_work(s))
		want_work(s);
}

static void handle_look_again(struct deferred *d)
{
	struct stream *s = container_of(d, struct stream, look_again);

	/* A read that finds nothing would leave its whole block of memory behind. */
	s->can_read |= kernel_sees(s, POLLIN | POLLERR);
	want_work(s);
}

static void handle_event(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	assert(s->transport.fd == fd);
	if (what & EV_READ || (what & EV_WRITE && s->read_wants_write)) {
		s->can_read = true;
		s->read_wants_write = false;
	}
	if (what & EV_WRITE || (what & EV_READ && s->write_wants_read)) {
		s->can_write = true;
		s->write_wants_read = false;
	}
	/* libevent shows an error as both, without EV_CLOSED: look, if reading would not. */
	if (what & EV_CLOSED || (!wants_input(s) && kernel_sees(s, POLLERR)))
		s->hung_up = true;
	want_work(s);
}

static void handle_input_change(
	struct evbuffer *input maybe_unused, const struct evbuffer_cb_info *info, void *arg)
{
	struct stream *s = arg;

	if (info->n_deleted > 0 && wants_input(s) && s->can_read)
		want_work(s);
}

struct stream *stream_create(struct loop *loop, int fd, SSL *ssl)
{
	struct stream *s = xnew(struct stream);

	s->loop = loop;
	transport_init(&s->transport, fd, ssl);
	s->input = evbuffer_new();
	s->output = evbuffer_new();
	evbuffer_add_cb(s->input, handle_input_change, s);
	deferred_init(&s->work, stream_work);
	deferred_init(&s->look_again, handle_look_again);
	timer_init(&s->watch, loop, handle_watch);
	peer_learn(&s->peer, fd, ssl);
	if (s->peer.is_tcp)
		socket_tune_tcp(fd);
	s->last_active_ms = clock_mono_ms();
	/* Nobody knows what the handshake has left in the buffers: try both once. */
	s->can_read = s->can_write = true;
	event_assign(&s->event, loop_base(loop), fd,
		EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, handle_event, s);
	event_add(&s->event, NULL);
	want_work(s);
	return s;
}

static void stream_free(void *object)
{
	struct stream *s = object;

	evbuffer_free(s->input);
	evbuffer_free(s->output);
	SSL_free(s->transport.ssl);
	error_clear(&s->broken);
	peer_finish(&s->peer);
	free(s);
}

void stream_destroy(struct stream *s, const char *reason)
{
	if (!s || s->destroyed)
		return;
	if (log_enabled(LOG_DEBUG))
		log_fields(LOG_DEBUG, "stream closed", "peer", s->peer.address, "reason", reason,
			NULL);
	s->destroyed = true;
	s->ops = NULL;
	deferred_cancel(&s->work);
	deferred_cancel(&s->look_again);
	event_del(&s->event);
	timer_stop(&s->watch);
	close(s->transport.fd);
	loop_release_later(s->loop, s, stream_free);
}

void stream_set_ops(struct stream *s, const struct stream_ops *ops, void *arg)
{
	s->ops = ops;
	s->arg = arg;
	s->tell_input = evbuffer_get_length(s->input) > 0;
	s->tell_end = s->input_ended && !is_broken(s);
	s->tell_hang_up = s->far_end;
	s->tell_broken = is_broken(s);
	s->tell_drained = stream_is_full(s) || (s->output_ending && !s->output_ended);
	want_work(s);
}

struct evbuffer *stream_input(struct stream *s)
{
	return s->input;
}

bool stream_input_ended(const struct stream *s)
{
	return s->input_ended;
}

bool stream_hung_up(const struct stream *s)
{
	return s->far_end;
}

bool stream_input_truncated(const struct stream *s)
{
	return s->input_ended && s->transport.ssl && !s->transport.close_notify;
}

static void output_grew(struct stream *s)
{
	if (stream_is_full(s))
		s->tell_drained = true;
	want_work(s);
}

static bool takes_output(const struct stream *s)
{
	assert(!s->output_ending);
	return !is_broken(s) && !s->destroyed;
}

void stream_write(struct stream *s, const void *data, size_t len)
{
	if (!takes_output(s) || len == 0)
		return;
	evbuffer_add(s->output, data, len);
	output_grew(s);
}

void stream_write_buffer(struct stream *s, struct evbuffer *from)
{
	size_t len = evbuffer_get_length(from);

	if (len == 0)
		return;
	if (!takes_output(s)) {
		evbuffer_drain(from, len);
		return;
	}
	if (len < COPY_BELOW) {
		evbuffer_add(s->output, evbuffer_pullup(from, -1), len);
		evbuffer_drain(from, len);
	} else {
		evbuffer_add_buffer(s->output, from);
	}
	output_grew(s);
}

size_t stream_output_len(const struct stream *s)
{
	return evbuffer_get_length(s->output);
}

bool stream_is_full(const struct stream *s)
{
	return evbuffer_get_length(s->output) >= STREAM_OUTPUT_MARK;
}

void stream_pause_input(struct stream *s)
{
	s->paused = true;
	if (s->hung_up)
		want_work(s);
}

void stream_resume_input(struct stream *s)
{
	if (!s->paused)
		return;
	s->paused = false;
	want_work(s);
}

void stream_end_output(struct stream *s)
{
	if (s->output_ending)
		return;
	s->output_ending = true;
	s->tell_drained = true;
	want_work(s);
}

bool stream_output_ended(const struct stream *s)
{
	return s->output_ended;
}

bool stream_is_broken(const struct stream *s)
{
	return is_broken(s);
}

const char *stream_peer(const struct stream *s)
{
	return s->peer.address;
}

const char *stream_peer_ip(const struct stream *s)
{
	return s->peer.ip;
}

int64_t stream_peer_uid(const struct stream *s)
{
	return s->peer.uid;
}

bool stream_peer_may_serve(const struct stream *s)
{
	return s->peer.may_serve;
}

const char *stream_peer_certificate(const struct stream *s)
{
	return s->peer.certificate;
}

bool stream_is_tls(const struct stream *s)
{
	return s->transport.ssl != NULL;
}

int64_t stream_last_active_ms(const struct stream *s)
{
	return s->last_active_ms;
}

uint64_t stream_bytes_in(const struct stream *s)
{
	return s->bytes_in;
}

uint64_t stream_bytes_out(const struct stream *s)
{
	return s->bytes_out;
}
