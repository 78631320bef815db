/* kv/consul_answer.c - its JSON, its indexes and its errors. */
#include "kv/consul_answer.h"

#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/parse.h"

static bool decode_value(yyjson_val *object, struct strbuf *ret)
{
	yyjson_val *value = yyjson_obj_get(object, "Value");

	if (!value || yyjson_is_null(value))
		return true;
	return yyjson_is_str(value) &&
	       base64_decode(ret, yyjson_get_str(value), yyjson_get_len(value));
}

/* The part of the key below the directory; NULL for what is not a key in there. */
static const char *name_in(const char *key, const char *directory)
{
	size_t len = strlen(directory);

	if (strncmp(key, directory, len) != 0 || key[len] != '/' || str_ends_with(key, "/"))
		return NULL;
	return key + len + 1;
}

static bool parse_entry(
	yyjson_val *object, const char *directory, struct kv_entries *ret, struct error *err)
{
	const char *key = json_get_str(object, "Key", NULL);
	auto_strbuf struct strbuf value = STRBUF_INIT;

	if (!key)
		return error_set(err, ERROR_PROTOCOL, "an entry without a key in Consul's answer");
	if (!name_in(key, directory))
		return true;
	if (!decode_value(object, &value))
		return error_set(err, ERROR_PROTOCOL, "key %s: its value is not base64", key);
	kv_entries_add(ret, name_in(key, directory), value.buf, value.len);
	return true;
}

bool consul_parse_entries(
	yyjson_val *answer, const char *directory, struct kv_entries *ret, struct error *err)
{
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	yyjson_arr_iter iter;
	yyjson_val *object;

	if (!yyjson_is_arr(answer))
		return error_set(err, ERROR_PROTOCOL, "Consul's list of keys is not an array");
	if (yyjson_arr_size(answer) > KV_MAX_ENTRIES)
		return error_set(err, ERROR_TOO_LARGE, "more than %d keys below %s", KV_MAX_ENTRIES,
			directory);
	yyjson_arr_iter_init(answer, &iter);
	while ((object = yyjson_arr_iter_next(&iter))) {
		if (!parse_entry(object, directory, &entries, err))
			return false;
	}
	kv_entries_sort(&entries);
	*ret = entries;
	entries = KV_ENTRIES_INIT;
	return true;
}

static bool flags_are_right(yyjson_val *object)
{
	yyjson_val *flags = yyjson_obj_get(object, "Flags");

	return yyjson_is_uint(flags) && yyjson_get_uint(flags) == UINT64_C(3304740253564472344);
}

static bool is_session_id(const char *id)
{
	return *id && strlen(id) == strspn(id, "0123456789abcdefABCDEF-");
}

/* The key's object, its value and who holds it. */
static yyjson_val *parse_held(
	yyjson_val *answer, struct strbuf *ret_value, const char **ret_session, struct error *err)
{
	yyjson_val *object = yyjson_is_arr(answer) ? yyjson_arr_get_first(answer) : NULL;

	*ret_session = json_get_str(object, "Session", NULL);
	if (!yyjson_is_obj(object) || !decode_value(object, ret_value)) {
		error_set(err, ERROR_PROTOCOL, "Consul's answer about a key makes no sense");
		return NULL;
	}
	if (*ret_session && !is_session_id(*ret_session)) {
		error_set(err, ERROR_PROTOCOL, "a key of Consul names no proper session");
		return NULL;
	}
	return object;
}

bool consul_parse_key(
	yyjson_val *answer, const char *value, struct consul_key *ret, struct error *err)
{
	auto_strbuf struct strbuf found = STRBUF_INIT;
	yyjson_val *object = parse_held(answer, &found, &ret->session, err);

	if (!object)
		return false;
	ret->value_is_right = flags_are_right(object) && found.len == strlen(value) &&
			      memcmp(found.buf, value, found.len) == 0;
	return true;
}

bool consul_parse_holder(yyjson_val *answer, struct consul_holder *ret, struct error *err)
{
	auto_strbuf struct strbuf found = STRBUF_INIT;

	if (!parse_held(answer, &found, &ret->session, err))
		return false;
	ret->value = strbuf_steal(&found);
	return true;
}

bool consul_parse_session(yyjson_val *answer, const char **ret_id, struct error *err)
{
	const char *id = json_get_str(answer, "ID", "");

	if (!is_session_id(id))
		return error_set(
			err, ERROR_PROTOCOL, "Consul's answer names no session that it created");
	*ret_id = id;
	return true;
}

int64_t consul_parse_renewed_ttl(yyjson_val *answer)
{
	yyjson_val *object = yyjson_is_arr(answer) ? yyjson_arr_get_first(answer) : NULL;
	const char *ttl = json_get_str(object, "TTL", "0");
	int64_t ns;

	return parse_duration(ttl, &ns, NULL) && ns > 0 ? ns / 1000000 : 0;
}
