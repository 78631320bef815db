/*
 * base/strbuf.h - text that grows, with a ceiling.
 *
 * `buf` is always a valid C string.  Passing the ceiling does not fail at once: the buffer
 * stops growing and remembers it in `overflow`, which the owner looks at when done: the piece that
 * did not fit and all that follow are left out whole.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct strbuf {
	char *buf; /* NUL-terminated; owned when cap > 0, else shared and empty */
	size_t len;
	size_t cap;
	size_t max; /* ceiling in bytes; 0 = none */
	bool overflow;
};

void strbuf_init(struct strbuf *sb, size_t max);
void strbuf_finish(struct strbuf *sb);
void strbuf_reset(struct strbuf *sb); /* empty, memory kept */
/* Room for `extra` more bytes at buf + len; false (and overflow) when the ceiling is passed. */
bool strbuf_reserve(struct strbuf *sb, size_t extra);
void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_add_str(struct strbuf *sb, const char *s);
void strbuf_add_char(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) printf_like(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap) printf_like(2, 0);
/* As a JSON string with quotes; <, > and & become \u003c etc., as Docker clients are used to;
 * bytes that are not UTF-8 become U+FFFD. */
void strbuf_add_json_str(struct strbuf *sb, const char *s, size_t len);
/* For logs and messages: quotes, backslashes, control characters, those that are not seen or turn
 * the direction of the text, and what is not UTF-8 become \", \\, \n, \x1b, \u0085, \u202e. */
void strbuf_add_escaped(struct strbuf *sb, const char *s);
/* For terminals: the same, but quotes and backslashes stay. */
void strbuf_add_visible(struct strbuf *sb, const char *s);
/* The same between double quotes, as Go's %q. */
void strbuf_add_quoted(struct strbuf *sb, const char *s);
/* Take the text out (caller frees); the buffer is empty and usable afterwards. */
char *strbuf_steal(struct strbuf *sb) must_check;

extern char strbuf_empty[1];

#define auto_strbuf __attribute__((cleanup(strbuf_finish)))
#define STRBUF_INIT ((struct strbuf){ .buf = strbuf_empty })
