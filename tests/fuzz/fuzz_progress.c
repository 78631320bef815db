/* However an engine's progress is cut into pieces, it is the same lines; and whatever they say, a
 * client gets one object a line that names the node, or a failure. */
#include <string.h>

#include "base/json.h"
#include "fuzz.h"
#include "manager/progress.h"

/* What a client gets, up to the first failure or the end. */
struct told {
	struct strbuf text;
	struct error err;
};

static void check_line(const char *line, size_t len)
{
	auto_json yyjson_doc *doc = json_parse(line, len, NULL);

	fuzz_check(len > 2 && memcmp(line + len - 2, "\r\n", 2) == 0);
	fuzz_check(memchr(line, '\n', len) == line + len - 1);
	fuzz_check(yyjson_is_obj(yyjson_doc_get_root(doc)));
	fuzz_check(strcmp(json_get_str(yyjson_doc_get_root(doc), "id", ""), "node-1") == 0);
}

static bool translate(struct told *t, const char *line, size_t len)
{
	size_t before = t->text.len;

	if (!progress_translate(&t->text, line, len, "Loading", "node-1", &t->err)) {
		fuzz_check(error_is_set(&t->err) && t->text.len == before);
		return false;
	}
	if (t->text.len > before)
		check_line(t->text.buf + before, t->text.len - before);
	return true;
}

static bool read_lines(struct told *t, struct progress_reader *r, struct evbuffer *in)
{
	const char *line;
	size_t len;

	while ((line = progress_reader_next(r, in, &len, &t->err))) {
		if (!translate(t, line, len))
			return false;
	}
	return !error_is_set(&t->err);
}

static void read_all(struct told *t, const uint8_t *data, size_t size, size_t piece)
{
	struct progress_reader r = PROGRESS_READER_INIT;
	struct evbuffer *in = evbuffer_new();
	const char *rest;
	size_t len;
	bool fine = true;

	*t = (struct told){ .text = STRBUF_INIT };
	for (size_t at = 0; fine && at < size; at += piece) {
		evbuffer_add(in, data + at, size - at < piece ? size - at : piece);
		fine = read_lines(t, &r, in);
	}
	rest = fine ? progress_reader_rest(&r, &len) : NULL;
	if (rest)
		(void)translate(t, rest, len);
	progress_reader_finish(&r);
	evbuffer_free(in);
}

static void told_finish(struct told *t)
{
	strbuf_finish(&t->text);
	error_clear(&t->err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told whole, pieces;

	read_all(&whole, data, size, size + 1);
	read_all(&pieces, data, size, 3);
	fuzz_check(strcmp(error_text(&whole.err), error_text(&pieces.err)) == 0);
	fuzz_check(whole.text.len == pieces.text.len &&
		   memcmp(whole.text.buf, pieces.text.buf, whole.text.len) == 0);
	free(progress_skip_reason(&whole.err, "Load"));
	told_finish(&whole);
	told_finish(&pieces);
	return 0;
}
