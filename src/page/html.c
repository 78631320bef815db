/* page/html.c - one code point at a time. */
#include "page/html.h"

#include <string.h>

#include "base/utf8.h"

static const char *entity(uint32_t code)
{
	switch (code) {
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '&': return "&amp;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

static bool turns_direction(uint32_t code)
{
	return code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static void add_code(struct strbuf *sb, uint32_t code, const char *bytes, size_t len)
{
	const char *escaped = entity(code);

	if (escaped)
		strbuf_add_str(sb, escaped);
	else if (turns_direction(code))
		strbuf_addf(sb, "\\u%04x", code);
	else if ((code < ' ' && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0))
		strbuf_add_str(sb, "\xef\xbf\xbd");
	else
		strbuf_add(sb, bytes, len);
}

void html_add(struct strbuf *sb, const char *text, size_t max)
{
	size_t len = strlen(text), shown = 0, taken;
	uint32_t code;

	for (; shown < len && shown < max; shown += taken) {
		taken = utf8_decode(text + shown, len - shown, &code);
		if (taken == 0) {
			strbuf_add_str(sb, "\xef\xbf\xbd");
			taken = 1;
		} else {
			add_code(sb, code, text + shown, taken);
		}
	}
	if (shown < len)
		strbuf_add_str(sb, "\xe2\x80\xa6");
}
