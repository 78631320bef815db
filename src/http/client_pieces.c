/* http/client_pieces.c - an answer in JSON, taken out of the call while it comes. */
#include "base/json_pieces.h"
#include "http/client_private.h"

enum { MAX_BYTES = 64 * 1024 * 1024 };

static bool is_too_large(const struct call *c, const struct json_pieces *p)
{
	return p->offset > (c->max_body ? c->max_body : MAX_BYTES);
}

/* Of what lies in one piece of memory. */
static enum json_pieces_turn take_next(
	struct call *c, struct json_pieces *p, struct json_piece *ret, struct error *err)
{
	struct evbuffer_iovec part = { 0 };

	evbuffer_peek(c->in, -1, NULL, &part, 1);

	bool is_last = c->done && part.iov_len == evbuffer_get_length(c->in);
	const char *text = part.iov_base;
	size_t len = part.iov_len;
	enum json_pieces_turn turn = json_pieces_next(p, &text, &len, is_last, ret, err);

	evbuffer_drain(c->in, part.iov_len - len);
	return turn;
}

enum json_pieces_turn call_next_piece(
	struct call *c, struct json_pieces *p, struct json_piece *ret, struct error *err)
{
	enum json_pieces_turn turn = JSON_PIECES_MORE;
	bool ended;

	if (error_is_set(&c->err)) {
		error_copy(err, &c->err);
		return JSON_PIECES_FAILED;
	}
	do {
		ended = c->done;
		turn = take_next(c, p, ret, err);
	} while (turn == JSON_PIECES_MORE && (evbuffer_get_length(c->in) > 0 || ended));
	if (turn == JSON_PIECES_FAILED) {
		error_wrap(err, "invalid answer");
		err->code = ERROR_PROTOCOL;
	} else if (is_too_large(c, p)) {
		error_set(err, ERROR_TOO_LARGE, "answer is too large");
		return JSON_PIECES_FAILED;
	}
	if (turn == JSON_PIECES_MORE)
		call_resume(c);
	return turn;
}
