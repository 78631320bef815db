/*
 * Answers of peers, ended anywhere: complete, failed, or more was needed; the same in one piece as
 * byte by byte.  An input that starts with "H!" answers a HEAD.
 */
#include <event2/buffer.h>
#include <string.h>

#include "fuzz.h"
#include "http/parser.h"

struct reading {
	struct evbuffer *body;
	int status;
	enum http_parse end;
};

static void check_head(const struct http_parser *p, bool to_head)
{
	int status = p->response.status;

	fuzz_check(status >= 100 && status <= 599);
	if (to_head || status < 200 || status == 204 || status == 304)
		fuzz_check(p->framing == HTTP_FRAMING_NONE);
}

static enum http_parse run(
	struct http_parser *p, struct reading *r, struct evbuffer *input, bool to_head)
{
	enum http_parse result;

	while ((result = http_parser_run(p, input, r->body, SIZE_MAX / 2)) == HTTP_PARSE_HEAD) {
		check_head(p, to_head);
		r->status = p->response.status;
	}
	return result;
}

static void read_in_pieces(
	struct reading *r, const uint8_t *data, size_t size, size_t piece, bool to_head)
{
	struct http_parser p;
	struct evbuffer *input = evbuffer_new();

	*r = (struct reading){ .body = evbuffer_new(), .end = HTTP_PARSE_MORE };
	http_parser_init_response(&p, to_head);
	for (size_t at = 0; at < size && r->end == HTTP_PARSE_MORE; at += piece) {
		evbuffer_add(input, data + at, min_of(piece, size - at));
		r->end = run(&p, r, input, to_head);
	}
	if (r->end == HTTP_PARSE_MORE)
		r->end = http_parser_end_input(&p);
	fuzz_check(r->end == HTTP_PARSE_END || error_is_set(&p.err));
	if (p.framing == HTTP_FRAMING_LENGTH && r->end == HTTP_PARSE_END)
		fuzz_check((int64_t)evbuffer_get_length(r->body) == p.length);
	evbuffer_free(input);
	http_parser_finish(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading whole, bytes;

	if (size == 0)
		return 0;
	bool to_head = data[0] == 'H' && size > 1 && data[1] == '!';
	if (to_head)
		data += 2, size -= 2;
	read_in_pieces(&whole, data, size, size ? size : 1, to_head);
	read_in_pieces(&bytes, data, size, 1, to_head);
	fuzz_check(whole.end == bytes.end);
	if (whole.end == HTTP_PARSE_END) {
		size_t len = evbuffer_get_length(whole.body);
		fuzz_check(whole.status == bytes.status);
		fuzz_check(len == evbuffer_get_length(bytes.body));
		fuzz_check(len == 0 || memcmp(evbuffer_pullup(whole.body, -1),
					       evbuffer_pullup(bytes.body, -1), len) == 0);
	}
	evbuffer_free(whole.body);
	evbuffer_free(bytes.body);
	return 0;
}
