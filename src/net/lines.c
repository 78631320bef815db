/*
 * net/lines.c - whole lines out of a buffer that fills while it is read.
 */
#include "net/lines.h"

#include <assert.h>

#include <event2/buffer.h>

#include "base/mem.h"

char *lines_take(struct lines *lines, struct evbuffer *in, size_t *ret_len)
{
	size_t held = evbuffer_get_length(in);
	struct evbuffer_ptr from, end;
	char *line;

	assert(lines->searched <= held); /* nobody else takes bytes out */
	if (lines->searched == held)
		return NULL;
	evbuffer_ptr_set(in, &from, lines->searched, EVBUFFER_PTR_SET);
	end = evbuffer_search_eol(in, &from, NULL, EVBUFFER_EOL_LF);
	lines->searched = end.pos < 0 ? held : 0;
	if (end.pos < 0)
		return NULL;
	line = xcalloc((size_t)end.pos + 1, 1);
	evbuffer_remove(in, line, (size_t)end.pos);
	evbuffer_drain(in, 1);
	*ret_len = (size_t)end.pos;
	return line;
}
