/*
 * However the bytes of requests are cut into pieces, they are read the same way, and nothing that
 * was refused is read on.
 */
#include <event2/buffer.h>
#include <string.h>

#include "fuzz.h"
#include "http/parser.h"

struct reading {
	struct evbuffer *text; /* what was understood, in a form that can be compared */
	bool failed;
	bool over; /* failed, or the rest is another protocol */
	int refusal;
};

static void note_head(struct reading *r, struct http_parser *p)
{
	struct request_head *head = &p->request;

	fuzz_check(head->method && head->target);
	fuzz_check(p->framing != HTTP_FRAMING_CLOSE);
	fuzz_check(p->framing != HTTP_FRAMING_LENGTH || p->length > 0);
	fuzz_check(headers_count(&head->headers, "Host") <= 1);
	fuzz_check(headers_count(&head->headers, "Content-Length") <= 1);
	request_head_write(head, r->text);
}

/* False when there is no more to read. */
static bool step(struct reading *r, struct http_parser *p, struct evbuffer *input)
{
	switch (http_parser_run(p, input, r->text, SIZE_MAX / 2)) {
	case HTTP_PARSE_HEAD: note_head(r, p); return true;
	case HTTP_PARSE_END:
		r->over = p->asks_upgrade;
		headers_write(&p->trailers, r->text);
		http_parser_reset(p);
		return !r->over;
	case HTTP_PARSE_FAILED:
		r->failed = r->over = true;
		r->refusal = p->refusal;
		fuzz_check(p->refusal >= 400 && error_is_set(&p->err));
		fuzz_check(http_parser_run(p, input, r->text, 1) == HTTP_PARSE_FAILED);
		return false;
	case HTTP_PARSE_MORE: break;
	}
	return false;
}

static void read_in_pieces(struct reading *r, const uint8_t *data, size_t size, size_t piece)
{
	struct http_parser p;
	struct evbuffer *input = evbuffer_new();

	*r = (struct reading){ .text = evbuffer_new() };
	http_parser_init_request(&p, 4096, 32);
	for (size_t at = 0; at < size && !r->over; at += piece) {
		evbuffer_add(input, data + at, min_of(piece, size - at));
		while (step(r, &p, input))
			;
	}
	evbuffer_free(input);
	http_parser_finish(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading whole, bytes;

	read_in_pieces(&whole, data, size, size ? size : 1);
	read_in_pieces(&bytes, data, size, 1);
	fuzz_check(whole.failed == bytes.failed);
	fuzz_check(whole.refusal == bytes.refusal);
	if (!whole.failed) {
		size_t len = evbuffer_get_length(whole.text);
		fuzz_check(len == evbuffer_get_length(bytes.text));
		fuzz_check(len == 0 || memcmp(evbuffer_pullup(whole.text, -1),
					       evbuffer_pullup(bytes.text, -1), len) == 0);
	}
	evbuffer_free(whole.text);
	evbuffer_free(bytes.text);
	return 0;
}
