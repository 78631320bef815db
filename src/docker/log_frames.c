/* docker/log_frames.c - heads go, the rest stays. */
#include "docker/log_frames.h"

#include <event2/buffer.h>
#include <string.h>

enum { HEAD_LEN = 8, STREAMS = 3 };

static void take_bytes(struct evbuffer *in, size_t len, struct strbuf *to)
{
	if (len == 0 || !strbuf_reserve(to, len))
		return;
	evbuffer_remove(in, to->buf + to->len, len);
	to->len += len;
	to->buf[to->len] = '\0';
}

/* Engines tell their own errors in a fourth kind, which is text as well. */
static bool take_head(struct log_frames *f, struct evbuffer *in)
{
	unsigned char head[HEAD_LEN];

	evbuffer_remove(in, head, sizeof(head));
	if (head[0] > STREAMS || head[1] || head[2] || head[3])
		return false;
	f->left = (uint32_t)head[4] << 24 | (uint32_t)head[5] << 16 | (uint32_t)head[6] << 8 |
		  head[7];
	return true;
}

bool log_frames_take(struct log_frames *f, struct evbuffer *in, struct strbuf *to)
{
	for (;;) {
		size_t there = evbuffer_get_length(in);
		size_t taken = f->is_raw ? there : min_of(there, (size_t)f->left);

		take_bytes(in, taken, to);
		if (f->is_raw)
			return true;
		f->left -= (uint32_t)taken;
		if (f->left > 0 || there - taken < HEAD_LEN)
			return true;
		if (!take_head(f, in))
			return false;
	}
}
