/* base/base64.c - three bytes and four characters at a time. */
#include "base/base64.h"

#include <stdint.h>

enum { PAD = 64 };
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

void base64_encode(struct strbuf *sb, const void *data, size_t len)
{
	const uint8_t *in = data;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = min_of(len - i, (size_t)3);
		uint32_t bits = (uint32_t)in[i] << 16;

		bits |= n > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		bits |= n > 2 ? in[i + 2] : 0;
		strbuf_add_char(sb, alphabet[bits >> 18]);
		strbuf_add_char(sb, alphabet[bits >> 12 & 63]);
		strbuf_add_char(sb, alphabet[n > 1 ? bits >> 6 & 63 : PAD]);
		strbuf_add_char(sb, alphabet[n > 2 ? bits & 63 : PAD]);
	}
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool decode_group(struct strbuf *sb, const char *text, size_t padding)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - padding ? digit(text[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	if (bits & ((1U << 8 * padding) - 1))
		return false;
	for (size_t i = 0; i < 3 - padding; i++)
		strbuf_add_char(sb, (char)(bits >> (16 - 8 * i)));
	return true;
}

static size_t padding_of(const char *text, size_t len)
{
	if (len == 0 || text[len - 1] != '=')
		return 0;
	return text[len - 2] == '=' ? 2 : 1;
}

static void truncate_text(struct strbuf *sb, size_t len)
{
	if (sb->cap > 0) {
		sb->len = len;
		sb->buf[len] = '\0';
	}
}

bool base64_decode(struct strbuf *sb, const char *text, size_t len)
{
	size_t before = sb->len;
	size_t padding;

	if (len % 4 != 0)
		return false;
	padding = padding_of(text, len);
	for (size_t i = 0; i < len; i += 4) {
		if (!decode_group(sb, text + i, i + 4 == len ? padding : 0)) {
			truncate_text(sb, before);
			return false;
		}
	}
	return true;
}
