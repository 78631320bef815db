/* base/utf8.c - a table of lengths and a check of each byte. */
#include "base/utf8.h"

#include <stdbool.h>

/* How long the sequence is that starts with this byte, and the bits the byte itself gives. */
static size_t lead_byte(unsigned char c, uint32_t *ret_bits)
{
	size_t len = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 4;

	if (len == 4 && (c & 0xf8) != 0xf0)
		return 0;
	*ret_bits = len == 1 ? c : c & (0x7f >> len);
	return len;
}

static bool is_allowed(uint32_t code, size_t len)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= smallest[len] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

size_t utf8_decode(const char *s, size_t len, uint32_t *ret_code)
{
	uint32_t code = 0;
	size_t n = len ? lead_byte((unsigned char)s[0], &code) : 0;

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c & 0x3f);
	}
	if (!is_allowed(code, n))
		return 0;
	*ret_code = code;
	return n;
}
