/* The pieces of a document are those that the parser of the whole sees; it is told of an error by
 * both, or by none.  The first byte says in which steps the rest comes. */
#include <string.h>

#include "base/json_pieces.h"
#include "fuzz.h"

static const char *const opened[] = { "V", "U", "U.Items", NULL };

/* The document of the pieces; where an array or object is opened it is put in empty. */
struct rebuilt {
	yyjson_mut_doc *doc;
	yyjson_mut_val *levels[JSON_PIECES_LEVELS + 1]; /* the last one of each path's depth */
};

static size_t depth_of(const char *in)
{
	size_t depth = 1;

	if (!in || !*in)
		return in != NULL;
	for (depth++; *in; in++)
		depth += *in == '.';
	return depth;
}

static void put(struct rebuilt *r, const struct json_piece *piece)
{
	size_t depth = depth_of(piece->in);
	yyjson_mut_val *val = piece->value      ? yyjson_val_mut_copy(r->doc, piece->value)
			      : piece->is_array ? yyjson_mut_arr(r->doc)
						: yyjson_mut_obj(r->doc);

	if (!piece->value)
		r->levels[depth] = val;
	if (!piece->in)
		yyjson_mut_doc_set_root(r->doc, val);
	else if (piece->name)
		yyjson_mut_obj_add(r->levels[depth - 1],
			yyjson_mut_strncpy(r->doc, piece->name, piece->name_len), val);
	else
		yyjson_mut_arr_append(r->levels[depth - 1], val);
}

static bool rebuild(struct rebuilt *r, const char *text, size_t left, size_t step)
{
	struct json_pieces p;
	struct json_piece piece;
	size_t there = 0;
	enum json_pieces_turn turn = JSON_PIECES_MORE;

	json_pieces_init(&p, opened, 0);
	while (turn == JSON_PIECES_MORE || turn == JSON_PIECES_PIECE) {
		if (turn == JSON_PIECES_MORE) {
			fuzz_check(there == 0);
			there = min_of(step, left);
			left -= there;
		}
		turn = json_pieces_next(&p, &text, &there, left == 0, &piece, NULL);
		if (turn == JSON_PIECES_PIECE)
			put(r, &piece);
	}
	json_pieces_finish(&p);
	return turn == JSON_PIECES_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	auto_json yyjson_doc *whole = NULL;
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	struct rebuilt r = { .doc = doc };
	auto_strbuf struct strbuf expected = STRBUF_INIT, got = STRBUF_INIT;

	if (size == 0)
		return 0;
	whole = json_parse(text, size - 1, NULL);
	fuzz_check(rebuild(&r, text, size - 1, (size_t)data[0] + 1) == (whole != NULL));
	if (!whole)
		return 0;
	json_write(&expected, yyjson_doc_get_root(whole));
	json_mut_write(&got, yyjson_mut_doc_get_root(doc));
	fuzz_check(expected.len == got.len && memcmp(expected.buf, got.buf, got.len) == 0);
	return 0;
}
