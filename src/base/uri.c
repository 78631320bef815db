/* base/uri.c - percent escapes, and the parts of a target. */
#include "base/uri.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return tolower((unsigned char)c) - 'a' + 10;
}

static bool is_escape(const char *s, size_t len)
{
	return len >= 3 && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]);
}

static bool escape_error(struct error *err, const char *s, size_t len)
{
	auto_free char *escape = xstrndup(s, min_of(len, (size_t)3));
	auto_strbuf struct strbuf quoted = STRBUF_INIT;

	strbuf_add_quoted(&quoted, escape);
	return error_set(err, ERROR_INVALID, "invalid URL escape %s", quoted.buf);
}

bool uri_decode(const char *s, size_t len, bool plus_is_blank, char **ret, struct error *err)
{
	auto_free char *text = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c == '%') {
			if (!is_escape(s + i, len - i))
				return escape_error(err, s + i, len - i);
			c = (char)(hex_value(s[i + 1]) << 4 | hex_value(s[i + 2]));
			i += 2;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		if (c == '\0')
			return error_set(err, ERROR_INVALID, "invalid URL: it contains a NUL byte");
		text[n++] = c;
	}
	text[n] = '\0';
	*ret = steal(text);
	return true;
}

/* The bytes of `extra`, letters and digits stay. */
static void encode(struct strbuf *sb, const char *s, const char *extra)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < 0x80 && isalnum(c)) || strchr(extra, c))
			strbuf_add_char(sb, *s);
		else
			strbuf_addf(sb, "%%%02X", c);
	}
}

void uri_encode_path(struct strbuf *sb, const char *s)
{
	encode(sb, s, "-_.~$&+,/:;=@");
}

/* Where the segment before the end of `clean` begins, its slash included. */
static size_t parent_of(const struct strbuf *clean)
{
	size_t len = clean->len;

	while (len > 0 && clean->buf[len - 1] != '/')
		len--;
	return len > 0 ? len - 1 : 0;
}

char *uri_clean_path(const char *path)
{
	auto_strbuf struct strbuf clean = STRBUF_INIT;
	bool ends_in_slash = *path && path[strlen(path) - 1] == '/';

	for (const char *at = path + strspn(path, "/"); *at; at += strspn(at, "/")) {
		size_t len = strcspn(at, "/");

		if (len == 2 && at[0] == '.' && at[1] == '.') {
			clean.len = parent_of(&clean);
			clean.buf[clean.len] = '\0';
		} else if (len != 1 || at[0] != '.') {
			strbuf_add_char(&clean, '/');
			strbuf_add(&clean, at, len);
		}
		at += len;
	}
	if (clean.len == 0 || ends_in_slash)
		strbuf_add_char(&clean, '/');
	return strcmp(clean.buf, path) == 0 ? NULL : strbuf_steal(&clean);
}

void uri_encode_query(struct strbuf *sb, const char *s)
{
	encode(sb, s, "-_.~");
}

static void param_finish(struct query_param *p)
{
	free(p->key);
	free(p->value);
}

static void truncate_params(struct query *q, size_t count)
{
	while (q->count > count)
		param_finish(&q->params[--q->count]);
}

/* Takes both. */
static void append_param(struct query *q, char *key, char *value)
{
	array_reserve(q->params, q->count, q->cap);
	q->params[q->count++] = (struct query_param){ key, value };
}

static bool parse_param(struct query *q, const char *s, size_t len, struct error *err)
{
	const char *equals = memchr(s, '=', len);
	size_t key_len = equals ? (size_t)(equals - s) : len;
	const char *value_text = equals ? equals + 1 : s + len;
	auto_free char *key = NULL;
	char *value;

	if (q->count >= QUERY_MAX_PARAMS)
		return error_set(
			err, ERROR_TOO_LARGE, "more than %d query parameters", QUERY_MAX_PARAMS);
	if (!uri_decode(s, key_len, true, &key, err) ||
		!uri_decode(value_text, (size_t)(s + len - value_text), true, &value, err))
		return false;
	append_param(q, steal(key), value);
	return true;
}

bool query_parse(struct query *q, const char *s, size_t len, struct error *err)
{
	const char *end = s + len;
	size_t count = q->count;

	while (s < end) {
		const char *ampersand = memchr(s, '&', (size_t)(end - s));
		const char *part_end = ampersand ? ampersand : end;

		if (part_end > s && !parse_param(q, s, (size_t)(part_end - s), err)) {
			truncate_params(q, count);
			return false;
		}
		s = ampersand ? ampersand + 1 : end;
	}
	return true;
}

void query_finish(struct query *q)
{
	truncate_params(q, 0);
	free(q->params);
	*q = QUERY_INIT;
}

void query_copy(struct query *to, const struct query *from)
{
	for (size_t i = 0; i < from->count; i++)
		append_param(to, xstrdup(from->params[i].key), xstrdup(from->params[i].value));
}

static size_t find_index(const struct query *q, const char *key, size_t start)
{
	size_t i = start;

	while (i < q->count && strcmp(q->params[i].key, key) != 0)
		i++;
	return i;
}

static void remove_from(struct query *q, const char *key, size_t start)
{
	size_t kept = start;

	for (size_t i = start; i < q->count; i++) {
		if (strcmp(q->params[i].key, key) == 0)
			param_finish(&q->params[i]);
		else
			q->params[kept++] = q->params[i];
	}
	q->count = min_of(q->count, kept);
}

const char *query_get(const struct query *q, const char *key)
{
	size_t i = find_index(q, key, 0);

	return i < q->count ? q->params[i].value : NULL;
}

void query_set(struct query *q, const char *key, const char *value)
{
	size_t i = find_index(q, key, 0);
	char *copy = xstrdup(value); /* it may be one of the values that go */

	if (i == q->count) {
		append_param(q, xstrdup(key), copy);
		return;
	}
	free(q->params[i].value);
	q->params[i].value = copy;
	remove_from(q, key, i + 1);
}

void query_remove(struct query *q, const char *key)
{
	remove_from(q, key, 0);
}

void query_format(const struct query *q, struct strbuf *sb)
{
	for (size_t i = 0; i < q->count; i++) {
		if (i > 0)
			strbuf_add_char(sb, '&');
		uri_encode_query(sb, q->params[i].key);
		strbuf_add_char(sb, '=');
		uri_encode_query(sb, q->params[i].value);
	}
}
