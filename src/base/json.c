/* base/json.c - the getters, and writing into text. */
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"

static void *alc_malloc(void *ctx maybe_unused, size_t size)
{
	return xmalloc(size);
}

static void *alc_realloc(void *ctx maybe_unused, void *p, size_t old_size maybe_unused, size_t size)
{
	return xrealloc(p, size);
}

static void alc_free(void *ctx maybe_unused, void *p)
{
	free(p);
}

/* yyjson on our allocator, so that out of memory is handled in one place. */
static const yyjson_alc json_alc = { alc_malloc, alc_realloc, alc_free, NULL };

/*
 * The values of a document lie one after the other in memory, children behind their
 * container, so the depth is found without recursion by remembering where containers end.
 */
static bool is_shallow(yyjson_doc *doc)
{
	yyjson_val *ends[JSON_MAX_DEPTH];
	size_t depth = 0;
	yyjson_val *val = yyjson_doc_get_root(doc);
	yyjson_val *end = val + yyjson_doc_get_val_count(doc);

	for (; val < end; val++) {
		while (depth && val >= ends[depth - 1])
			depth--;
		if (!yyjson_is_ctn(val))
			continue;
		if (depth == JSON_MAX_DEPTH)
			return false;
		ends[depth++] = unsafe_yyjson_get_next(val);
	}
	return true;
}

/* Found out before anything is made of them. */
static bool are_few_values(const char *text, size_t len, size_t max_values, struct error *err)
{
	struct json_scan scan = { 0 };
	size_t step = 64 * 1024;
	bool ended = false;

	if (len <= max_values)
		return true; /* each takes a byte */
	while (len > 0 && !ended && scan.values <= max_values) {
		size_t count = min_of(len, step);

		json_scan_run(&scan, text, count, &ended);
		text += count;
		len -= count;
	}
	if (scan.values <= max_values)
		return true;
	return error_set(
		err, ERROR_INVALID, "invalid JSON: more than %zu names and values", max_values);
}

static bool tell_where(const yyjson_read_err *why, struct error *err)
{
	return error_set(err, ERROR_INVALID, "invalid JSON at byte %zu: %s", why->pos, why->msg);
}

/* In the words of engines, as far as they have any that are not about their own source. */
static bool tell_client(const yyjson_read_err *why, struct error *err)
{
	if (why->code == YYJSON_READ_ERROR_UNEXPECTED_END)
		return error_set(err, ERROR_INVALID, "invalid JSON: unexpected EOF");
	if (why->code == YYJSON_READ_ERROR_UNEXPECTED_CONTENT)
		return error_set(err, ERROR_INVALID, "unexpected content after JSON");
	return tell_where(why, err);
}

static yyjson_doc *parse(const char *text, size_t len, size_t max_values,
	bool (*tell)(const yyjson_read_err *why, struct error *err), struct error *err)
{
	yyjson_read_err why;

	if (!are_few_values(text, len, max_values, err))
		return NULL;
	/* without INSITU the text is only read; numbers too big for 64 bits pass through as text */
	yyjson_doc *doc =
		yyjson_read_opts((char *)text, len, YYJSON_READ_BIGNUM_AS_RAW, &json_alc, &why);

	if (!doc) {
		tell(&why, err);
		return NULL;
	}
	if (!is_shallow(doc)) {
		yyjson_doc_free(doc);
		error_set(err, ERROR_TOO_LARGE, "invalid JSON: nested deeper than %d",
			JSON_MAX_DEPTH);
		return NULL;
	}
	return doc;
}

yyjson_doc *json_parse(const char *text, size_t len, struct error *err)
{
	return parse(text, len, JSON_MAX_VALUES, tell_where, err);
}

yyjson_doc *json_parse_request(const char *text, size_t len, struct error *err)
{
	return parse(text, len, JSON_MAX_REQUEST_VALUES, tell_client, err);
}

const char *json_get_str(yyjson_val *obj, const char *key, const char *otherwise)
{
	yyjson_val *val = yyjson_obj_get(obj, key);
	const char *s = yyjson_get_str(val);

	/* cut at a NUL it would be another name than the engine sees */
	return s && strlen(s) == yyjson_get_len(val) ? s : otherwise;
}

static bool get_number(yyjson_val *val, double *ret)
{
	if (yyjson_is_raw(val))
		*ret = strtod(yyjson_get_raw(val), NULL);
	else if (yyjson_is_num(val))
		*ret = yyjson_get_num(val);
	else
		return false;
	return true;
}

static int64_t saturate(double value)
{
	if (value >= 0x1p63)
		return INT64_MAX;
	if (value <= -0x1p63)
		return INT64_MIN;
	return (int64_t)value;
}

int64_t json_get_int(yyjson_val *obj, const char *key, int64_t otherwise)
{
	yyjson_val *val = yyjson_obj_get(obj, key);
	double real;

	if (yyjson_is_sint(val))
		return yyjson_get_sint(val);
	if (yyjson_is_uint(val))
		return (int64_t)min_of(yyjson_get_uint(val), (uint64_t)INT64_MAX);
	return get_number(val, &real) ? saturate(real) : otherwise;
}

double json_get_real(yyjson_val *obj, const char *key, double otherwise)
{
	double value;

	return get_number(yyjson_obj_get(obj, key), &value) ? value : otherwise;
}

bool json_get_bool(yyjson_val *obj, const char *key, bool otherwise)
{
	yyjson_val *val = yyjson_obj_get(obj, key);

	return yyjson_is_bool(val) ? yyjson_get_bool(val) : otherwise;
}

yyjson_val *json_get_obj(yyjson_val *obj, const char *key)
{
	yyjson_val *val = yyjson_obj_get(obj, key);

	return yyjson_is_obj(val) ? val : NULL;
}

yyjson_val *json_get_arr(yyjson_val *obj, const char *key)
{
	yyjson_val *val = yyjson_obj_get(obj, key);

	return yyjson_is_arr(val) ? val : NULL;
}

void json_get_strv(yyjson_val *obj, const char *key, struct strv *ret)
{
	yyjson_arr_iter iter;
	yyjson_val *val;

	yyjson_arr_iter_init(json_get_arr(obj, key), &iter);
	while ((val = yyjson_arr_iter_next(&iter)) != NULL) {
		const char *s = yyjson_get_str(val);

		if (s && strlen(s) == yyjson_get_len(val))
			strv_add(ret, s);
	}
}

/* Writing cannot fail with these: what JSON cannot say becomes null, bad UTF-8 is the reader's to
 * replace. */
#define WRITE_FLAGS (YYJSON_WRITE_INF_AND_NAN_AS_NULL | YYJSON_WRITE_ALLOW_INVALID_UNICODE)

static void add_and_free(struct strbuf *sb, char *text, size_t len)
{
	assert(text);
	strbuf_add(sb, text, len);
	free(text);
}

void json_write(struct strbuf *sb, yyjson_val *val)
{
	size_t len;
	char *text = yyjson_val_write_opts(val, WRITE_FLAGS, &json_alc, &len, NULL);

	add_and_free(sb, text, len);
}

void json_mut_write(struct strbuf *sb, yyjson_mut_val *val)
{
	size_t len;
	char *text = yyjson_mut_val_write_opts(val, WRITE_FLAGS, &json_alc, &len, NULL);

	add_and_free(sb, text, len);
}

char *json_doc_text(yyjson_mut_doc *doc, size_t *ret_len)
{
	size_t len;
	char *text = yyjson_mut_write_opts(doc, WRITE_FLAGS, &json_alc, &len, NULL);

	assert(text);
	if (ret_len)
		*ret_len = len;
	return text;
}
