/* Lines of progress: cutting the stream, telling whose they are, finding failures. */
#include "fixture.h"

#include <string.h>

#include "base/mem.h"
#include "base/strv.h"
#include "manager/progress.h"

#define assert_text(name, got, expected)                                                           \
	do {                                                                                       \
		if (strcmp((got), (expected)) != 0)                                                \
			fail_msg("%s: got '%s', expected '%s'", (name), (got), (expected));        \
	} while (0)

/* Everything that the reader hands out, joined by '|', when the stream comes in such pieces. */
static char *read_all(const char *text, size_t piece)
{
	struct progress_reader r = PROGRESS_READER_INIT;
	struct evbuffer *in = evbuffer_new();
	auto_strv struct strv lines = STRV_INIT;
	const char *line;
	size_t len;

	for (size_t at = 0, total = strlen(text); at < total; at += piece) {
		evbuffer_add(in, text + at, min_of(piece, total - at));
		while ((line = progress_reader_next(&r, in, &len, NULL)))
			strv_add_n(&lines, line, len);
	}
	line = progress_reader_rest(&r, &len);
	if (line)
		strv_add_n(&lines, line, len);
	progress_reader_finish(&r);
	evbuffer_free(in);
	return strv_join(&lines, "|");
}

static void test_lines(void **state)
{
	static const struct {
		const char *stream, *lines;
	} cases[] = {
		{ "", "" },
		{ "{}\r\n{\"a\":1}\r\n", "{}|{\"a\":1}" },
		{ "{}\n{}", "{}|{}" },
		{ "{}\n\n{}\n", "{}||{}" },
		{ "no end", "no end" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t piece = 1; piece < 5; piece++) {
			auto_free char *lines = read_all(cases[i].stream, piece);

			assert_text(cases[i].stream, lines, cases[i].lines);
		}
	}
}

/* Longer than the 64 KiB at which classic Swarm gave up without a word, and then too long. */
static void test_long_lines(void **state)
{
	struct progress_reader r = PROGRESS_READER_INIT;
	struct evbuffer *in = evbuffer_new();
	auto_error struct error err = ERROR_INIT;
	size_t len, megabyte = 1024 * 1024;
	auto_free char *text = xmalloc(megabyte);

	(void)state;
	memset(text, 'x', megabyte);
	evbuffer_add(in, text, megabyte);
	assert_null(progress_reader_next(&r, in, &len, &err));
	evbuffer_add(in, "\n", 1);
	assert_non_null(progress_reader_next(&r, in, &len, &err));
	assert_int_equal(len, megabyte);
	for (int i = 0; i < 17 && !error_is_set(&err); i++) {
		evbuffer_add(in, text, megabyte);
		assert_null(progress_reader_next(&r, in, &len, &err));
	}
	assert_int_equal(err.code, ERROR_TOO_LARGE);
	progress_reader_finish(&r);
	evbuffer_free(in);
}

static void test_translate(void **state)
{
	static const struct {
		const char *title, *line, *shown, *failure;
	} cases[] = {
		{ "Pulling a...", "{\"status\":\"Downloading\",\"id\":\"layer\"}",
			"{\"status\":\"Pulling a... : Downloading\",\"id\":\"n\"}\r\n", NULL },
		{ "Pulling a...", "{\"progressDetail\":{\"current\":1},\"new\":[1]}",
			"{\"status\":\"Pulling a...\",\"progressDetail\":{\"current\":1},"
			"\"new\":[1],\"id\":\"n\"}\r\n",
			NULL },
		{ NULL, "{\"status\":\"x\"}", "{\"status\":\"x\",\"id\":\"n\"}\r\n", NULL },
		{ NULL, "{\"stream\":\"x\"}", "{\"stream\":\"x\",\"id\":\"n\"}\r\n", NULL },
		{ "T", "not json", "", NULL },
		{ "T", "", "", NULL },
		{ "T", "[1]", "", NULL },
		{ "T", "{\"errorDetail\":{\"message\":\"m\"},\"error\":\"e\"}", "", "m" },
		{ "T", "{\"error\":\"e\"}", "", "e" },
		{ "T", "{\"errorDetail\":{\"message\":\"m\"}}", "", "m" },
		{ "T", "{\"error\":null,\"status\":\"s\"}",
			"{\"status\":\"T : s\",\"error\":null,\"id\":\"n\"}\r\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strbuf struct strbuf to = STRBUF_INIT;
		auto_error struct error err = ERROR_INIT;
		bool fine = progress_translate(
			&to, cases[i].line, strlen(cases[i].line), cases[i].title, "n", &err);

		assert_text(cases[i].line, to.buf, cases[i].shown);
		assert_int_equal(fine, cases[i].failure == NULL);
		if (cases[i].failure)
			assert_text(cases[i].line, error_text(&err), cases[i].failure);
	}
}

static void test_own_lines(void **state)
{
	auto_strbuf struct strbuf to = STRBUF_INIT;

	(void)state;
	progress_say(&to, "T", NULL, "n");
	progress_say(&to, "T", "done", "n");
	progress_say(&to, NULL, "done", "n");
	progress_say(&to, NULL, "Status: done", NULL);
	progress_say_failed(&to, "a: \"b\"");
	assert_text("own lines", to.buf,
		"{\"status\":\"T\",\"id\":\"n\"}\r\n"
		"{\"status\":\"T : done\",\"id\":\"n\"}\r\n"
		"{\"status\":\"done\",\"id\":\"n\"}\r\n"
		"{\"status\":\"Status: done\"}\r\n"
		"{\"error\":\"a: \\\"b\\\"\",\"errorDetail\":{\"code\":1,\"message\":\"a: "
		"\\\"b\\\"\"}}\r\n");
}

/* C-60 */
static void test_skip_reason(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "Failed: cannot load linux image on windows",
			"Load skipped because image is for linux and engine is running windows" },
		{ "no match", NULL },
		{ "cannot load  image on windows", NULL },
		{ "cannot load linux image on ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_error struct error err = ERROR_INIT;

		error_set(&err, ERROR_ENGINE, "%s", cases[i].text);
		auto_free char *reason = progress_skip_reason(&err, "Load");

		assert_text(cases[i].text, reason ? reason : "-",
			cases[i].reason ? cases[i].reason : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_translate),
		cmocka_unit_test(test_own_lines),
		cmocka_unit_test(test_skip_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
