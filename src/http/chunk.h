/*
 * http/chunk.h - bodies of unknown length, as both sides write them.
 */
#pragma once

#include "http/message.h"

/* One chunk of all that is in `from`, which is not empty; moves it. */
void chunk_write(struct evbuffer *to, struct evbuffer *from);
/* The end, with trailers (may be none). */
void chunk_write_last(struct evbuffer *to, const struct headers *trailers);
