/*
 * net/tunnel.h - two streams joined.
 *
 * Bytes go both ways with back-pressure; each direction ends alone (the end of one side's input
 * becomes the end of the other side's output).  It is over when both directions have ended or one
 * stream broke; the tunnel then destroys both streams and itself and calls `done` once.
 */
#pragma once

#include "net/stream.h"

struct tunnel;

struct tunnel_result {
	uint64_t bytes_ab, bytes_ba;
	const struct error *err; /* NULL: both directions ended in order */
};

/* Takes both streams, with whatever their input buffers already hold.  done may be NULL. */
struct tunnel *tunnel_create(struct loop *loop, struct stream *a, struct stream *b,
	void (*done)(void *arg, const struct tunnel_result *result), void *arg);
/* The end of b's bytes reaches a only after tunnel_release_end: `held` is called, once and never
 * from inside here, when all but that end has been passed on.  It may not destroy the tunnel. */
void tunnel_hold_end(struct tunnel *t, void (*held)(void *arg));
void tunnel_release_end(struct tunnel *t);
/* Closes both sides at once; done is not called. */
void tunnel_destroy(struct tunnel *t);
