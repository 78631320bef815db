/*
 * docker/listfilter.c - the `filters` parameter.
 */
#include "docker/listfilter.h"

#include <string.h>

#include "base/json.h"
#include "base/match.h"
#include "base/mem.h"

static struct list_filter *find_filter(const struct list_filters *f, const char *key)
{
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->items[i].key, key) == 0)
			return &f->items[i];
	}
	return NULL;
}

static void forget_compiled(struct list_filter *filter)
{
	for (size_t i = 0; filter->compiled && i < filter->values.count; i++)
		regex_destroy(filter->compiled[i]);
	free(steal(filter->compiled));
}

static void filter_finish(struct list_filter *filter)
{
	forget_compiled(filter);
	free(filter->key);
	strv_finish(&filter->values);
}

void list_filters_finish(struct list_filters *f)
{
	for (size_t i = 0; i < f->count; i++)
		filter_finish(&f->items[i]);
	free(f->items);
	*f = (struct list_filters){ 0 };
}

static struct list_filter *ensure_filter(struct list_filters *f, const char *key)
{
	struct list_filter *there = find_filter(f, key);

	if (there)
		return there;
	f->items = xreallocarray(f->items, f->count + 1, sizeof(*f->items));
	f->items[f->count] = (struct list_filter){ .key = xstrdup(key) };
	return &f->items[f->count++];
}

void list_filters_add(struct list_filters *f, const char *key, const char *value)
{
	struct list_filter *filter = ensure_filter(f, key);

	forget_compiled(filter);
	strv_add(&filter->values, value);
}

void list_filters_remove(struct list_filters *f, const char *key)
{
	struct list_filter *there = find_filter(f, key);

	if (!there)
		return;
	filter_finish(there);
	*there = f->items[--f->count];
}

const struct strv *list_filters_get(const struct list_filters *f, const char *key)
{
	const struct list_filter *there = find_filter(f, key);

	return there ? &there->values : NULL;
}

static const char *plain_str(yyjson_val *val)
{
	const char *s = yyjson_get_str(val);

	return s && strlen(s) == yyjson_get_len(val) ? s : NULL;
}

/* {"a=b": true}; false leaves a value out. */
static bool read_map(struct list_filters *f, const char *key, yyjson_val *values)
{
	yyjson_obj_iter iter;
	yyjson_val *name;

	yyjson_obj_iter_init(values, &iter);
	while ((name = yyjson_obj_iter_next(&iter))) {
		yyjson_val *wanted = yyjson_obj_iter_get_val(name);

		if (!plain_str(name) || !yyjson_is_bool(wanted))
			return false;
		if (yyjson_get_bool(wanted))
			list_filters_add(f, key, yyjson_get_str(name));
	}
	return true;
}

static bool read_array(struct list_filters *f, const char *key, yyjson_val *values)
{
	yyjson_arr_iter iter;
	yyjson_val *value;

	yyjson_arr_iter_init(values, &iter);
	while ((value = yyjson_arr_iter_next(&iter))) {
		if (!plain_str(value))
			return false;
		list_filters_add(f, key, yyjson_get_str(value));
	}
	return true;
}

static bool read_filter(struct list_filters *f, yyjson_val *key, struct error *err)
{
	yyjson_val *values = yyjson_obj_iter_get_val(key);
	const char *name = plain_str(key);

	if (name && yyjson_is_null(values))
		return true;
	if (name && yyjson_is_obj(values) && read_map(f, name, values))
		return true;
	if (name && yyjson_is_arr(values) && read_array(f, name, values))
		return true;
	return error_set(err, ERROR_INVALID, "invalid filter '%s'", yyjson_get_str(key));
}

static bool read_filters(struct list_filters *f, yyjson_val *root, struct error *err)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	if (!yyjson_is_obj(root) && !yyjson_is_null(root))
		return error_set(err, ERROR_INVALID, "invalid filter: not a JSON object");
	if (yyjson_obj_size(root) > LIST_FILTERS_MAX)
		return error_set(err, ERROR_TOO_LARGE, "invalid filter: more than %d keys",
			LIST_FILTERS_MAX);
	yyjson_obj_iter_init(root, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		if (!read_filter(f, key, err))
			return false;
	}
	return true;
}

bool list_filters_parse(struct list_filters *f, const char *text, struct error *err)
{
	auto_list_filters struct list_filters found = { 0 };

	if (text && *text) {
		auto_json yyjson_doc *doc = json_parse(text, strlen(text), err);

		if (!doc)
			return error_wrap(err, "invalid filter");
		if (!read_filters(&found, yyjson_doc_get_root(doc), err))
			return false;
	}
	*f = found;
	found = (struct list_filters){ 0 };
	return true;
}

static bool is_accepted(const char *key, const char *const *accepted)
{
	for (; *accepted; accepted++) {
		if (strcmp(key, *accepted) == 0)
			return true;
	}
	return false;
}

bool list_filters_check(
	const struct list_filters *f, const char *const *accepted, struct error *err)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!is_accepted(f->items[i].key, accepted))
			return error_set(
				err, ERROR_INVALID, "invalid filter '%s'", f->items[i].key);
	}
	return true;
}

static void format_filter(struct strbuf *sb, const struct list_filter *filter)
{
	strbuf_add_json_str(sb, filter->key, strlen(filter->key));
	strbuf_add_str(sb, ":{");
	for (size_t i = 0; i < filter->values.count; i++) {
		const char *value = filter->values.items[i];

		if (i)
			strbuf_add_char(sb, ',');
		strbuf_add_json_str(sb, value, strlen(value));
		strbuf_add_str(sb, ":true");
	}
	strbuf_add_char(sb, '}');
}

char *list_filters_format(const struct list_filters *f)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	strbuf_add_char(&sb, '{');
	for (size_t i = 0; i < f->count; i++) {
		if (i)
			strbuf_add_char(&sb, ',');
		format_filter(&sb, &f->items[i]);
	}
	strbuf_add_char(&sb, '}');
	return strbuf_steal(&sb);
}

/* Most values are plain words, and for those a search for the words does. */
static bool is_expression(const char *value)
{
	return strpbrk(value, "\\^$.|?*+()[]{}") != NULL;
}

static bool value_matches(const char *value, const char *s)
{
	struct regex *re;
	bool matches;

	if (strcmp(value, s) == 0)
		return true;
	if (!is_expression(value))
		return strstr(s, value) != NULL;
	re = regex_create(value, REGEX_SEARCH, NULL);
	matches = re && regex_matches(re, s);
	regex_destroy(re);
	return matches;
}

bool list_filter_matches(const struct strv *values, const char *s)
{
	for (size_t i = 0; i < values->count; i++) {
		if (value_matches(values->items[i], s))
			return true;
	}
	return false;
}

/* An invalid expression stays NULL and never matches. */
static void compile(struct list_filter *filter)
{
	if (filter->compiled || filter->values.count == 0)
		return;
	filter->compiled = xcalloc(filter->values.count, sizeof(*filter->compiled));
	for (size_t i = 0; i < filter->values.count; i++) {
		if (is_expression(filter->values.items[i]))
			filter->compiled[i] =
				regex_create(filter->values.items[i], REGEX_SEARCH, NULL);
	}
}

static bool compiled_matches(const struct list_filter *filter, size_t i, const char *s)
{
	const char *value = filter->values.items[i];

	if (strcmp(value, s) == 0)
		return true;
	if (!is_expression(value))
		return strstr(s, value) != NULL;
	return filter->compiled[i] && regex_matches(filter->compiled[i], s);
}

bool list_filters_match(const struct list_filters *f, const char *key, const char *s)
{
	struct list_filter *filter = find_filter(f, key);

	if (!filter)
		return true;
	compile(filter);
	for (size_t i = 0; i < filter->values.count; i++) {
		if (compiled_matches(filter, i, s))
			return true;
	}
	return false;
}
