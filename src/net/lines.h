/*
 * net/lines.h - whole lines out of a buffer that fills while it is read.
 *
 * What has been searched for the end of a line is not searched again, so that a long line which
 * comes in small pieces costs no more than one that comes at once.  How long a line may become is
 * the reader's to say: what stays in the buffer is unfinished.
 */
#pragma once

#include <stddef.h>

#include "base/util.h"

struct evbuffer;

/* Zeroed for a new buffer. */
struct lines {
	size_t searched; /* bytes of the unfinished line in which there is no end */
};

/* The next line without its line feed, terminated; the caller frees it.  NULL: not there yet. */
char *lines_take(struct lines *lines, struct evbuffer *in, size_t *ret_len) must_check;
