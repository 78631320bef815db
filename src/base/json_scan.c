/* base/json_scan.c - a walk over the bytes. */
#include "base/json_scan.h"

#include <ctype.h>

#include "base/util.h"

static size_t skip_string(struct json_scan *s, const char *text, size_t len)
{
	size_t i = 0;

	if (s->escaped && len > 0) {
		s->escaped = false;
		i++;
	}
	while (i < len) {
		while (i < len && text[i] != '"' && text[i] != '\\')
			i++;
		if (i == len)
			break;
		if (text[i++] == '"') {
			s->in_string = false;
			return i;
		}
		s->escaped = i == len;
		i++;
	}
	return min_of(i, len);
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '+' || c == '.';
}

static void take_mark(struct json_scan *s, char c)
{
	switch (c) {
	case '"':
		s->in_string = true;
		s->opened = false;
		break;
	case '[':
	case '{':
		s->depth++;
		s->values++; /* what stands first in it, if anything does */
		s->opened = true;
		break;
	case ']':
	case '}':
		s->depth -= s->depth > 0;
		s->values -= s->opened;
		s->opened = false;
		break;
	case ',':
	case ':':
		s->values++;
		s->opened = false;
		break;
	case ' ':
	case '\t':
	case '\n':
	case '\r': break;
	default: s->opened = false;
	}
}

/* Neither string nor bracket. */
static size_t scan_word(const char *text, size_t len, bool *ret_ended)
{
	size_t i = 0;

	while (i < len && is_of_word(text[i]))
		i++;
	*ret_ended = i < len;
	return i;
}

size_t json_scan_run(struct json_scan *s, const char *text, size_t len, bool *ret_ended)
{
	size_t i = 0;

	*ret_ended = false;
	if (len == 0)
		return 0;
	if (s->values == 0) {
		s->values = 1;
		s->in_word = is_of_word(*text);
	}
	if (s->in_word)
		return scan_word(text, len, ret_ended);
	while (i < len && !*ret_ended) {
		if (s->in_string)
			i += skip_string(s, text + i, len - i);
		else
			take_mark(s, text[i++]);
		*ret_ended = s->depth == 0 && !s->in_string;
	}
	return i;
}
