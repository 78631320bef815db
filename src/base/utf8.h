/*
 * base/utf8.h - one code point at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes of the code point at the start of s (1 to 4), or 0 when there is none: empty, cut short,
 * overlong, a surrogate, or beyond U+10FFFF. */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret_code);
