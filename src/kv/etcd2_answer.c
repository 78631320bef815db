/* kv/etcd2_answer.c - its JSON, its indexes and its errors. */
#include "kv/etcd2_answer.h"

#include <string.h>

#include "base/json.h"

static const char *last_part(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash ? slash + 1 : key;
}

static bool parse_node(yyjson_val *node, struct kv_entries *ret, struct error *err)
{
	const char *key = json_get_str(node, "key", NULL);
	yyjson_val *value = yyjson_obj_get(node, "value");

	if (!key)
		return error_set(err, ERROR_PROTOCOL, "a node without a key in etcd's answer");
	if (json_get_bool(node, "dir", false))
		return true;
	if (!yyjson_is_str(value))
		return error_set(err, ERROR_PROTOCOL, "key %s of etcd has no value", key);
	kv_entries_add(ret, last_part(key), yyjson_get_str(value), yyjson_get_len(value));
	return true;
}

bool etcd2_parse_list(yyjson_val *answer, struct kv_entries *ret, struct error *err)
{
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	yyjson_val *directory = json_get_obj(answer, "node");
	yyjson_val *nodes = json_get_arr(directory, "nodes"); /* absent when there are none */
	yyjson_arr_iter iter;
	yyjson_val *node;

	if (!directory || !json_get_bool(directory, "dir", false))
		return error_set(err, ERROR_PROTOCOL, "etcd's answer is no directory");
	if (yyjson_arr_size(nodes) > KV_MAX_ENTRIES)
		return error_set(
			err, ERROR_TOO_LARGE, "more than %d keys in a directory", KV_MAX_ENTRIES);
	yyjson_arr_iter_init(nodes, &iter);
	while ((node = yyjson_arr_iter_next(&iter))) {
		if (!parse_node(node, &entries, err))
			return false;
	}
	kv_entries_sort(&entries);
	*ret = entries;
	entries = KV_ENTRIES_INIT;
	return true;
}

/* Classic agents write the same value again at every heartbeat. */
static bool is_repetition(yyjson_val *answer)
{
	const char *now = json_get_str(json_get_obj(answer, "node"), "value", NULL);
	const char *before = json_get_str(json_get_obj(answer, "prevNode"), "value", NULL);

	return now && before && strcmp(now, before) == 0;
}

bool etcd2_parse_event(yyjson_val *answer, struct etcd2_event *ret, struct error *err)
{
	yyjson_val *node = json_get_obj(answer, "node");
	int64_t index = json_get_int(node, "modifiedIndex", 0);

	if (index <= 0)
		return error_set(err, ERROR_PROTOCOL, "an event of etcd without an index");
	*ret = (struct etcd2_event){ .index = (uint64_t)index, .is_news = !is_repetition(answer) };
	return true;
}

bool etcd2_parse_node(yyjson_val *answer, struct etcd2_node *ret, struct error *err)
{
	yyjson_val *node = json_get_obj(answer, "node");
	int64_t created = json_get_int(node, "createdIndex", 0);
	int64_t modified = json_get_int(node, "modifiedIndex", 0);

	if (created <= 0 || modified <= 0)
		return error_set(err, ERROR_PROTOCOL, "etcd's answer about a key makes no sense");
	*ret = (struct etcd2_node){
		.value = json_get_str(node, "value", ""),
		.created = (uint64_t)created,
		.modified = (uint64_t)modified,
	};
	return true;
}

bool etcd2_value_is(yyjson_val *answer, const char *value)
{
	return strcmp(json_get_str(json_get_obj(answer, "node"), "value", ""), value) == 0;
}

int etcd2_error_code(const char *body, size_t len)
{
	auto_json yyjson_doc *doc = json_parse(body, len, NULL);
	int64_t code = json_get_int(yyjson_doc_get_root(doc), "errorCode", 0);

	return code > 0 && code < 1000 ? (int)code : 0;
}
