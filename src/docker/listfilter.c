/*
 * docker/listfilter.c - the `filters` parameter.
 */
#include "docker/listfilter.h"

#include <string.h>

#include "base/json.h"
#include "base/match.h"
#include "base/mem.h"
#include "base/parse.h"

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
	strv_finish(&filter->off);
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

	return there && there->values.count ? &there->values : NULL;
}

bool list_filters_asks(const struct list_filters *f, const char *key)
{
	return find_filter(f, key) != NULL;
}

static bool is_on(const struct list_filter *filter, const char *word)
{
	return strv_contains(&filter->values, word) && !strv_contains(&filter->off, word);
}

bool list_filters_has(const struct list_filters *f, const char *key, const char *word)
{
	const struct list_filter *there = find_filter(f, key);

	return !there || there->values.count == 0 || is_on(there, word);
}

bool list_filters_flag(
	const struct list_filters *f, const char *key, bool otherwise, bool *ret, struct error *err)
{
	const struct list_filter *there = find_filter(f, key);
	auto_free char *values = NULL;
	bool yes, no;

	if (!there || there->values.count == 0) {
		*ret = otherwise;
		return true;
	}
	yes = is_on(there, "true") || is_on(there, "1");
	no = is_on(there, "false") || is_on(there, "0");
	if (yes != no) {
		*ret = yes;
		return true;
	}
	values = strv_join(&there->values, " ");
	return error_set(err, ERROR_INVALID, "invalid filter '%s=[%s]'", key, values);
}

static const char *plain_str(yyjson_val *val)
{
	const char *s = yyjson_get_str(val);

	return s && strlen(s) == yyjson_get_len(val) ? s : NULL;
}

/* --- the two encodings --- */

/* Of a key that is there twice, the last counts. */
static struct list_filter *renew_filter(struct list_filters *f, const char *key)
{
	list_filters_remove(f, key);
	return ensure_filter(f, key);
}

/* {"a=b": true} */
static bool read_map(struct list_filters *f, const char *key, yyjson_val *values)
{
	struct list_filter *filter = renew_filter(f, key);
	yyjson_val *name, *wanted;
	size_t i, max;

	if (!yyjson_is_obj(values))
		return yyjson_is_null(values);
	yyjson_obj_foreach(values, i, max, name, wanted)
	{
		if (!plain_str(name) || !(yyjson_is_bool(wanted) || yyjson_is_null(wanted)))
			return false;
		strv_add(&filter->values, yyjson_get_str(name));
		if (!yyjson_is_true(wanted))
			strv_add(&filter->off, yyjson_get_str(name));
	}
	return true;
}

/* ["a=b"]; null is the empty text */
static bool read_array(struct list_filters *f, const char *key, yyjson_val *values)
{
	struct list_filter *filter = renew_filter(f, key);
	yyjson_val *value;
	size_t i, max;

	if (!yyjson_is_arr(values))
		return yyjson_is_null(values);
	yyjson_arr_foreach(values, i, max, value)
	{
		if (!plain_str(value) && !yyjson_is_null(value))
			return false;
		strv_add(&filter->values, yyjson_is_null(value) ? "" : yyjson_get_str(value));
	}
	return true;
}

static bool read_encoding(struct list_filters *f, yyjson_val *root,
	bool (*read)(struct list_filters *f, const char *key, yyjson_val *values))
{
	yyjson_val *key, *values;
	size_t i, max;

	yyjson_obj_foreach(root, i, max, key, values)
	{
		if (!plain_str(key) || !read(f, yyjson_get_str(key), values))
			return false;
	}
	return true;
}

/* Counted before anything is made of them. */
static bool check_size(yyjson_val *root, struct error *err)
{
	yyjson_val *key, *values;
	size_t i, max, count = 0;

	if (yyjson_obj_size(root) > LIST_FILTERS_MAX)
		return error_set(
			err, ERROR_INVALID, "invalid filter: more than %d keys", LIST_FILTERS_MAX);
	yyjson_obj_foreach(root, i, max, key, values) count +=
		yyjson_is_obj(values) ? yyjson_obj_size(values) : yyjson_arr_size(values);
	if (count > LIST_FILTER_VALUES_MAX)
		return error_set(err, ERROR_INVALID, "invalid filter: more than %d values",
			LIST_FILTER_VALUES_MAX);
	return true;
}

static bool read_filters(struct list_filters *f, yyjson_val *root, struct error *err)
{
	if (yyjson_is_null(root))
		return true;
	if (!check_size(root, err))
		return false;
	if (yyjson_is_obj(root) && read_encoding(f, root, read_map))
		return true;
	list_filters_finish(f);
	if (yyjson_is_obj(root) && read_encoding(f, root, read_array))
		return true;
	return error_set(err, ERROR_INVALID, "invalid filter");
}

bool list_filters_parse(struct list_filters *f, const char *text, struct error *err)
{
	auto_list_filters struct list_filters found = { 0 };

	if (text && *text) {
		auto_json yyjson_doc *doc = json_parse(text, strlen(text), err);

		if (!doc)
			return error_set(err, ERROR_INVALID, "invalid filter");
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
		const char *key = f->items[i].key;

		if (!is_accepted(key, accepted) && *key)
			return error_set(err, ERROR_INVALID, "invalid filter '%s'", key);
		if (!is_accepted(key, accepted))
			return error_set(err, ERROR_INVALID, "invalid filter");
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
		strbuf_add_str(sb, strv_contains(&filter->off, value) ? ":false" : ":true");
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

/* An invalid expression stays NULL and never matches. */
static void compile(struct list_filter *filter)
{
	if (filter->compiled)
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

	if (!filter || filter->values.count == 0)
		return true;
	compile(filter);
	for (size_t i = 0; i < filter->values.count; i++) {
		if (compiled_matches(filter, i, s))
			return true;
	}
	return false;
}

static bool name_matches(
	const struct list_filter *filter, size_t i, const char *with_node, const char *name)
{
	if (compiled_matches(filter, i, name) ||
		(*name == '/' && compiled_matches(filter, i, name + 1)))
		return true;
	return strchr(filter->values.items[i], '/') &&
	       (compiled_matches(filter, i, with_node) ||
		       compiled_matches(filter, i, with_node + 1));
}

bool list_filters_begin(const struct list_filters *f, const char *key, const char *s)
{
	const struct strv *values = list_filters_get(f, key);

	for (size_t i = 0; values && i < values->count; i++) {
		if (str_starts_with(s, values->items[i]))
			return true;
	}
	return !values;
}

bool list_filters_match_name(const struct list_filters *f, const char *node, const char *name)
{
	struct list_filter *filter = find_filter(f, "name");
	auto_free char *with_node = NULL;

	if (!filter || filter->values.count == 0)
		return true;
	compile(filter);
	with_node = xasprintf("/%s%s%s", node, *name == '/' ? "" : "/", name);
	for (size_t i = 0; i < filter->values.count; i++) {
		if (name_matches(filter, i, with_node, name))
			return true;
	}
	return false;
}
