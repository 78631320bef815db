/* base/strbuf.c - room doubles, up to the ceiling. */
#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

/* cap == 0 means that buf is this (or NULL in zeroed memory) and nothing is owned yet. */
char strbuf_empty[1];

#define SMALLEST_CAP 64

void strbuf_init(struct strbuf *sb, size_t max)
{
	*sb = STRBUF_INIT;
	sb->max = max;
}

void strbuf_finish(struct strbuf *sb)
{
	if (sb->cap)
		free(sb->buf);
	strbuf_init(sb, sb->max);
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->overflow = false;
	if (sb->cap)
		sb->buf[0] = '\0';
}

/* Room for `need` bytes with the NUL; by doubling, so that adding stays linear. */
static void grow(struct strbuf *sb, size_t need)
{
	size_t cap = max_of(sb->cap * 2, (size_t)SMALLEST_CAP);

	cap = max_of(cap, need);
	if (sb->max)
		cap = min_of(cap, sb->max + 1);
	sb->buf = sb->cap ? xrealloc(sb->buf, cap) : xmalloc(cap);
	sb->cap = cap;
}

bool strbuf_reserve(struct strbuf *sb, size_t extra)
{
	if (sb->overflow)
		return false;
	if (extra < sb->cap - sb->len)
		return true;
	if (extra > SIZE_MAX - sb->len - 1 || (sb->max && extra > sb->max - sb->len)) {
		sb->overflow = true;
		return false;
	}
	grow(sb, sb->len + extra + 1);
	return true;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (len == 0 || !strbuf_reserve(sb, len))
		return;
	memcpy(sb->buf + sb->len, data, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
}

void strbuf_add_str(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_add_char(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	size_t room = sb->cap - sb->len;

	if (sb->overflow)
		return;
	va_copy(again, ap);
	int len = vsnprintf(room ? sb->buf + sb->len : NULL, room, fmt, ap);
	if (len > 0 && (size_t)len < room) {
		sb->len += (size_t)len;
	} else if (len > 0) {
		if (room)
			sb->buf[sb->len] = '\0';
		if (strbuf_reserve(sb, (size_t)len)) {
			vsnprintf(sb->buf + sb->len, (size_t)len + 1, fmt, again);
			sb->len += (size_t)len;
		}
	}
	va_end(again);
}

/* Bytes that stand for themselves in a JSON string. */
static const bool json_plain[256] = {
	[' ' ... '!'] = true,
	['#' ... '%'] = true,
	['\'' ... ';'] = true,
	['='] = true,
	['?' ... '['] = true,
	[']' ... 0x7f] = true,
};

static void add_json_ascii(struct strbuf *sb, unsigned char c)
{
	static const char short_form[128] = {
		['"'] = '"',
		['\\'] = '\\',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't',
		['\b'] = 'b',
		['\f'] = 'f',
	};

	if (short_form[c])
		strbuf_add(sb, (char[]){ '\\', short_form[c] }, 2);
	else
		strbuf_addf(sb, "\\u%04x", c);
}

/* Anything that is not plain: one escape, or one code point.  Returns the bytes eaten. */
static size_t add_json_special(struct strbuf *sb, const char *s, size_t len)
{
	uint32_t code = 0;
	size_t n = utf8_decode(s, len, &code);

	if (n == 0) { /* JSON is UTF-8; Go's encoder replaces what is not, too */
		strbuf_add(sb, "\\ufffd", 6);
		return 1;
	}
	if (n == 1)
		add_json_ascii(sb, (unsigned char)code);
	else if (code == 0x2028 || code == 0x2029) /* line ends in JavaScript */
		strbuf_addf(sb, "\\u%04x", code);
	else
		strbuf_add(sb, s, n);
	return n;
}

void strbuf_add_json_str(struct strbuf *sb, const char *s, size_t len)
{
	size_t i = 0;

	strbuf_add_char(sb, '"');
	while (i < len) {
		size_t start = i;

		while (i < len && json_plain[(unsigned char)s[i]])
			i++;
		strbuf_add(sb, s + start, i - start);
		if (i < len)
			i += add_json_special(sb, s + i, len - i);
	}
	strbuf_add_char(sb, '"');
}

static void add_escape(struct strbuf *sb, unsigned char c)
{
	static const char short_form[128] = {
		['"'] = '"',
		['\\'] = '\\',
		['\a'] = 'a',
		['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't',
		['\v'] = 'v',
	};

	if (c < 128 && short_form[c])
		strbuf_add(sb, (char[]){ '\\', short_form[c] }, 2);
	else
		strbuf_addf(sb, "\\x%02x", c);
}

/* What no reader sees, and what turns the direction of the text around it. */
static bool is_format(uint32_t code)
{
	return code == 0xad || code == 0x61c || code == 0x180e ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe0fff);
}

static bool is_line_safe(uint32_t code, size_t n)
{
	if (n == 1)
		return code >= ' ' && code != 0x7f;
	return code >= 0xa0 && !is_format(code);
}

/* special: ASCII that is escaped, too. */
static void add_safe(struct strbuf *sb, const char *s, const char *special)
{
	size_t len = strlen(s);

	while (len) {
		uint32_t code = 0;
		size_t n = utf8_decode(s, len, &code);

		if (n && is_line_safe(code, n) && !strchr(special, *s))
			strbuf_add(sb, s, n);
		else if (n > 1)
			strbuf_addf(sb, "\\u%04x", code);
		else
			add_escape(sb, (unsigned char)*s);
		n = max_of(n, (size_t)1);
		s += n;
		len -= n;
	}
}

void strbuf_add_escaped(struct strbuf *sb, const char *s)
{
	add_safe(sb, s, "\"\\");
}

void strbuf_add_visible(struct strbuf *sb, const char *s)
{
	add_safe(sb, s, "");
}

void strbuf_add_quoted(struct strbuf *sb, const char *s)
{
	strbuf_add_char(sb, '"');
	strbuf_add_escaped(sb, s);
	strbuf_add_char(sb, '"');
}

char *strbuf_steal(struct strbuf *sb)
{
	char *text = sb->cap ? sb->buf : xstrdup("");

	strbuf_init(sb, sb->max);
	return text;
}
