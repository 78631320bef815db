/*
 * test_lines.c - lines that come in pieces.
 */
#include "fixture.h"

#include <string.h>

#include <event2/buffer.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "net/lines.h"

static void test_pieces(void **state maybe_unused)
{
	static const struct {
		const char *pieces[5];
		const char *lines; /* each followed by '|' */
		size_t searched;   /* of what is left */
	} cases[] = {
		{ { "a\n" }, "a|", 0 },
		{ { "a\nb\n\nc" }, "a|b||", 1 },
		{ { "ab", "cd", "\n", "ef" }, "abcd|", 2 },
		{ { "ab", "", "c\r\nd", "\n" }, "abc\r|d|", 0 },
		{ { "", "abc" }, "", 3 },
		{ { "\n", "\n" }, "||", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct evbuffer *in = evbuffer_new();
		struct lines lines = { 0 };
		auto_strbuf struct strbuf seen = STRBUF_INIT;
		size_t len;
		char *line;

		for (size_t k = 0; k < ARRAY_SIZE(cases[i].pieces) && cases[i].pieces[k]; k++) {
			evbuffer_add(in, cases[i].pieces[k], strlen(cases[i].pieces[k]));
			while ((line = lines_take(&lines, in, &len))) {
				assert_int_equal(len, strlen(line));
				strbuf_addf(&seen, "%s|", line);
				free(line);
			}
		}
		assert_string_equal(seen.buf, cases[i].lines);
		assert_int_equal(lines.searched, cases[i].searched);
		assert_int_equal(evbuffer_get_length(in), cases[i].searched);
		evbuffer_free(in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pieces) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
