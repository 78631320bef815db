/* discovery/range.c - each pattern multiplies the addresses before it. */
#include "discovery/range.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"

/* A number of more digits cannot be a bound. */
#define BOUND_MAX_LEN 20
/* More patterns in one item than anybody needs; bounds the recursion. */
#define RANGE_MAX_PATTERNS 8

struct range {
	int64_t from, to;
	int width; /* digits to pad to; 0 when the bounds differ in width */
};

struct expansion {
	struct strv *ret;
	struct strbuf text; /* the item as far as it has been written */
};

static bool parse_bound(const char *s, size_t len, int64_t *ret)
{
	char digits[BOUND_MAX_LEN + 1];

	if (len == 0 || len > BOUND_MAX_LEN)
		return false;
	memcpy(digits, s, len);
	digits[len] = '\0';
	return parse_i64(digits[0] == '+' ? digits + 1 : digits, ret) && digits[1] != '-';
}

static int common_width(const char *from, size_t from_len, const char *to, size_t to_len)
{
	if (from_len != to_len || !isdigit((unsigned char)*from) || !isdigit((unsigned char)*to))
		return 0;
	return (int)from_len;
}

/* Returns the text behind the pattern that starts at s, NULL when none does. */
static const char *parse_pattern(const char *s, struct range *ret)
{
	if (*s != '[')
		return NULL;

	const char *from = s + 1;
	size_t from_len = strspn(from, "+-0123456789");
	if (from[from_len] != ':')
		return NULL;

	const char *to = from + from_len + 1;
	size_t to_len = strspn(to, "+-0123456789");
	if (to[to_len] != ']')
		return NULL;
	if (!parse_bound(from, from_len, &ret->from) || !parse_bound(to, to_len, &ret->to))
		return NULL;
	ret->width = common_width(from, from_len, to, to_len);
	return to + to_len + 1;
}

static uint64_t range_size(const struct range *r)
{
	if (r->from > r->to)
		return 0;
	uint64_t distance = (uint64_t)r->to - (uint64_t)r->from;
	return distance == UINT64_MAX ? distance : distance + 1;
}

/* How many entries the item stands for, before any of them is made. */
static bool count_entries(const char *item, uint64_t *ret_count, struct error *err)
{
	uint64_t count = 1;
	size_t patterns = 0;
	bool empty = false;

	for (const char *s = item; *s;) {
		struct range r;
		const char *next = parse_pattern(s, &r);

		if (!next) {
			s++;
			continue;
		}
		if (++patterns > RANGE_MAX_PATTERNS)
			return error_set(err, ERROR_TOO_LARGE, "'%s' has more than %d ranges", item,
				RANGE_MAX_PATTERNS);
		if (range_size(&r) == 0)
			empty = true;
		else if (range_size(&r) > RANGE_MAX_ENTRIES / count)
			return error_set(err, ERROR_TOO_LARGE,
				"'%s' stands for more than %d addresses", item, RANGE_MAX_ENTRIES);
		else
			count *= range_size(&r);
		s = next;
	}
	*ret_count = empty ? 0 : count;
	return true;
}

static void truncate_text(struct strbuf *sb, size_t len)
{
	sb->len = len;
	sb->buf[len] = '\0';
}

static void expand(struct expansion *e, const char *rest)
{
	size_t start = e->text.len;
	struct range r;
	const char *end = rest, *next = NULL;

	while (*end && !(next = parse_pattern(end, &r)))
		end++;
	strbuf_add(&e->text, rest, (size_t)(end - rest));
	if (!next) {
		strv_add(e->ret, e->text.buf);
	} else {
		size_t len = e->text.len;
		for (uint64_t i = 0, n = range_size(&r); i < n; i++) {
			strbuf_addf(&e->text, "%0*" PRId64, r.width, r.from + (int64_t)i);
			expand(e, next);
			truncate_text(&e->text, len);
		}
	}
	truncate_text(&e->text, start);
}

bool range_expand(const char *item, struct strv *ret, struct error *err)
{
	uint64_t count;

	if (strlen(item) > RANGE_MAX_ITEM_LEN)
		return error_set(err, ERROR_TOO_LARGE, "address '%.32s...' is longer than %d bytes",
			item, RANGE_MAX_ITEM_LEN);
	if (!count_entries(item, &count, err))
		return false;
	if (ret->count + count > RANGE_MAX_ENTRIES)
		return error_set(err, ERROR_TOO_LARGE,
			"'%s' makes the list longer than %d addresses", item, RANGE_MAX_ENTRIES);
	if (count == 0)
		return error_set(err, ERROR_NOT_FOUND,
			"'%s' stands for no address: its range runs backwards", item);

	struct expansion e = { .ret = ret };
	strbuf_init(&e.text, 0);
	expand(&e, item);
	strbuf_finish(&e.text);
	return true;
}
