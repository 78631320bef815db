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

/* Those from that place on that `is_out` names; one walk, however many they are. */
static void remove_which(struct headers *h, size_t from,
	bool (*is_out)(const struct header *field, const void *arg), const void *arg)
{
	size_t kept = min_of(from, h->count);

	for (size_t i = kept; i < h->count; i++) {
		if (is_out(&h->items[i], arg))
			header_free(&h->items[i]);
		else
			h->items[kept++] = h->items[i];
	}
	h->count = kept;
}

static bool has_name(const struct header *field, const void *name)
{
	return strcasecmp(field->name, name) == 0;
}

static void remove_from(struct headers *h, const char *name, size_t from)
{
	remove_which(h, from, has_name, name);
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

/* What Connection names. */
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

static int compare_names(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* A client may name as many as it likes: they are sorted, not compared each with each. */
static bool is_for_this_hop(const struct header *field, const void *arg)
{
	const struct strv *names = arg;

	return bsearch(&field->name, names->items, names->count, sizeof(*names->items),
		       compare_names) != NULL;
}

void headers_remove_hop_by_hop(struct headers *h)
{
	static const char *const hop[] = { "Connection", "Keep-Alive", "Proxy-Connection",
		"Proxy-Authenticate", "Proxy-Authorization", "TE", "Transfer-Encoding", "Upgrade",
		"HTTP2-Settings" };
	auto_strv struct strv names = STRV_INIT;

	connection_names(h, &names);
	for (size_t i = 0; i < ARRAY_SIZE(hop); i++)
		strv_add(&names, hop[i]);
	qsort(names.items, names.count, sizeof(*names.items), compare_names);
	remove_which(h, 0, is_for_this_hop, &names);
}
