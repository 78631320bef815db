/* base/json_pieces.c - a machine of states over what is open; all inside a piece is yyjson's. */
#include "base/json_pieces.h"

#include <assert.h>
#include <string.h>

void json_pieces_init(struct json_pieces *p, const char *const *open, size_t max_bytes)
{
	*p = (struct json_pieces){
		.open = open,
		.max_bytes = max_bytes,
		.state = JSON_AT_VALUE,
		.held = STRBUF_INIT,
	};
}

static void drop_value(struct json_pieces *p)
{
	yyjson_doc_free(p->value);
	p->value = NULL;
}

static void drop_name(struct json_pieces *p)
{
	yyjson_doc_free(p->name);
	p->name = NULL;
}

void json_pieces_finish(struct json_pieces *p)
{
	drop_value(p);
	drop_name(p);
	strbuf_finish(&p->held);
}

/* --- what is open --- */

static const char *name_of(const struct json_pieces *p, size_t *ret_len)
{
	yyjson_val *name = yyjson_doc_get_root(p->name);

	*ret_len = yyjson_get_len(name);
	return yyjson_get_str(name);
}

/* "Items" in "Usage" is called "Usage.Items". */
static bool is_called(const char *path, const char *in, const char *name, size_t len)
{
	size_t in_len = strlen(in);

	if (in_len) {
		if (strncmp(path, in, in_len) != 0 || path[in_len] != '.')
			return false;
		path += in_len + 1;
	}
	return strlen(path) == len && memcmp(path, name, len) == 0 && !memchr(name, '.', len);
}

/* What the value that begins is called in `open`; NULL when it comes whole. */
static const char *find_open(const struct json_pieces *p)
{
	const char *name;
	size_t len;

	if (p->depth == 0)
		return "";
	if (!p->name || !p->open)
		return NULL;
	name = name_of(p, &len);
	for (const char *const *row = p->open; *row; row++) {
		if (is_called(*row, p->levels[p->depth - 1].path, name, len))
			return *row;
	}
	return NULL;
}

static void tell(const struct json_pieces *p, size_t depth, struct json_piece *ret)
{
	*ret = (struct json_piece){ .in = depth ? p->levels[depth - 1].path : NULL };
	if (p->name)
		ret->name = name_of(p, &ret->name_len);
	ret->value = yyjson_doc_get_root(p->value);
	ret->values = yyjson_doc_get_val_count(p->value);
}

static enum json_pieces_turn open_level(
	struct json_pieces *p, const char *path, bool is_array, struct json_piece *ret)
{
	assert(p->depth < JSON_PIECES_LEVELS);
	tell(p, p->depth, ret);
	ret->is_array = is_array;
	p->levels[p->depth].path = path;
	p->levels[p->depth].is_array = is_array;
	p->depth++;
	p->state = is_array ? JSON_AT_FIRST_VALUE : JSON_AT_FIRST_NAME;
	return JSON_PIECES_PIECE;
}

static void close_level(struct json_pieces *p)
{
	p->depth--;
	p->state = p->depth ? JSON_AT_NEXT : JSON_AT_END;
}

/* --- names and values --- */

static enum json_pieces_turn refuse(
	const struct json_pieces *p, const char *what, struct error *err)
{
	error_set(err, ERROR_INVALID, "invalid JSON at byte %llu: %s",
		(unsigned long long)p->offset, what);
	return JSON_PIECES_FAILED;
}

static bool is_bounded(const struct json_pieces *p, struct error *err)
{
	if (p->held.overflow)
		return error_set(err, ERROR_TOO_LARGE,
			"invalid JSON: a part of more than %zu bytes", p->max_bytes);
	if (p->scan.values > JSON_MAX_REQUEST_VALUES)
		return error_set(err, ERROR_TOO_LARGE,
			"invalid JSON: a part of more than %d names and values",
			JSON_MAX_REQUEST_VALUES);
	if (p->depth + p->scan.depth > JSON_MAX_DEPTH)
		return error_set(err, ERROR_TOO_LARGE, "invalid JSON: nested deeper than %d",
			JSON_MAX_DEPTH);
	return true;
}

static yyjson_doc *parse_held(const struct json_pieces *p, struct error *err)
{
	yyjson_doc *doc = json_parse(p->held.buf, p->held.len, err);

	if (!doc)
		error_wrap(err, "in the %zu bytes before byte %llu", p->held.len,
			(unsigned long long)p->offset);
	return doc;
}

static void begin_text(struct json_pieces *p, enum json_pieces_state state)
{
	p->scan = (struct json_scan){ 0 };
	strbuf_reset(&p->held);
	p->held.max = p->max_bytes;
	p->state = state;
}

static enum json_pieces_turn value_ended(
	struct json_pieces *p, struct json_piece *ret, struct error *err)
{
	p->value = parse_held(p, err);
	if (!p->value)
		return JSON_PIECES_FAILED;
	tell(p, p->depth, ret);
	p->state = p->depth ? JSON_AT_NEXT : JSON_AT_END;
	return JSON_PIECES_PIECE;
}

static enum json_pieces_turn name_ended(struct json_pieces *p, struct error *err)
{
	p->name = parse_held(p, err);
	p->state = JSON_AT_COLON;
	return p->name ? JSON_PIECES_MORE : JSON_PIECES_FAILED;
}

static void take(struct json_pieces *p, const char **text, size_t *len, size_t count)
{
	*text += count;
	*len -= count;
	p->offset += count;
}

/* MORE: it goes on, or a name is complete. */
static enum json_pieces_turn take_text(struct json_pieces *p, const char **text, size_t *len,
	bool no_more, struct json_piece *ret, struct error *err)
{
	bool ended;
	size_t count = json_scan_run(&p->scan, *text, *len, &ended);

	strbuf_add(&p->held, *text, count);
	take(p, text, len, count);
	if (!is_bounded(p, err))
		return JSON_PIECES_FAILED;
	/* nothing but the end of all ends a number that is the whole document */
	if (!ended && !(no_more && *len == 0))
		return JSON_PIECES_MORE;
	return p->state == JSON_IN_NAME ? name_ended(p, err) : value_ended(p, ret, err);
}

/* --- between them --- */

static enum json_pieces_turn begin_value(
	struct json_pieces *p, const char **text, size_t *len, struct json_piece *ret)
{
	bool is_array = **text == '[';
	const char *path = is_array || **text == '{' ? find_open(p) : NULL;

	if (!path) {
		begin_text(p, JSON_IN_VALUE);
		return JSON_PIECES_MORE;
	}
	take(p, text, len, 1);
	return open_level(p, path, is_array, ret);
}

static bool is_end_of_level(const struct json_pieces *p, char c)
{
	return p->depth && c == (p->levels[p->depth - 1].is_array ? ']' : '}');
}

static bool begins_value(char c)
{
	return c && strchr("\"[{-0123456789tfn", c);
}

/* A byte that stands between names and values.  MORE: go on. */
static enum json_pieces_turn take_mark(struct json_pieces *p, const char **text, size_t *len,
	struct json_piece *ret, struct error *err)
{
	char c = **text;
	bool ends = is_end_of_level(p, c);

	switch (p->state) {
	case JSON_AT_FIRST_VALUE:
		if (ends)
			break;
		__attribute__((fallthrough));
	case JSON_AT_VALUE:
		return begins_value(c) ? begin_value(p, text, len, ret)
				       : refuse(p, "expected a value", err);
	case JSON_AT_FIRST_NAME:
		if (ends)
			break;
		__attribute__((fallthrough));
	case JSON_AT_NAME:
		if (c != '"')
			return refuse(p, "expected a name", err);
		begin_text(p, JSON_IN_NAME);
		return JSON_PIECES_MORE;
	case JSON_AT_COLON:
		if (c != ':')
			return refuse(p, "expected a colon", err);
		p->state = JSON_AT_VALUE;
		take(p, text, len, 1);
		return JSON_PIECES_MORE;
	case JSON_AT_NEXT:
		if (ends)
			break;
		if (c != ',')
			return refuse(p, "expected a comma or an end", err);
		p->state = p->levels[p->depth - 1].is_array ? JSON_AT_VALUE : JSON_AT_NAME;
		take(p, text, len, 1);
		return JSON_PIECES_MORE;
	case JSON_AT_END: return refuse(p, "more than one value", err);
	case JSON_IN_NAME:
	case JSON_IN_VALUE: assert(false);
	}
	take(p, text, len, 1);
	close_level(p);
	return JSON_PIECES_MORE;
}

static void skip_space(struct json_pieces *p, const char **text, size_t *len)
{
	size_t i = 0;

	while (i < *len && ((*text)[i] == ' ' || (*text)[i] == '\n' || (*text)[i] == '\r' ||
				   (*text)[i] == '\t'))
		i++;
	take(p, text, len, i);
}

/* The piece told last has been used. */
static void forget_piece(struct json_pieces *p)
{
	if (p->state != JSON_AT_COLON && p->state != JSON_AT_VALUE && p->state != JSON_IN_VALUE)
		drop_name(p);
	drop_value(p);
}

enum json_pieces_turn json_pieces_next(struct json_pieces *p, const char **text, size_t *len,
	bool ended, struct json_piece *ret, struct error *err)
{
	enum json_pieces_turn turn = JSON_PIECES_MORE;

	forget_piece(p);
	while (turn == JSON_PIECES_MORE) {
		bool in_text = p->state == JSON_IN_NAME || p->state == JSON_IN_VALUE;

		if (!in_text)
			skip_space(p, text, len);
		if (*len == 0 && !ended)
			return JSON_PIECES_MORE;
		if (*len == 0 && p->state == JSON_AT_END)
			return JSON_PIECES_END;
		if (*len == 0 && !in_text)
			return refuse(p, "it ends in the middle", err);
		turn = in_text ? take_text(p, text, len, ended, ret, err)
			       : take_mark(p, text, len, ret, err);
	}
	return turn;
}
