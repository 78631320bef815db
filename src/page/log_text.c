/* page/log_text.c - what is meant for terminals goes. */
#include "page/log_text.h"

#include <string.h>

#include "base/mem.h"
#include "page/html.h"

enum { ESCAPE = 0x1b, BELL = 7 };

/* Where the order ends that begins here with ESC. */
static const char *skip_order(const char *at, const char *end)
{
	at++;
	if (at == end)
		return end;
	if (*at == '[') {
		do
			at++;
		while (at < end && (unsigned char)*at >= ' ' && (unsigned char)*at < '@');
	} else if (*at == ']') {
		while (at < end && *at != BELL && *at != ESCAPE)
			at++;
	}
	return at < end ? at + 1 : end;
}

static const char *last_overwritten(const char *line, const char *end)
{
	const char *at = memrchr(line, '\r', (size_t)(end - line));

	return at ? at + 1 : line;
}

void log_text_add(struct strbuf *html, const char *line, size_t len)
{
	auto_strbuf struct strbuf plain = STRBUF_INIT;
	const char *end = line + len;

	while (end > line && end[-1] == '\r')
		end--;
	for (const char *at = last_overwritten(line, end); at < end;) {
		if (*at == ESCAPE) {
			at = skip_order(at, end);
			continue;
		}
		strbuf_add_char(&plain, *at ? *at : ' ');
		at++;
	}
	html_add(html, plain.buf, LOG_LINE_SHOWN);
}
