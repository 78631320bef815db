/* api/placement_label.c - the labels of a body that is about to be passed on. */
#include "api/placement_label.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* Appended; without the label nothing is. */
static bool read_list(yyjson_mut_doc *body, const char *label, struct strv *ret, struct error *err)
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

static void read_labels(yyjson_mut_doc *body, struct labels *ret)
{
	yyjson_mut_val *labels = yyjson_mut_obj_get(yyjson_mut_doc_get_root(body), "Labels"), *key;
	yyjson_mut_obj_iter iter;

	if (!yyjson_mut_is_obj(labels))
		return;
	yyjson_mut_obj_iter_init(labels, &iter);
	while ((key = yyjson_mut_obj_iter_next(&iter))) {
		const char *value = yyjson_mut_get_str(yyjson_mut_obj_iter_get_val(key));

		if (value)
			labels_add(ret, yyjson_mut_get_str(key), value);
	}
}

struct wish *placement_wish(yyjson_mut_doc *body, const char *node, struct error *err)
{
	auto_strv struct strv affinities = STRV_INIT, constraints = STRV_INIT,
			      whitelists = STRV_INIT;
	struct labels labels = { 0 };
	struct wish *w;

	if (*node)
		strv_take(&constraints, xasprintf("node==%s", node));
	if (!read_list(body, LABEL_AFFINITIES, &affinities, err) ||
		!read_list(body, LABEL_CONSTRAINTS, &constraints, err) ||
		!read_list(body, LABEL_WHITELISTS, &whitelists, err))
		return NULL;
	w = wish_create_expressions(&affinities, &constraints, &whitelists, 0, 0, err);
	if (!w)
		return NULL;
	read_labels(body, &labels);
	wish_set_labels(w, &labels);
	labels_finish(&labels);
	return w;
}

const char *placement_session(const struct request *rq)
{
	const char *id = headers_get(&rq->x->head.headers, "x-tc-sid");

	return id && *id ? id : NULL;
}

void placement_session_write(const struct request *rq, yyjson_mut_doc *body)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(body);
	yyjson_mut_val *labels = yyjson_mut_obj_get(root, "Labels");
	const char *id = placement_session(rq);

	if (!id || (labels && !yyjson_mut_is_null(labels) && !yyjson_mut_is_obj(labels)))
		return; /* what is no object of labels is the engine's to refuse */
	if (!yyjson_mut_is_obj(labels)) {
		labels = yyjson_mut_obj(body);
		yyjson_mut_obj_put(root, yyjson_mut_str(body, "Labels"), labels);
	}
	if (!yyjson_mut_obj_get(labels, LABEL_TESTCONTAINERS))
		yyjson_mut_obj_put(labels, yyjson_mut_str(body, LABEL_TESTCONTAINERS),
			yyjson_mut_strcpy(body, id));
}
