/* However the log of a container comes in pieces, the same is shown of it; and whatever was
 * written, nothing of it is markup. */
#include <event2/buffer.h>
#include <string.h>

#include "docker/log_frames.h"
#include "fuzz.h"
#include "page/log_text.h"

static bool read_all(struct strbuf *to, const uint8_t *data, size_t size, size_t piece, bool is_raw)
{
	struct log_frames f = { .is_raw = is_raw };
	struct evbuffer *in = evbuffer_new();
	bool fine = true;

	for (size_t at = 0; fine && at < size; at += piece) {
		evbuffer_add(in, data + at, size - at < piece ? size - at : piece);
		fine = log_frames_take(&f, in, to);
	}
	fuzz_check(!fine || evbuffer_get_length(in) < 8);
	evbuffer_free(in);
	return fine;
}

static void check_shown(const struct strbuf *html)
{
	for (size_t i = 0; i < html->len; i++) {
		unsigned char c = (unsigned char)html->buf[i];

		fuzz_check(!strchr("<>\"'", c) && (c >= ' ' || c == '\t' || c == '\n'));
	}
	fuzz_check(html->len <= 8 * (LOG_LINE_SHOWN + 1));
}

static void check(const uint8_t *data, size_t size, bool is_raw)
{
	auto_strbuf struct strbuf whole = STRBUF_INIT, pieces = STRBUF_INIT, html = STRBUF_INIT;

	fuzz_check(read_all(&whole, data, size, size + 1, is_raw) ==
		   read_all(&pieces, data, size, 3, is_raw));
	fuzz_check(whole.len == pieces.len && memcmp(whole.buf, pieces.buf, whole.len) == 0);
	log_text_add(&html, whole.buf, whole.len);
	check_shown(&html);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size, false);
	check(data, size, true);
	return 0;
}
