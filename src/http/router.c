/* http/router.c - paths against patterns. */
#include "http/router.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/uri.h"

struct part {
	const char *text;
	size_t len;
};

/* What each row begins with. */
struct row_head {
	const char *method, *path;
};

static struct row_head row_at(const struct router *r, size_t i)
{
	struct row_head head;

	memcpy(&head, (const char *)r->rows + i * r->row_size, sizeof(head));
	return head;
}

static bool has_captures(const char *pattern)
{
	return pattern[strcspn(pattern, "{:")];
}

/* Where a capture ends that is followed by the rest of a pattern; NULL when it cannot. */
static const char *end_of_capture(const char *rest, const char *path)
{
	size_t literal = strcspn(rest, "{:"), len = strlen(path);

	if (rest[literal])
		return memmem(path, len, rest, literal);
	return len < literal ? NULL : path + len - literal;
}

static bool match(const char *pattern, const char *path, struct part parts[ROUTER_CAPTURES])
{
	for (size_t n = 0; *pattern;) {
		const char *end;

		if (*pattern == '{') {
			pattern = strchr(pattern, '}') + 1;
			end = end_of_capture(pattern, path);
		} else if (*pattern == ':') {
			pattern += strcspn(pattern, "/");
			end = path + strcspn(path, "/");
		} else if (*pattern++ == *path++) {
			continue;
		} else {
			return false;
		}
		if (!end || end == path)
			return false;
		assert(n < ROUTER_CAPTURES);
		parts[n++] = (struct part){ path, (size_t)(end - path) };
		path = end;
	}
	return !*path;
}

static bool decode(const struct part parts[ROUTER_CAPTURES], char *captures[ROUTER_CAPTURES],
	struct error *err)
{
	for (size_t i = 0; i < ROUTER_CAPTURES; i++) {
		free(steal(captures[i]));
		if (parts[i].text &&
			!uri_decode(parts[i].text, parts[i].len, false, &captures[i], err))
			return false;
	}
	return true;
}

static bool takes_method(const struct row_head *row, const char *method)
{
	return strcmp(row->method, method) == 0 || strcmp(row->method, "*") == 0;
}

/* Only those with captures, or only those without. */
static const void *find_among(const struct router *r, bool captures, const char *method,
	const char *path, struct part parts[ROUTER_CAPTURES])
{
	for (size_t i = 0; i < r->count; i++) {
		struct row_head row = row_at(r, i);

		memset(parts, 0, ROUTER_CAPTURES * sizeof(*parts));
		if (takes_method(&row, method) && has_captures(row.path) == captures &&
			match(row.path, path, parts))
			return (const char *)r->rows + i * r->row_size;
	}
	return NULL;
}

const void *router_find(const struct router *r, const char *method, const char *path,
	char *captures[ROUTER_CAPTURES], struct error *err)
{
	struct part parts[ROUTER_CAPTURES];
	const void *row = find_among(r, false, method, path, parts);

	if (!row)
		row = find_among(r, true, method, path, parts);
	return row && decode(parts, captures, err) ? row : NULL;
}

void router_list_methods(const struct router *r, const char *path, struct strbuf *to)
{
	struct part parts[ROUTER_CAPTURES];

	for (size_t i = 0; i < r->count; i++) {
		struct row_head row = row_at(r, i);

		if (match(row.path, path, parts))
			strbuf_addf(to, "%s%s", to->len ? ", " : "", row.method);
	}
}
