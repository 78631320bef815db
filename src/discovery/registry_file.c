/* discovery/registry_file.c - a line for each cluster and member. */
#include "discovery/registry_file.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/strv.h"
#include "discovery/entry.h"
#include "discovery/hub_url.h"

#define HEADER "swarm registry 1"

void registry_entries_finish(struct registry_entries *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->items[i].token);
		free(e->items[i].address);
	}
	free(e->items);
	free(e->own);
	*e = (struct registry_entries){ 0 };
}

bool registry_check_address(const char *address, struct error *err)
{
	if (strlen(address) > REGISTRY_MAX_ADDRESS_LEN)
		return error_set(err, ERROR_TOO_LARGE, "an address has at most %d bytes",
			REGISTRY_MAX_ADDRESS_LEN);
	return entry_check_host_port(address, err);
}

/* --- lines --- */

struct reader {
	struct registry_entries *entries;
	const char *token; /* borrowed: of the last token line; NULL before */
	bool ended;
};

static struct registry_entry *add_entry(struct registry_entries *e, const char *token)
{
	array_reserve(e->items, e->count, e->cap);
	e->items[e->count] = (struct registry_entry){ .token = xstrdup(token) };
	return &e->items[e->count++];
}

static bool check_token(const char *token, struct error *err)
{
	return token_is_valid(token) || error_set(err, ERROR_INVALID, "malformed token");
}

static bool read_own(struct reader *r, const struct strv *words, struct error *err)
{
	if (r->entries->own || r->token)
		return error_set(err, ERROR_INVALID, "'own' comes once, and first");
	if (!check_token(words->items[1], err))
		return false;
	r->entries->own = xstrdup(words->items[1]);
	return true;
}

static bool read_token(struct reader *r, const struct strv *words, struct error *err)
{
	if (!check_token(words->items[1], err))
		return false;
	r->token = add_entry(r->entries, words->items[1])->token;
	return true;
}

static bool read_member(struct reader *r, const struct strv *words, struct error *err)
{
	uint64_t ttl_s;

	if (!r->token)
		return error_set(err, ERROR_INVALID, "a member without a token before it");
	if (!registry_check_address(words->items[1], err))
		return false;
	if (!parse_u64(words->items[2], &ttl_s) || ttl_s < 1 || ttl_s > REGISTRY_MAX_TTL_S)
		return error_set(err, ERROR_INVALID, "'%s' is no time to live", words->items[2]);
	struct registry_entry *e = add_entry(r->entries, r->token);
	e->address = xstrdup(words->items[1]);
	e->ttl_s = (int64_t)ttl_s;
	return true;
}

static bool read_end(
	struct reader *r, maybe_unused const struct strv *words, maybe_unused struct error *err)
{
	r->ended = true;
	return true;
}

static const struct line_kind {
	const char *name;
	size_t words;
	bool (*read)(struct reader *r, const struct strv *words, struct error *err);
} kinds[] = {
	{ "own", 2, read_own },
	{ "token", 2, read_token },
	{ "member", 3, read_member },
	{ "end", 1, read_end },
};

static bool read_line(struct reader *r, const char *line, struct error *err)
{
	auto_strv struct strv words = STRV_INIT;

	if (r->ended)
		return error_set(err, ERROR_INVALID, "something after the end");
	strv_split(&words, line, ' ');
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, words.items[0]) == 0 && kinds[i].words == words.count)
			return kinds[i].read(r, &words, err);
	}
	return error_set(err, ERROR_INVALID, "this is no line of a registry");
}

/* The line up to the line break at end. */
static bool take_line(
	struct reader *r, const char *from, const char *end, size_t number, struct error *err)
{
	auto_free char *line = xstrndup(from, (size_t)(end - from));

	if (strlen(line) != (size_t)(end - from))
		return error_set(err, ERROR_INVALID, "line %zu: a NUL byte", number);
	if (number > 1)
		return read_line(r, line, err) || error_wrap(err, "line %zu", number);
	return strcmp(line, HEADER) == 0 ||
	       error_set(err, ERROR_INVALID,
		       "line 1: not '" HEADER "': written by a newer version, or not a registry");
}

static bool read_lines(struct reader *r, const char *text, size_t len, struct error *err)
{
	const char *end = text + len, *newline;

	for (size_t number = 1; text < end; number++, text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			return error_set(err, ERROR_INVALID, "line %zu is cut off", number);
		if (!take_line(r, text, newline, number, err))
			return false;
	}
	return r->ended || error_set(err, ERROR_INVALID, "the end is missing");
}

bool registry_file_parse(
	struct registry_entries *ret, const char *text, size_t len, struct error *err)
{
	struct registry_entries entries = { 0 };
	struct reader reader = { .entries = &entries };

	if (len > 0 && !read_lines(&reader, text, len, err)) {
		registry_entries_finish(&entries);
		return false;
	}
	*ret = entries;
	return true;
}

void registry_file_begin(struct strbuf *sb, const char *own)
{
	strbuf_add_str(sb, HEADER "\n");
	if (own)
		strbuf_addf(sb, "own %s\n", own);
}

void registry_file_add_token(struct strbuf *sb, const char *token)
{
	strbuf_addf(sb, "token %s\n", token);
}

void registry_file_add_member(struct strbuf *sb, const char *address, int64_t ttl_s)
{
	strbuf_addf(sb, "member %s %lld\n", address, (long long)ttl_s);
}

void registry_file_end(struct strbuf *sb)
{
	strbuf_add_str(sb, "end\n");
}
