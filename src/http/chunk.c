/* http/chunk.c - sizes in hex, and the empty chunk that ends a body. */
#include "http/chunk.h"

#include <assert.h>

void chunk_write(struct evbuffer *to, struct evbuffer *from)
{
	auto_evbuffer struct evbuffer *end = evbuffer_new();

	assert(evbuffer_get_length(from) > 0); /* an empty one is the last */
	evbuffer_add_printf(to, "%zx\r\n", evbuffer_get_length(from));
	evbuffer_add_buffer(to, from);
	/* Added to a block that is full, two bytes would take another of its size. */
	evbuffer_add(end, "\r\n", 2);
	evbuffer_add_buffer(to, end);
}

void chunk_write_last(struct evbuffer *to, const struct headers *trailers)
{
	evbuffer_add(to, "0\r\n", 3);
	headers_write(trailers, to);
}
