/* api/plugins.c - what all nodes say is joined; one plugin is looked for on each in turn. */
#include "api/plugins.h"

#include <string.h>

#include "api/ask.h"
#include "api/proxy.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"

enum { PLUGINS_TIMEOUT_MS = 60 * 1000 };

/* --- list --- */

/* Plugins are installed engine by engine, so each is shown with its node. */
static void add_plugin(
	struct engine *e, yyjson_val *plugin, yyjson_mut_doc *doc, yyjson_mut_val *list)
{
	yyjson_mut_val *copy = yyjson_val_mut_copy(doc, plugin);
	yyjson_mut_val *name = yyjson_mut_obj_get(copy, "Name");
	auto_free char *shown = xasprintf("%s/%s", e->name, json_get_str(plugin, "Name", ""));

	if (name)
		yyjson_mut_obj_put(
			copy, yyjson_mut_str(doc, "Name"), yyjson_mut_strcpy(doc, shown));
	yyjson_mut_arr_append(list, copy);
}

static bool prepare_list(struct ask *a, struct error *err)
{
	return ask_add_healthy(a, "/plugins", err);
}

static char *merge_lists(struct ask *a, size_t *ret_len, struct error *err maybe_unused)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *list = yyjson_mut_arr(doc);

	yyjson_mut_doc_set_root(doc, list);
	for (size_t i = 0; i < a->fanout.count; i++) {
		struct fanout_item *item = &a->fanout.items[i];
		yyjson_val *plugin;
		size_t k, max;

		yyjson_arr_foreach(yyjson_doc_get_root(item->call.json), k, max, plugin)
			add_plugin(item->engine, plugin, doc, list);
	}
	return json_doc_text(doc, ret_len);
}

void plugins_list(struct request *rq)
{
	static const struct ask_kind kind = {
		.need = ASK_ONE_MUST,
		.mode = CALL_JSON,
		.timeout_ms = PLUGINS_TIMEOUT_MS,
		.may_lack = true, /* Podman */
		.prepare = prepare_list,
		.answer = merge_lists,
	};

	ask_run(rq, &kind);
}

/* --- inspect --- */

/* The first engine that has it; a plain name means any of them. */
static char *pick_first(struct ask *a, size_t *ret_len, struct error *err)
{
	for (size_t i = 0; i < a->fanout.count; i++) {
		yyjson_val *root = yyjson_doc_get_root(a->fanout.items[i].call.json);
		auto_strbuf struct strbuf text = STRBUF_INIT;

		if (!root)
			continue;
		json_write(&text, root);
		*ret_len = text.len;
		return strbuf_steal(&text);
	}
	error_set(err, ERROR_NOT_FOUND, "plugin \"%s\" not found", request_name(ask_request(a)));
	return NULL;
}

/* "node-1/vieux/sshfs" is node-1's; everything else is a name by itself. */
static struct engine *named_engine(struct request *rq, const char **ret_plugin)
{
	const char *name = request_name(rq), *slash = strchr(name, '/');
	auto_free char *node = slash ? xstrndup(name, (size_t)(slash - name)) : NULL;
	struct engine *e = node ? cluster_find_engine(rq->api->cluster, node) : NULL;

	*ret_plugin = e ? slash + 1 : name;
	return e && engine_is_healthy(e) ? e : NULL;
}

static bool prepare_inspect(struct ask *a, struct error *err)
{
	const char *plugin;
	struct engine *e = named_engine(ask_request(a), &plugin);
	auto_free char *path = request_path_for(ask_request(a), plugin);

	return e ? ask_add(a, e, path, NULL) != NULL : ask_add_healthy(a, path, err);
}

void plugins_inspect(struct request *rq)
{
	static const struct ask_kind kind = {
		.need = ASK_ONE_MUST,
		.mode = CALL_JSON,
		.timeout_ms = PLUGINS_TIMEOUT_MS,
		.may_lack = true,
		.prepare = prepare_inspect,
		.answer = pick_first,
	};

	ask_run(rq, &kind);
}

void plugins_privileges(struct request *rq)
{
	proxy_any(rq);
}

void plugins_manage(struct request *rq)
{
	reply_errorf(rq, 501, "plugin management is not available on this endpoint");
}
