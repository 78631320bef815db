/*
 * base/json_pieces.h - a JSON document of any length, read by pieces as its bytes come.
 *
 * Arrays and objects that are opened are told element by element and member by member, each as a
 * small document that lives until the next is asked for; all else comes whole.  So what is held is
 * one piece, and the reader may rest between any two.  A piece that is no JSON, is too large, has
 * more than JSON_MAX_REQUEST_VALUES names and values, or lies deeper than JSON_MAX_DEPTH is an
 * error; so is all that makes the document none.
 */
#pragma once

#include "base/json.h"
#include "base/json_scan.h"

enum json_pieces_turn {
	JSON_PIECES_MORE, /* when more bytes are there */
	JSON_PIECES_PIECE,
	JSON_PIECES_END,
	JSON_PIECES_FAILED, /* and is not to be asked again */
};

struct json_piece {
	/* The opened array or object in which it stands, as it is called in `open`; "": the
	 * document's own; NULL: it is the document itself. */
	const char *in;
	const char *name; /* in an object; NULL: an element, or the document */
	size_t name_len;
	yyjson_val *value; /* NULL: an array or object is opened, and its parts follow */
	size_t values;     /* names and values in it */
	bool is_array;     /* ... an array */
};

enum json_pieces_state {
	JSON_AT_VALUE,       /* one must come */
	JSON_AT_FIRST_VALUE, /* ... or the end of the array */
	JSON_AT_NAME,
	JSON_AT_FIRST_NAME,
	JSON_AT_COLON,
	JSON_AT_NEXT, /* a comma, or the end of what is open */
	JSON_IN_NAME,
	JSON_IN_VALUE,
	JSON_AT_END,
};

enum { JSON_PIECES_LEVELS = 4 };

struct json_pieces {
	const char *const *open; /* borrowed */
	size_t max_bytes;

	/* Private. */
	enum json_pieces_state state;
	struct {
		const char *path;
		bool is_array;
	} levels[JSON_PIECES_LEVELS]; /* of what is open */
	size_t depth;
	struct json_scan scan;
	struct strbuf held;       /* the beginning of a name or value */
	yyjson_doc *name, *value; /* owned; those of the piece told last */
	uint64_t offset;          /* bytes read */
};

/*
 * The document's own array or object is always opened.  `open` (NULL, or its last row is NULL)
 * names what else is, if it is an array or object: "Volumes", and "Usage.Items" when "Usage" is
 * there too.  A piece has max_bytes at most.
 */
void json_pieces_init(struct json_pieces *p, const char *const *open, size_t max_bytes);
/* Takes bytes from the front, up to the end of the next piece.  ended: there are no more than
 * these. */
enum json_pieces_turn json_pieces_next(struct json_pieces *p, const char **text, size_t *len,
	bool ended, struct json_piece *ret, struct error *err);
/* Zeroed memory is fine. */
void json_pieces_finish(struct json_pieces *p);
