/*
 * docker/config_expressions.c - scheduling expressions, from the environment to labels.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "docker/config.h"
#include "docker/config_private.h"

struct expression_kind {
	const char *word;  /* before ':' in the environment */
	const char *label; /* which keeps the list as a JSON array */
	size_t list;       /* offset of the strv in struct container_config */
};

static const struct expression_kind expression_kinds[] = {
	{ "affinity", LABEL_AFFINITIES, offsetof(struct container_config, affinities) },
	{ "constraint", LABEL_CONSTRAINTS, offsetof(struct container_config, constraints) },
	{ "whitelist", LABEL_WHITELISTS, offsetof(struct container_config, whitelists) },
	{ "reschedule", LABEL_RESCHEDULE, offsetof(struct container_config, policies) },
};

static struct strv *list_of(struct container_config *c, const struct expression_kind *kind)
{
	return (struct strv *)((char *)c + kind->list);
}

bool config_split_expression(const char *env, struct strv *affinities, struct strv *constraints,
	struct strv *whitelists, struct strv *policies)
{
	struct strv *const lists[] = { affinities, constraints, whitelists, policies };
	const char *colon = strchr(env, ':');
	size_t len = colon ? (size_t)(colon - env) : 0;

	for (size_t i = 0; colon && i < ARRAY_SIZE(expression_kinds); i++) {
		const char *word = expression_kinds[i].word;

		if (strlen(word) != len || strncmp(env, word, len) != 0)
			continue;
		strv_add(lists[i], colon + 1);
		return true;
	}
	return false;
}

/* The strings of a label; what is no array of strings is somebody else's text and gives none. */
static void read_label_list(const char *text, struct strv *ret)
{
	auto_json yyjson_doc *doc = json_parse(text, strlen(text), NULL);
	auto_strv struct strv found = STRV_INIT;
	yyjson_val *root = yyjson_doc_get_root(doc), *item;
	yyjson_arr_iter iter;

	yyjson_arr_iter_init(root, &iter);
	while ((item = yyjson_arr_iter_next(&iter))) {
		if (!yyjson_is_str(item))
			return;
		strv_add(&found, yyjson_get_str(item));
	}
	strv_copy(ret, &found);
}

static char *format_label_list(const struct strv *list)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	strbuf_add_char(&sb, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			strbuf_add_char(&sb, ',');
		strbuf_add_json_str(&sb, list->items[i], strlen(list->items[i]));
	}
	strbuf_add_char(&sb, ']');
	return strbuf_steal(&sb);
}

/* Take the expressions out of the environment; one with nothing left is null. */
static void take_expressions(struct container_config *c, const struct strv *env)
{
	/* built anew: removing while walking visits elements twice in yyjson 0.10 */
	yyjson_mut_val *rest = yyjson_mut_arr(c->doc);

	for (size_t i = 0; i < env->count; i++) {
		if (!config_split_expression(env->items[i], &c->affinities, &c->constraints,
			    &c->whitelists, &c->policies))
			yyjson_mut_arr_add_strcpy(c->doc, rest, env->items[i]);
	}
	if (yyjson_mut_arr_size(rest) == env->count)
		return;
	if (yyjson_mut_arr_size(rest) == 0)
		rest = yyjson_mut_null(c->doc);
	config_put(c->doc, config_root(c), "Env", rest);
}

static void read_labels(struct container_config *c, struct config_reader *r)
{
	yyjson_mut_val *labels = config_read_object(r, config_root(c), "", "Labels"), *key;
	yyjson_mut_obj_iter iter;

	labels_reserve(&c->labels, yyjson_mut_obj_size(labels));
	yyjson_mut_obj_iter_init(labels, &iter);
	while ((key = yyjson_mut_obj_iter_next(&iter))) {
		yyjson_mut_val *value = yyjson_mut_obj_iter_get_val(key);
		const char *name = config_plain_str(key);
		const char *text = yyjson_mut_is_null(value) ? "" : config_plain_str(value);

		if (name && text)
			labels_append(&c->labels, name, text);
		else if (!config_reader_fail(r, "", "Labels", "an object of strings"))
			return;
	}
}

bool config_read_expressions(struct container_config *c, struct config_reader *r)
{
	auto_strv struct strv env = STRV_INIT;

	read_labels(c, r);
	config_read_strv(r, config_root(c), "", "Env", &env);
	if (r->failed)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(expression_kinds); i++) {
		const char *text = labels_get(&c->labels, expression_kinds[i].label);

		if (text)
			read_label_list(text, list_of(c, &expression_kinds[i]));
	}
	take_expressions(c, &env);
	for (size_t i = 0; i < ARRAY_SIZE(expression_kinds); i++) {
		const struct strv *list = list_of(c, &expression_kinds[i]);

		if (!config_check_count(r, "", expression_kinds[i].word, list->count))
			return false;
		if (list->count == 0)
			continue;
		auto_free char *text = format_label_list(list);
		config_put_label(c, expression_kinds[i].label, text);
	}
	return true;
}
