/* sched/expr.c - key, operator, value, and their comparison. */
#include "sched/expr.h"

#include <stdint.h>
#include <string.h>

#include "base/match.h"
#include "base/mem.h"

/* Each is compiled and then asked about every node: what a client can make us do has a bound. */
#define MAX_EXPRESSIONS 256

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"
/* Characters of a plain value that mean something to a regular expression. */
#define OPERATORS ".*()?+[]\\^$|"
/* Classic Swarm knew neither of "@,=~" nor anything beyond ASCII, so that digests and lists could
 * not be expressed. */
#define VALUE_CHARS LETTERS DIGITS ":-_/ \t\n\f\r" OPERATORS "@,=~"

static bool key_is_valid(const char *key)
{
	return *key && strchr(LETTERS "_", *key) && !key[strspn(key, LETTERS DIGITS "-_.")];
}

static bool is_value_char(char c)
{
	return (unsigned char)c >= 0x80 || (c && strchr(VALUE_CHARS, c));
}

/* The text includes the '~' of a soft expression. */
static bool value_is_valid(const char *value)
{
	const char *s = value;

	if (strcmp(value, "/") == 0)
		return true;
	if (*s && strchr("=!/", *s))
		s++;
	if (*s == '~')
		s++;
	/* "~~x" can only be a slip: what is left is not a value that anything has */
	if (!*s || (value[0] == '~' && *s == '~'))
		return false;
	while (is_value_char(*s))
		s++;
	return !*s;
}

/* Where key and operator end; "==" anywhere wins over "!=". */
static const char *find_operator(const char *text, bool *ret_differs)
{
	const char *equal = strstr(text, "==");

	*ret_differs = !equal;
	return equal ? equal : strstr(text, "!=");
}

static bool compile_regex(struct expr *e, struct error *err)
{
	auto_error struct error why = ERROR_INIT;
	auto_free char *pattern = xstrndup(e->value + 1, strlen(e->value) - 2);

	e->regex = regex_create(pattern, REGEX_SEARCH, &why);
	if (e->regex)
		return true;
	return error_set(
		err, ERROR_INVALID, "Value '%s' is invalid: %s", e->value, error_text(&why));
}

/* '*' is any text; the rest stays an operator, or stands for itself. */
static char *plain_pattern(const char *value, bool quoted)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	strbuf_add_char(&sb, '^');
	for (const char *s = value; *s; s++) {
		if (*s == '*')
			strbuf_add_char(&sb, '.');
		else if (quoted && strchr(OPERATORS, *s))
			strbuf_add_char(&sb, '\\');
		strbuf_add_char(&sb, *s);
	}
	strbuf_add_char(&sb, '$');
	return strbuf_steal(&sb);
}

/* Note that the anchors are part of the text: "a|b" is "begins with a, or ends with b". */
static void compile_plain(struct expr *e)
{
	if (!strpbrk(e->value, OPERATORS))
		return;
	auto_free char *pattern = plain_pattern(e->value, false);
	e->regex = regex_create(pattern, REGEX_SEARCH, NULL);
	if (e->regex || !strchr(e->value, '*'))
		return;
	auto_free char *glob = plain_pattern(e->value, true);
	e->regex = regex_create(glob, REGEX_SEARCH, NULL);
}

static bool compile(struct expr *e, struct error *err)
{
	size_t len = strlen(e->value);

	e->is_regex = len > 1 && e->value[0] == '/' && e->value[len - 1] == '/';
	if (e->is_regex)
		return compile_regex(e, err);
	compile_plain(e);
	return true;
}

bool expr_parse(struct expr *ret, const char *text, struct error *err)
{
	bool differs;
	const char *op = find_operator(text, &differs);

	if (!op)
		return error_set(err, ERROR_INVALID, "One of operator ==, != is expected");
	auto_free char *key = xstrndup(text, (size_t)(op - text));
	const char *value = op + 2;
	if (!key_is_valid(key))
		return error_set(err, ERROR_INVALID, "Key '%s' is invalid", key);
	if (!value_is_valid(value))
		return error_set(err, ERROR_INVALID, "Value '%s' is invalid", value);

	struct expr e = { .differs = differs, .soft = *value == '~' };
	e.key = steal(key);
	e.value = xstrdup(value + e.soft);
	if (!compile(&e, err)) {
		expr_finish(&e);
		return false;
	}
	*ret = e;
	return true;
}

void expr_finish(struct expr *e)
{
	regex_destroy(e->regex);
	free(e->key);
	free(e->value);
	*e = (struct expr){ 0 };
}

bool expr_matches(const struct expr *e, const char *candidate)
{
	if (!e->is_regex && strcmp(e->value, candidate) == 0)
		return true;
	return e->regex && regex_matches(e->regex, candidate);
}

bool expr_matches_interned(const struct expr *e, struct expr_memo *memo, const char *candidate)
{
	size_t at = ((uintptr_t)candidate >> 4) % EXPR_MEMO_SIZE;

	if (memo->candidates[at] != candidate) {
		memo->candidates[at] = candidate;
		memo->matched[at] = expr_matches(e, candidate);
	}
	return memo->matched[at];
}

void expr_format(const struct expr *e, struct strbuf *sb)
{
	strbuf_addf(sb, "%s%s%s", e->key, e->differs ? "!=" : "==", e->value);
}

bool expr_list_add(struct expr_list *l, const char *text, struct error *err)
{
	struct expr e;

	if (l->count >= MAX_EXPRESSIONS)
		return error_set(err, ERROR_TOO_LARGE, "more than %d expressions", MAX_EXPRESSIONS);
	if (!expr_parse(&e, text, err))
		return false;
	array_reserve(l->items, l->count, l->cap);
	l->items[l->count++] = e;
	return true;
}

void expr_list_finish(struct expr_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		expr_finish(&l->items[i]);
	free(l->items);
	*l = (struct expr_list){ 0 };
}
