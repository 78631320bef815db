/*
 * base/strbuf.h - text that grows, with a ceiling.
 *
 * `buf` is always a valid C string.  Passing the ceiling does not fail at once: the buffer
 * stops growing and remembers it in `overflow`, which the owner looks at when done.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct strbuf {
	char *buf; /* owned; NUL-terminated */
	size_t len;
	size_t cap;
	size_t max; /* ceiling in bytes; 0 = none */
	bool overflow;
};

void strbuf_init(struct strbuf *sb, size_t max);
void strbuf_finish(struct strbuf *sb);
void strbuf_reset(struct strbuf *sb); /* empty, memory kept */
void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_add_str(struct strbuf *sb, const char *s);
void strbuf_add_char(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) printf_like(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap) printf_like(2, 0);
/* As a JSON string with quotes; <, > and & become \u003c etc., as Docker clients are used to. */
void strbuf_add_json_str(struct strbuf *sb, const char *s, size_t len);
/* Take the text out (caller frees); the buffer is empty and usable afterwards. */
char *strbuf_steal(struct strbuf *sb) must_check;

#define auto_strbuf __attribute__((cleanup(strbuf_finish)))
#define STRBUF_INIT ((struct strbuf){ .buf = NULL })
