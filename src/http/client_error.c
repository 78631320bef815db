/*
 * http/client_error.c - what the peer says went wrong.
 */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "http/client.h"

enum {
	ERROR_TEXT_MAX = 4096,
	ERROR_BODY_MAX = 64 * 1024, /* JSON around it included */
};

static char *json_message(const char *text, size_t len)
{
	auto_json yyjson_doc *doc = json_parse(text, len, NULL);
	const char *message = doc ? json_get_str(yyjson_doc_get_root(doc), "message", NULL) : NULL;

	return message && *message ? xstrdup(message) : NULL;
}

static char *trimmed(const char *text, size_t len)
{
	while (len > 0 && isspace((unsigned char)*text))
		text++, len--;
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	return len > 0 ? xstrndup(text, min_of(len, (size_t)ERROR_TEXT_MAX)) : NULL;
}

static const char *phrase(const struct response_head *answer)
{
	return answer->reason && *answer->reason ? answer->reason : http_reason(answer->status);
}

bool call_is_refused(const struct call *c)
{
	return c->answer.status >= 400 && (c->done || evbuffer_get_length(c->in) >= ERROR_BODY_MAX);
}

char *call_error_text(const struct call *c)
{
	size_t len = c->in ? evbuffer_get_length(c->in) : 0;
	const char *body = len > 0 ? (const char *)evbuffer_pullup(c->in, -1) : "";
	char *text = json_message(body, len);

	if (!text)
		text = trimmed(body, len);
	return text ? text : xstrdup(phrase(&c->answer));
}
