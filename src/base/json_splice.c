/* base/json_splice.c - places found through what the parser has kept of the text. */
#include "base/json_splice.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"

struct json_change {
	size_t at, len; /* what goes, of the text */
	size_t from, n; /* what comes, of the new texts */
};

void json_splice_init(struct json_splice *s, yyjson_doc *doc, const char *text, size_t len)
{
	assert(doc);
	*s = (struct json_splice){ .doc = doc, .text = text, .len = len, .news = STRBUF_INIT };
}

void json_splice_finish(struct json_splice *s)
{
	free(steal(s->changes));
	strbuf_finish(&s->news);
}

/* --- places --- */

/* Of the quote that ends a string. */
static size_t find_quote(const struct json_splice *s, size_t at)
{
	while (at < s->len && s->text[at] != '"')
		at += s->text[at] == '\\' ? 2 : 1;
	return at;
}

/* Of the quotes around it.  The parser copies the text and takes escapes out of strings where they
 * stand: so a string of its begins where it begins in the text, and one without escapes is the same
 * there.  That is looked at, not believed. */
static bool find_str(
	const struct json_splice *s, yyjson_val *str, size_t *ret_open, size_t *ret_close)
{
	const char *copy = yyjson_get_str(str);
	size_t at, len = yyjson_get_len(str);

	if (!copy || !s->doc->str_pool)
		return false;
	at = (uintptr_t)copy - (uintptr_t)s->doc->str_pool;
	if (at == 0 || at >= s->len || s->text[at - 1] != '"')
		return false;
	*ret_open = at - 1;
	*ret_close = find_quote(s, at);
	if (*ret_close >= s->len || *ret_close - at < len)
		return false;
	return *ret_close - at > len || memcmp(s->text + at, copy, len) == 0;
}

static size_t skip_space(const struct json_splice *s, size_t at)
{
	while (at < s->len && strchr(" \t\r\n", s->text[at]) && s->text[at])
		at++;
	return at;
}

static yyjson_val *last_member(yyjson_val *obj)
{
	yyjson_val *key, *value, *last = NULL;
	size_t i, max;

	yyjson_obj_foreach(obj, i, max, key, value)
	{
		last = value;
	}
	return last;
}

/* Behind its brace. */
static bool find_end(const struct json_splice *s, yyjson_val *obj, size_t *ret_end)
{
	size_t open, at;

	if (!find_str(s, last_member(obj), &open, &at))
		return false;
	at = skip_space(s, at + 1);
	*ret_end = at + 1;
	return at < s->len && s->text[at] == '}';
}

/* Behind the brace that opens it, and the space that follows. */
static bool find_start(
	const struct json_splice *s, yyjson_val *key, yyjson_val *obj, size_t *ret_start)
{
	size_t open = 0, close = 0;
	yyjson_obj_iter iter;

	if (yyjson_obj_iter_init(obj, &iter) && yyjson_obj_iter_has_next(&iter))
		return find_str(s, yyjson_obj_iter_next(&iter), ret_start, &close);
	if (!find_str(s, key, &open, &close))
		return false;
	open = skip_space(s, skip_space(s, close + 1) + 1); /* the colon */
	*ret_start = open + 1;
	return open < s->len && s->text[open] == '{';
}

/* --- changes --- */

static void add_change(struct json_splice *s, size_t at, size_t len, size_t from)
{
	array_reserve(s->changes, s->count, s->cap);
	s->changes[s->count++] = (struct json_change){
		.at = at,
		.len = len,
		.from = from,
		.n = s->news.len - from,
	};
}

void json_splice_set_str(struct json_splice *s, yyjson_val *str, const char *to)
{
	size_t from = s->news.len, open = 0, close = 0;

	if (!find_str(s, str, &open, &close)) {
		s->failed = true;
		return;
	}
	strbuf_add_json_str(&s->news, to, strlen(to));
	add_change(s, open, close + 1 - open, from);
}

void json_splice_remove(struct json_splice *s, yyjson_val *before, yyjson_val *element)
{
	size_t start = 0, end = 0;

	if (!find_end(s, before, &start) || !find_end(s, element, &end) || start >= end)
		s->failed = true;
	else
		add_change(s, start, end - start, s->news.len);
}

void json_splice_put_first(
	struct json_splice *s, yyjson_val *key, yyjson_val *obj, const struct strbuf *members)
{
	size_t from = s->news.len, start = 0;

	if (!find_start(s, key, obj, &start)) {
		s->failed = true;
		return;
	}
	strbuf_add(&s->news, members->buf, members->len);
	if (yyjson_obj_size(obj) > 0)
		strbuf_add_char(&s->news, ',');
	add_change(s, start, 0, from);
}

void json_splice_put_last(struct json_splice *s, const struct strbuf *members)
{
	yyjson_val *root = yyjson_doc_get_root(s->doc);
	size_t from = s->news.len, end = s->len;

	assert(yyjson_is_obj(root));
	while (end > 0 && s->text[end - 1] != '}')
		end--;
	if (end == 0) {
		s->failed = true;
		return;
	}
	if (yyjson_obj_size(root) > 0)
		strbuf_add_char(&s->news, ',');
	strbuf_add(&s->news, members->buf, members->len);
	add_change(s, end - 1, 0, from);
}

/* --- the new text --- */

static int compare_places(const void *a, const void *b)
{
	const struct json_change *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

bool json_splice_write(struct json_splice *s, struct strbuf *to, struct error *err)
{
	size_t done = 0;

	if (s->failed)
		return error_set(err, ERROR_PROTOCOL, "a document does not stand as it was read");
	if (s->count)
		qsort(s->changes, s->count, sizeof(*s->changes), compare_places);
	strbuf_reserve(to, s->len + s->news.len);
	for (size_t i = 0; i < s->count; i++) {
		const struct json_change *c = &s->changes[i];

		if (c->at < done)
			continue; /* in something that goes as a whole */
		strbuf_add(to, s->text + done, c->at - done);
		strbuf_add(to, s->news.buf + c->from, c->n);
		done = c->at + c->len;
	}
	strbuf_add(to, s->text + done, s->len - done);
	return true;
}
