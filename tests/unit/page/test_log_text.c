/* What is shown of what a container wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <event2/buffer.h>
#include <string.h>

#include "base/util.h"
#include "docker/log_frames.h"
#include "page/log_text.h"

static const struct {
	const char *line, *shown;
} lines[] = {
	{ "plain", "plain" },
	{ "<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;" },
	{ "\x1b[1;31mred\x1b[0m", "red" },
	{ "\x1b]0;title\x07rest", "rest" },
	{ "\x1b(Bx\x1b", "Bx" },
	{ " 10%\r 50%\r100%\r", "100%" },
	{ "windows\r", "windows" },
	{ "\xe2\x80\xaetxt.exe", "\\u202etxt.exe" },
	{ "\xff", "\xef\xbf\xbd" },
	{ "", "" },
};

static void test_lines(maybe_unused void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		auto_strbuf struct strbuf html = STRBUF_INIT;

		log_text_add(&html, lines[i].line, strlen(lines[i].line));
		assert_string_equal(html.buf, lines[i].shown);
	}
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	bool is_raw, fine;
	const char *stream;
	size_t len;
	const char *written;
} streams[] = {
	{ false, true, BYTES("\1\0\0\0\0\0\0\3one\2\0\0\0\0\0\0\3two"), "onetwo" },
	{ false, true, BYTES("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1x"), "x" },
	{ false, true, BYTES("\1\0\0\0\0\0\1\0cut"), "cut" },
	{ false, true, BYTES("\1\0\0\0"), "" },
	{ false, false, BYTES("no frames"), "" },
	{ false, false, BYTES("\1\0\0\0\0\0\0\1x\7\0\0\0\0\0\0\1x"), "x" },
	{ true, true, BYTES("as it is"), "as it is" },
};

/* All at once, and byte by byte. */
static void test_frames(maybe_unused void **state)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(streams); i++) {
		size_t n = i / 2, piece = i % 2 ? 1 : streams[n].len;
		auto_strbuf struct strbuf written = STRBUF_INIT;
		struct log_frames f = { .is_raw = streams[n].is_raw };
		struct evbuffer *in = evbuffer_new();
		bool fine = true;

		for (size_t at = 0; fine && at < streams[n].len; at += piece) {
			evbuffer_add(in, streams[n].stream + at, piece);
			fine = log_frames_take(&f, in, &written);
		}
		evbuffer_free(in);
		assert_int_equal(fine, streams[n].fine);
		assert_string_equal(written.buf, streams[n].written);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
