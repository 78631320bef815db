/*
 * http/headers.c - a plain array: heads have a dozen fields, and order matters.
 */
#include "http/headers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strv.h"

static void header_free(struct header *h)
{
	free(h->name);
	free(h->value);
}

void headers_finish(struct headers *h)
{
	for (size_t i = 0; i < h->count; i++)
		header_free(&h->items[i]);
	free(h->items);
	*h = (struct headers){ 0 };
}

void headers_add_n(
	struct headers *h, const char *name, size_t name_len, const char *value, size_t value_len)
{
	array_reserve(h->items, h->count, h->cap);
	h->items[h->count++] = (struct header){
		.name = xstrndup(name, name_len),
		.value = xstrndup(value, value_len),
	};
}

void headers_add(struct headers *h, const char *name, const char *value)
{
	headers_add_n(h, name, strlen(name), value, strlen(value));
}

static void headers_remove_at(struct headers *h, size_t i)
{
	header_free(&h->items[i]);
	h->count--;
	memmove(&h->items[i], &h->items[i + 1], (h->count - i) * sizeof(h->items[0]));
}

static void remove_from(struct headers *h, const char *name, size_t from)
{
	for (size_t i = from; i < h->count;) {
		if (strcasecmp(h->items[i].name, name) == 0)
			headers_remove_at(h, i);
		else
			i++;
	}
}

static struct header *find(const struct headers *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcasecmp(h->items[i].name, name) == 0)
			return &h->items[i];
	return NULL;
}

void headers_set(struct headers *h, const char *name, const char *value)
{
	struct header *first = find(h, name);

	if (!first) {
		headers_add(h, name, value);
		return;
	}
	/* value may point into the very field that is replaced */
	char *copy = xstrdup(value);
	free(first->value);
	first->value = copy;
	remove_from(h, name, (size_t)(first - h->items) + 1);
}

void headers_setf(struct headers *h, const char *name, const char *fmt, ...)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	headers_set(h, name, text.buf);
}

void headers_remove(struct headers *h, const char *name)
{
	remove_from(h, name, 0);
}

const char *headers_get(const struct headers *h, const char *name)
{
	const struct header *found = find(h, name);

	return found ? found->value : NULL;
}

size_t headers_count(const struct headers *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++)
		n += strcasecmp(h->items[i].name, name) == 0;
	return n;
}

/* The next element of a comma list without blanks around it; empty ones are skipped. */
static bool next_token(const char **at, const char **ret_token, size_t *ret_len)
{
	const char *p = *at + strspn(*at, " \t,");
	size_t len = strcspn(p, ",");

	*at = p + len;
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	*ret_token = p;
	*ret_len = len;
	return len > 0;
}

bool headers_has_token(const struct headers *h, const char *name, const char *token)
{
	const char *found;
	size_t len;

	for (size_t i = 0; i < h->count; i++) {
		if (strcasecmp(h->items[i].name, name) != 0)
			continue;
		for (const char *at = h->items[i].value; next_token(&at, &found, &len);)
			if (len == strlen(token) && strncasecmp(found, token, len) == 0)
				return true;
	}
	return false;
}

void headers_copy(struct headers *to, const struct headers *from)
{
	for (size_t i = 0; i < from->count; i++)
		headers_add(to, from->items[i].name, from->items[i].value);
}

/* What Connection names, so that removing does not walk what it changes. */
static void connection_names(const struct headers *h, struct strv *ret)
{
	const char *token;
	size_t len;

	for (size_t i = 0; i < h->count; i++) {
		if (strcasecmp(h->items[i].name, "Connection") != 0)
			continue;
		for (const char *at = h->items[i].value; next_token(&at, &token, &len);)
			strv_add_n(ret, token, len);
	}
}

void headers_remove_hop_by_hop(struct headers *h)
{
	static const char *const hop[] = { "Connection", "Keep-Alive", "Proxy-Connection",
		"Proxy-Authenticate", "Proxy-Authorization", "TE", "Transfer-Encoding", "Upgrade",
		"HTTP2-Settings" };
	auto_strv struct strv named = STRV_INIT;

	connection_names(h, &named);
	for (size_t i = 0; i < named.count; i++)
		headers_remove(h, named.items[i]);
	for (size_t i = 0; i < ARRAY_SIZE(hop); i++)
		headers_remove(h, hop[i]);
}
