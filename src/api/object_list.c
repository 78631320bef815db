/* api/object_list.c - the reply, the label filter and the engine's own members. */
#include "api/object_list.h"

#include <string.h>

#include "api/reply.h"
#include "base/json.h"

void object_list_reply(
	struct request *rq, bool (*write)(struct cluster *cluster, const char *filters,
				    struct strbuf *to, struct error *err))
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_error struct error err = ERROR_INIT;

	if (write(rq->api->cluster, query_get(&rq->query, "filters"), &text, &err))
		reply_json(rq, 200, text.buf, text.len);
	else
		reply_error(rq, &err);
}

bool object_list_has_labels(
	const struct list_filters *f, const char *key, const struct labels *labels)
{
	const struct strv *wanted = list_filters_get(f, key);

	for (size_t i = 0; wanted && i < wanted->count; i++) {
		if (!labels_match(labels, wanted->items[i]))
			return false;
	}
	return true;
}

static bool is_excepted(yyjson_val *key, const char *const *except)
{
	for (size_t i = 0; except[i]; i++) {
		if (yyjson_equals_str(key, except[i]))
			return true;
	}
	return false;
}

void object_list_write_members(struct strbuf *sb, const char *entry, const char *const *except)
{
	auto_json yyjson_doc *doc = json_parse(entry, strlen(entry), NULL);
	yyjson_val *key, *value;
	size_t i, max;

	yyjson_obj_foreach(yyjson_doc_get_root(doc), i, max, key, value)
	{
		if (is_excepted(key, except))
			continue;
		strbuf_add_char(sb, ',');
		json_write(sb, key);
		strbuf_add_char(sb, ':');
		json_write(sb, value);
	}
}
