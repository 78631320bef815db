/*
 * docker/log_frames.h - what a container wrote, out of an engine's stream of it.
 *
 * Output and errors of a container without a terminal come in frames, each with a head of eight
 * bytes: which of both, three zeros, and its length.  What a terminal showed comes as it is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

struct evbuffer;

/* Zeroed for a new stream, but for is_raw. */
struct log_frames {
	bool is_raw;
	uint32_t left; /* of the frame that has begun */
};

/* Takes all that is there out of `in`, but for a head that is not whole, and appends what was
 * written, both kinds in the order of their coming.  False: it is no such stream. */
bool log_frames_take(struct log_frames *f, struct evbuffer *in, struct strbuf *to) must_check;
