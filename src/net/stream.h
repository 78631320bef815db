/*
 * net/stream.h - bytes both ways: TCP, unix or TLS, and the floors above cannot tell.
 *
 * A stream has an input buffer and an output buffer, each with a mark.  Reading pauses by itself
 * while the input holds more than its mark and goes on when the owner has taken bytes out;
 * the owner stops producing while stream_is_full and goes on at handle_drained.
 *
 * The two directions end separately: handle_end says that the peer sends no more (FIN or TLS
 * close_notify), stream_end_output says the same to the peer after what is buffered.  Under TLS
 * too, writing goes on after the peer's close_notify and reading after our own.
 *
 * Handlers are never called from inside a stream_ function, but at the end of a turn.  SIGPIPE is
 * ignored.  A peer that hangs up is noticed even while its input is paused or full; when more than
 * STREAM_INPUT_MARK bytes of it are still waiting in the kernel, only handle_hang_up tells.
 */
#pragma once

#include <event2/buffer.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/loop.h"
#include "net/tls.h"

struct stream;

struct stream_ops {
	void (*handle_input)(struct stream *s, void *arg); /* stream_input() has grown */
	void (*handle_end)(struct stream *s, void *arg);   /* no more input will come */
	/* Output was full and is now below a quarter of the mark; or, after stream_end_output, all
	 * of it is sent (stream_output_ended). */
	void (*handle_drained)(struct stream *s, void *arg);
	/* Nothing goes any more in either direction; input that came before is still there.  The
	 * owner destroys the stream. */
	void (*handle_broken)(struct stream *s, void *arg, const struct error *err);
	/* The peer has ended its sending, or is gone, but so much of what it sent before lies in
	 * the kernel that neither handle_end nor handle_broken can say so yet.  Once; may be NULL.
	 */
	void (*handle_hang_up)(struct stream *s, void *arg);
};

enum {
	STREAM_INPUT_MARK = 256 * 1024,
	STREAM_OUTPUT_MARK = 256 * 1024,
};

/* Takes the connected (non-blocking) descriptor and, when not NULL, the SSL whose handshake is
 * done.  TCP gets TCP_NODELAY and keep-alive, and a watch over bytes that nobody acknowledges, so
 * that a silently dead peer is noticed within half a minute; one that lives but does not read may
 * take as long as it likes. */
struct stream *stream_create(struct loop *loop, int fd, SSL *ssl);
/* Closes at once (unsent output is lost) and calls nothing; memory goes at the end of the turn.
 * NULL is fine. reason is for debug logs, a short static text. */
void stream_destroy(struct stream *s, const char *reason);

/* Also hands the stream to a new owner.  If input, the end or an error is already there, the
 * matching handlers are called again at the end of the turn. */
void stream_set_ops(struct stream *s, const struct stream_ops *ops, void *arg);

struct evbuffer *stream_input(struct stream *s); /* the owner drains or moves */
bool stream_input_ended(const struct stream *s);
/* handle_hang_up was called, or is about to be. */
bool stream_hung_up(const struct stream *s);
/* The input of a TLS stream ended by a bare FIN, without the close_notify that proves that nothing
 * was cut off.  It counts as an end, because some peers half-close like that. */
bool stream_input_truncated(const struct stream *s);
bool stream_is_broken(const struct stream *s);
/* Writing to a broken stream does nothing; writing after stream_end_output is a bug. */
void stream_write(struct stream *s, const void *data, size_t len);
void stream_write_buffer(struct stream *s, struct evbuffer *from); /* moves all; no copy */
size_t stream_output_len(const struct stream *s);
bool stream_is_full(const struct stream *s);
/* Reading goes on by itself when bytes are taken out of the input.  While paused, handle_input is
 * not called, and nothing is read but what a peer that hung up has left behind. */
void stream_pause_input(struct stream *s);
void stream_resume_input(struct stream *s);
/* FIN or close_notify after what is buffered.  Any number of times. */
void stream_end_output(struct stream *s);
bool stream_output_ended(const struct stream *s); /* ended and all of it sent */

/* "10.0.0.5:41234", "unix" ...; lives as long as the stream. */
const char *stream_peer(const struct stream *s);
/* IP literal of the peer without port, "" for unix. */
const char *stream_peer_ip(const struct stream *s);
/* uid of a unix peer, -1 otherwise. */
int64_t stream_peer_uid(const struct stream *s);
/* Subject of the peer's verified certificate, NULL when there is none. */
const char *stream_peer_certificate(const struct stream *s);
/* That certificate is expressly one of a server. */
bool stream_peer_may_serve(const struct stream *s);
bool stream_is_tls(const struct stream *s);
/* Milliseconds (monotonic) of the last byte in either direction. */
int64_t stream_last_active_ms(const struct stream *s);
uint64_t stream_bytes_in(const struct stream *s);
uint64_t stream_bytes_out(const struct stream *s);
