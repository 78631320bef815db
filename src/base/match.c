/* base/match.c - globs become expressions; both run under the limits of PCRE2. */
#include "base/match.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#define MAX_PATTERN_LEN 4096
/* Work for one match, in PCRE2's steps: a few milliseconds. */
#define MATCH_LIMIT    100000
#define HEAP_LIMIT_KIB 8192
/* A filter is asked about every container of the cluster; one that keeps reaching the limit is
 * given up. */
#define MAX_STRIKES 8

struct regex {
	pcre2_code *code;             /* owned */
	pcre2_match_data *match_data; /* owned */
	pcre2_match_context *limits;  /* owned */
	unsigned strikes;             /* matches that ended at a limit */
};

static bool compile_error(struct error *err, const char *pattern, int code)
{
	auto_strbuf struct strbuf quoted = STRBUF_INIT;
	PCRE2_UCHAR why[160];

	pcre2_get_error_message(code, why, sizeof(why));
	strbuf_add_quoted(&quoted, pattern);
	return error_set(err, ERROR_INVALID, "invalid regular expression %s: %s", quoted.buf,
		(const char *)why);
}

static pcre2_code *compile(const char *pattern, enum regex_flags flags, struct error *err)
{
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
			   PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_SIZE offset;
	int why;

	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	if (flags & REGEX_ANCHORED)
		options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	pcre2_code *code = pcre2_compile(
		(PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &why, &offset, context);
	pcre2_compile_context_free(context);
	if (!code)
		compile_error(err, pattern, why);
	return code;
}

struct regex *regex_create(const char *pattern, enum regex_flags flags, struct error *err)
{
	if (strlen(pattern) > MAX_PATTERN_LEN) {
		error_set(err, ERROR_TOO_LARGE, "regular expression is longer than %d bytes",
			MAX_PATTERN_LEN);
		return NULL;
	}
	pcre2_code *code = compile(pattern, flags, err);
	if (!code)
		return NULL;
	struct regex *re = xnew(struct regex);
	re->code = code;
	re->match_data = pcre2_match_data_create(1, NULL);
	re->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(re->limits, MATCH_LIMIT);
	pcre2_set_heap_limit(re->limits, HEAP_LIMIT_KIB);
	/* not on every machine; matching then interprets */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return re;
}

void regex_destroy(struct regex *re)
{
	if (!re)
		return;
	pcre2_match_context_free(re->limits);
	pcre2_match_data_free(re->match_data);
	pcre2_code_free(re->code);
	free(re);
}

static int run(const struct regex *re, const char *subject, uint32_t options)
{
	return pcre2_match(re->code, (PCRE2_SPTR)subject, strlen(subject), 0, options,
		re->match_data, re->limits);
}

bool regex_matches(const struct regex *re, const char *subject)
{
	if (re->strikes >= MAX_STRIKES)
		return false;
	int result = run(re, subject, 0);
	if (result == PCRE2_ERROR_JIT_STACKLIMIT) /* the interpreter has the heap */
		result = run(re, subject, PCRE2_NO_JIT);
	if (result >= 0)
		return true;
	/* const to the caller: what it matches does not change, only how long we try */
	if (result != PCRE2_ERROR_NOMATCH)
		((struct regex *)re)->strikes++;
	return false;
}

/* One character of text: a code point, or a byte that is none. */
static size_t next_char(const char *s, uint32_t *ret_code)
{
	size_t n = utf8_decode(s, strlen(s), ret_code);

	if (n == 0) {
		*ret_code = (unsigned char)*s;
		n = 1;
	}
	return n;
}

/* One bound of a class, perhaps escaped; NULL when the pattern ends or breaks here. */
static const char *class_char(const char *p, uint32_t *ret_code)
{
	if (*p == '\\')
		p++;
	else if (*p == '-' || *p == ']')
		return NULL;
	return *p ? p + next_char(p, ret_code) : NULL;
}

/* p stands behind '['.  Returns what follows ']', or NULL for a malformed class. */
static const char *match_class(const char *p, uint32_t code, bool *ret_matches)
{
	bool negated = *p == '^';
	bool found = false;
	bool any = false;

	if (negated)
		p++;
	for (; *p != ']' || !any; any = true) {
		uint32_t low = 0, high;

		p = class_char(p, &low);
		high = low;
		if (p && *p == '-')
			p = class_char(p + 1, &high);
		if (!p)
			return NULL;
		found |= low <= code && code <= high;
	}
	*ret_matches = found != negated;
	return p + 1;
}

/* One element of the pattern other than '*' against one character; moves both on a match. */
static bool match_one(const char **pattern, const char **s)
{
	const char *p = *pattern;
	uint32_t code = 0, wanted = 0;
	bool matches = false;
	size_t n = **s ? next_char(*s, &code) : 0;

	if (n == 0 || !*p)
		return false;
	if (*p == '[') {
		p = match_class(p + 1, code, &matches);
	} else if (*p == '?') {
		matches = code != '/';
		p++;
	} else {
		p += *p == '\\';
		if (!*p) /* a backslash with nothing to escape */
			return false;
		p += next_char(p, &wanted);
		matches = code == wanted;
	}
	if (!p || !matches)
		return false;
	*pattern = p;
	*s += n;
	return true;
}

bool glob_matches(const char *pattern, const char *s)
{
	/* where to go on when the text after the last '*' does not fit: one character further */
	const char *star = NULL, *star_s = NULL;

	while (*s || *pattern) {
		if (*pattern == '*') {
			star = ++pattern;
			star_s = s;
		} else if (!match_one(&pattern, &s)) {
			if (!star || !*star_s || *star_s == '/')
				return false;
			uint32_t code;
			star_s += next_char(star_s, &code);
			pattern = star;
			s = star_s;
		}
	}
	return true;
}
