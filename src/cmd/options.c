/* cmd/options.c - argv and environment against the rows of a table. */
#include "cmd/options.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

/* One option as it was typed. */
struct word {
	char *name;        /* owned; without dashes and value */
	const char *value; /* behind '=', or NULL */
};

static void *value_of(const struct options *o, const struct option_spec *spec)
{
	return (char *)o->values + spec->offset;
}

static bool set_bool(void *value, const char *name, const char *text, struct error *err)
{
	if (!parse_flag_bool(text, value))
		return error_set(err, ERROR_INVALID,
			"invalid boolean value \"%s\" for -%s: not one of 1, t, true, 0, f, false",
			text, name);
	return true;
}

static bool set_int(void *value, const char *name, const char *text, struct error *err)
{
	if (!parse_i64_any_base(text, value))
		return error_set(err, ERROR_INVALID,
			"invalid value \"%s\" for flag -%s: not a whole number", text, name);
	return true;
}

static bool set_value(const struct options *o, const struct option_spec *spec, const char *name,
	const char *text, struct error *err)
{
	void *value = value_of(o, spec);

	switch (spec->kind) {
	case OPTION_BOOL: return set_bool(value, name, text, err);
	case OPTION_INT: return set_int(value, name, text, err);
	case OPTION_LIST: strv_add(value, text); return true;
	case OPTION_STRING: break;
	}
	free(*(char **)value);
	*(char **)value = xstrdup(text);
	return true;
}

/* --- defaults --- */

static char *trimmed(const char *s)
{
	s += strspn(s, " \t\r\n");
	size_t len = strlen(s);
	while (len > 0 && strchr(" \t\r\n", s[len - 1]))
		len--;
	return xstrndup(s, len);
}

static void set_list_default(struct strv *list, const char *text)
{
	auto_strv struct strv parts = STRV_INIT;

	strv_split(&parts, text, ',');
	for (size_t i = 0; i < parts.count; i++)
		strv_take(list, trimmed(parts.items[i]));
}

static const char *environment(const struct option_spec *spec)
{
	const char *text = spec->env ? getenv(spec->env) : NULL;

	return text && *text ? text : NULL;
}

static void set_default(const struct options *o, const struct option_spec *spec)
{
	const char *env = environment(spec);

	if (spec->kind == OPTION_LIST) {
		if (env || spec->initial)
			set_list_default(value_of(o, spec), env ? env : spec->initial);
		return;
	}
	if (spec->initial) {
		bool ok = set_value(o, spec, spec->name, spec->initial, NULL);
		assert(ok);
	}
	/* What cannot be read counts as not set: DEBUG=yes of another program is no reason to
	 * refuse to start. */
	if (env)
		set_value(o, spec, spec->name, env, NULL);
}

void options_init(struct options *o, const struct option_spec *specs, size_t count, void *values)
{
	assert(count <= 64);
	*o = (struct options){ .specs = specs, .count = count, .values = values };
	for (size_t i = 0; i < count; i++)
		set_default(o, &specs[i]);
}

void options_finish(struct options *o)
{
	for (size_t i = 0; i < o->count; i++) {
		void *value = value_of(o, &o->specs[i]);

		if (o->specs[i].kind == OPTION_LIST) {
			strv_finish(value);
		} else if (o->specs[i].kind == OPTION_STRING) {
			free(*(char **)value);
			*(char **)value = NULL;
		}
	}
	o->count = 0;
}

/* --- words --- */

static bool same(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

static bool split_word(const char *word, struct word *ret, struct error *err)
{
	const char *name = word + (word[1] == '-' ? 2 : 1);
	size_t len = strcspn(name, "=");

	if (*name == '-' || len == 0)
		return error_set(err, ERROR_INVALID, "bad flag syntax: %s", word);
	ret->name = xstrndup(name, len);
	ret->value = name[len] == '=' ? name + len + 1 : NULL;
	return true;
}

static const struct option_spec *find_spec(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++) {
		if (same(o->specs[i].name, name) || same(o->specs[i].alias, name))
			return &o->specs[i];
	}
	return NULL;
}

/* Remembers that the option was given; the first time, a list loses its default. */
static void note_given(struct options *o, const struct option_spec *spec, const char *name)
{
	uint64_t bit = UINT64_C(1) << (spec - o->specs);

	if (spec->kind == OPTION_LIST && !((o->by_name | o->by_alias) & bit))
		strv_finish(value_of(o, spec));
	if (same(spec->name, name))
		o->by_name |= bit;
	else
		o->by_alias |= bit;
}

static bool take_option(struct options *o, const struct word *word, const char *next, size_t *used,
	struct error *err)
{
	const struct option_spec *spec = find_spec(o, word->name);
	const char *value = word->value;

	if (!spec && (same("help", word->name) || same("h", word->name)))
		return set_bool(&o->help, word->name, value ? value : "true", err);
	if (!spec)
		return error_set(
			err, ERROR_INVALID, "flag provided but not defined: -%s", word->name);
	if (!value && spec->kind == OPTION_BOOL) {
		value = "true";
	} else if (!value) {
		value = next;
		(*used)++;
	}
	if (!value)
		return error_set(err, ERROR_INVALID, "flag needs an argument: -%s", word->name);
	note_given(o, spec, word->name);
	return set_value(o, spec, word->name, value, err);
}

static bool take_word(
	struct options *o, char *const *words, size_t count, size_t *at, struct error *err)
{
	struct word word;
	size_t used = 1;

	if (!split_word(words[*at], &word, err))
		return false;
	bool ok = take_option(o, &word, *at + 1 < count ? words[*at + 1] : NULL, &used, err);
	free(word.name);
	*at += used;
	return ok;
}

static bool check_spellings(const struct options *o, struct error *err)
{
	for (size_t i = 0; i < o->count; i++) {
		if (o->by_name & o->by_alias & (UINT64_C(1) << i))
			return error_set(err, ERROR_INVALID,
				"Cannot use two forms of the same flag: %s %s", o->specs[i].alias,
				o->specs[i].name);
	}
	return true;
}

bool options_parse(struct options *o, char *const *words, size_t count, enum options_order order,
	struct strv *ret_rest, struct error *err)
{
	size_t at = 0;

	while (at < count && !o->help) {
		if (strcmp(words[at], "--") == 0) {
			at++;
			break;
		}
		if (is_option(words[at])) {
			if (!take_word(o, words, count, &at, err))
				return false;
			continue;
		}
		if (order == OPTIONS_FIRST)
			break;
		strv_add(ret_rest, words[at++]);
	}
	while (at < count)
		strv_add(ret_rest, words[at++]);
	return o->help || check_spellings(o, err);
}

bool options_given(const struct options *o, const char *name)
{
	const struct option_spec *spec = find_spec(o, name);

	assert(spec);
	return (o->by_name | o->by_alias) & (UINT64_C(1) << (spec - o->specs));
}

/* --- help --- */

static void add_spelling(struct strbuf *ret, const char *name)
{
	strbuf_addf(ret, "%s%s", name[1] ? "--" : "-", name);
}

static void add_list_label(const struct option_spec *spec, struct strbuf *ret)
{
	strbuf_addf(ret, " [--%s option --%s option]", spec->name, spec->name);
}

void option_label(const struct option_spec *spec, struct strbuf *ret)
{
	add_spelling(ret, spec->name);
	if (spec->alias) {
		strbuf_add_str(ret, ", ");
		add_spelling(ret, spec->alias);
	}
	if (spec->kind == OPTION_LIST)
		add_list_label(spec, ret);
	else if (spec->kind != OPTION_BOOL && spec->initial)
		strbuf_addf(ret, " \"%s\"", spec->initial);
	else if (spec->kind != OPTION_BOOL)
		strbuf_add_char(ret, ' ');
}
