/* kv/etcd3_answer.c - its JSON, base64 and revisions. */
#include "kv/etcd3_answer.h"

#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/parse.h"

/* A number that may come as a string; 0 when absent, as the gateway means it. */
static bool read_number(yyjson_val *object, const char *key, int64_t *ret)
{
	yyjson_val *value = yyjson_obj_get(object, key);

	*ret = 0;
	if (!value)
		return true;
	if (yyjson_is_str(value))
		return parse_i64(yyjson_get_str(value), ret);
	*ret = json_get_int(object, key, 0);
	return yyjson_is_int(value);
}

static bool read_bytes(yyjson_val *object, const char *key, struct strbuf *ret)
{
	yyjson_val *value = yyjson_obj_get(object, key);

	if (!value)
		return true;
	return yyjson_is_str(value) &&
	       base64_decode(ret, yyjson_get_str(value), yyjson_get_len(value));
}

/* The part of the key below the directory; NULL for what is not a key in there. */
static const char *name_in(const struct strbuf *key, const char *directory)
{
	size_t len = strlen(directory);

	if (strlen(key->buf) != key->len || key->len <= len + 1)
		return NULL;
	if (strncmp(key->buf, directory, len) != 0 || key->buf[len] != '/')
		return NULL;
	return key->buf + len + 1;
}

static bool parse_pair(
	yyjson_val *pair, struct strbuf *ret_key, struct strbuf *ret_value, struct error *err)
{
	if (!yyjson_is_obj(pair) || !read_bytes(pair, "key", ret_key) ||
		!read_bytes(pair, "value", ret_value))
		return error_set(err, ERROR_PROTOCOL, "a key or value of etcd is not base64");
	return true;
}

static bool parse_entry(
	yyjson_val *pair, const char *directory, struct kv_entries *ret, struct error *err)
{
	auto_strbuf struct strbuf key = STRBUF_INIT;
	auto_strbuf struct strbuf value = STRBUF_INIT;

	if (!parse_pair(pair, &key, &value, err))
		return false;
	const char *name = name_in(&key, directory);
	if (name)
		kv_entries_add(ret, name, value.buf, value.len);
	return true;
}

static bool parse_revision(yyjson_val *answer, int64_t *ret, struct error *err)
{
	if (!read_number(json_get_obj(answer, "header"), "revision", ret) || *ret <= 0)
		return error_set(err, ERROR_PROTOCOL, "etcd's answer has no revision");
	return true;
}

static bool too_many(const char *directory, struct error *err)
{
	return error_set(
		err, ERROR_TOO_LARGE, "more than %d keys below %s", KV_MAX_ENTRIES, directory);
}

bool etcd3_parse_range(yyjson_val *answer, const char *directory, struct kv_entries *ret,
	int64_t *ret_revision, struct error *err)
{
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	yyjson_val *pairs = json_get_arr(answer, "kvs");
	int64_t revision;
	yyjson_arr_iter iter;
	yyjson_val *pair;

	if (!parse_revision(answer, &revision, err))
		return false;
	if (yyjson_arr_size(pairs) > KV_MAX_ENTRIES)
		return too_many(directory, err);
	yyjson_arr_iter_init(pairs, &iter);
	while ((pair = yyjson_arr_iter_next(&iter))) {
		if (!parse_entry(pair, directory, &entries, err))
			return false;
	}
	kv_entries_sort(&entries);
	*ret = entries;
	entries = KV_ENTRIES_INIT;
	*ret_revision = revision;
	return true;
}

bool etcd3_parse_key(yyjson_val *answer, struct etcd3_key *ret, struct error *err)
{
	yyjson_val *pair = yyjson_arr_get_first(json_get_arr(answer, "kvs"));
	auto_strbuf struct strbuf key = STRBUF_INIT;
	auto_strbuf struct strbuf value = STRBUF_INIT;

	*ret = (struct etcd3_key){ 0 };
	if (!parse_revision(answer, &ret->revision, err))
		return false;
	if (!pair)
		return true;
	if (!parse_pair(pair, &key, &value, err))
		return false;
	if (!read_number(pair, "lease", &ret->lease))
		return error_set(err, ERROR_PROTOCOL, "a key of etcd has no proper lease");
	ret->value = strbuf_steal(&value);
	return true;
}

bool etcd3_line_is_news(yyjson_val *line)
{
	yyjson_val *result = json_get_obj(line, "result");

	return !result || yyjson_arr_size(json_get_arr(result, "events")) > 0 ||
	       json_get_bool(result, "canceled", false);
}

static bool apply_event(yyjson_val *event, const char *directory, struct kv_entries *entries,
	bool *ret_changed, struct error *err)
{
	bool is_delete = strcmp(json_get_str(event, "type", "PUT"), "DELETE") == 0;
	auto_strbuf struct strbuf key = STRBUF_INIT;
	auto_strbuf struct strbuf value = STRBUF_INIT;

	if (!parse_pair(yyjson_obj_get(event, "kv"), &key, &value, err))
		return false;
	const char *name = name_in(&key, directory);
	if (!name)
		return true;
	if (is_delete)
		*ret_changed |= kv_entries_remove(entries, name);
	else
		*ret_changed |= kv_entries_set(entries, name, value.buf, value.len);
	return entries->count <= KV_MAX_ENTRIES || too_many(directory, err);
}

static bool refused(yyjson_val *line, struct error *err)
{
	yyjson_val *error = json_get_obj(line, "error");
	const char *text = error ? json_get_str(error, "message", "no reason given")
				 : json_get_str(line, "error", "an answer without a result");

	return error_set(err, ERROR_ENGINE, "etcd ended the watch: %s", text);
}

bool etcd3_parse_watch(yyjson_val *line, const char *directory, struct kv_entries *entries,
	struct etcd3_news *ret, struct error *err)
{
	yyjson_val *result = json_get_obj(line, "result");
	yyjson_arr_iter iter;
	yyjson_val *event;

	*ret = (struct etcd3_news){ 0 };
	if (!result)
		return refused(line, err);
	yyjson_arr_iter_init(json_get_arr(result, "events"), &iter);
	while ((event = yyjson_arr_iter_next(&iter))) {
		if (!apply_event(event, directory, entries, &ret->changed, err))
			return false;
	}
	ret->ended = json_get_bool(result, "canceled", false);
	return true;
}

bool etcd3_parse_grant(yyjson_val *answer, int64_t *ret_lease, struct error *err)
{
	int64_t lease;

	if (!read_number(answer, "ID", &lease) || lease <= 0)
		return error_set(err, ERROR_PROTOCOL, "etcd's answer names no lease");
	*ret_lease = lease;
	return true;
}

bool etcd3_parse_keepalive(yyjson_val *answer, bool *ret_alive, struct error *err)
{
	yyjson_val *result = json_get_obj(answer, "result");
	int64_t ttl;

	if (!result || !read_number(result, "TTL", &ttl))
		return error_set(err, ERROR_PROTOCOL, "etcd's answer about a lease makes no sense");
	*ret_alive = ttl > 0;
	return true;
}

bool etcd3_parse_txn(yyjson_val *answer, bool *ret_succeeded, struct error *err)
{
	int64_t revision;

	if (!parse_revision(answer, &revision, err))
		return false;
	*ret_succeeded = json_get_bool(answer, "succeeded", false);
	return true;
}

/* It goes into a header as it is. */
static bool is_header_value(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c <= ' ' || *c == 0x7f)
			return false;
	}
	return *text != '\0';
}

bool etcd3_parse_token(yyjson_val *answer, const char **ret_token, struct error *err)
{
	const char *token = json_get_str(answer, "token", "");

	if (!is_header_value(token))
		return error_set(err, ERROR_PROTOCOL, "etcd's answer has no token");
	*ret_token = token;
	return true;
}

void etcd3_write_bytes(struct strbuf *sb, const char *text)
{
	strbuf_add_char(sb, '"');
	base64_encode(sb, text, strlen(text));
	strbuf_add_char(sb, '"');
}

/* '0' follows '/' in ASCII, so "nodes0" is the first key behind all of "nodes/...". */
void etcd3_write_range(struct strbuf *sb, const char *directory)
{
	auto_strbuf struct strbuf bound = STRBUF_INIT;

	strbuf_addf(&bound, "%s/", directory);
	strbuf_add_str(sb, "{\"key\":");
	etcd3_write_bytes(sb, bound.buf);
	bound.buf[bound.len - 1] = '0';
	strbuf_add_str(sb, ",\"range_end\":");
	etcd3_write_bytes(sb, bound.buf);
}
