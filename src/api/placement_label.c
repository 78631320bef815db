#include "api/placement_label.h"

#include <string.h>

#include "base/json.h"

bool placement_label_read(
	yyjson_mut_doc *body, const char *label, struct strv *ret, struct error *err)
{
	yyjson_mut_val *labels = yyjson_mut_obj_get(yyjson_mut_doc_get_root(body), "Labels");
	const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(labels, label));
	auto_json yyjson_doc *list = NULL;
	yyjson_val *item;
	size_t i, max;

	if (!text || !*text)
		return true;
	list = json_parse(text, strlen(text), err);
	if (!list)
		return error_wrap(err, "label %s", label);
	if (!yyjson_is_arr(yyjson_doc_get_root(list)))
		return error_set(
			err, ERROR_INVALID, "label %s: a list of expressions is expected", label);
	yyjson_arr_foreach(yyjson_doc_get_root(list), i, max, item)
	{
		if (!yyjson_is_str(item))
			return error_set(err, ERROR_INVALID,
				"label %s: a list of expressions is expected", label);
		strv_add(ret, yyjson_get_str(item));
	}
	return true;
}
