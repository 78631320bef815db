/* api/prune.c - the filters fitted to each engine, their answers added up. */
#include "api/prune.h"

#include "api/ask.h"
#include "base/json.h"
#include "base/mem.h"

enum { PRUNE_TIMEOUT_MS = 10 * 60 * 1000 };

struct prune {
	struct ask ask;
	const struct prune_kind *kind;
};

/* --- asking --- */

/* The client's query, with the filters as this engine shall see them. */
static void format_query(const struct prune *p, const struct engine *e,
	const struct list_filters *filters, struct strbuf *to)
{
	auto_query struct query query = QUERY_INIT;
	auto_free char *text = list_filters_format(filters);

	query_copy(&query, &ask_request(&p->ask)->query);
	query_set(&query, "filters", text);
	if (p->kind->edit_query)
		p->kind->edit_query(e, &query);
	query_format(&query, to);
}

static void ask_engine(struct prune *p, struct engine *e, const struct list_filters *filters)
{
	auto_strbuf struct strbuf query = STRBUF_INIT;

	format_query(p, e, filters, &query);
	ask_add(&p->ask, e, p->kind->path, query.buf);
}

/* The filters are parsed anew for every engine, because `prepare` may change them. */
static bool consider_engine(struct prune *p, struct engine *e, struct error *err)
{
	auto_list_filters struct list_filters filters = { 0 };
	const struct strv *nodes;
	bool flag;

	if (!list_filters_parse(
		    &filters, query_get(&ask_request(&p->ask)->query, "filters"), err) ||
		(p->kind->filters && !list_filters_check(&filters, p->kind->filters, err)) ||
		(p->kind->flag && !list_filters_flag(&filters, p->kind->flag, false, &flag, err)))
		return false;
	nodes = list_filters_get(&filters, "node");
	if (nodes && !strv_contains(nodes, e->name))
		return true;
	list_filters_remove(&filters, "node"); /* engines do not know it */
	if (!p->kind->prepare || p->kind->prepare(ask_request(&p->ask), e, &filters))
		ask_engine(p, e, &filters);
	return true;
}

static bool prune_prepare(struct ask *a, struct error *err)
{
	struct prune *p = container_of(a, struct prune, ask);
	bool is_there = false;
	struct engine *e;

	cluster_each (e, ask_request(a)->api->cluster, CLUSTER_HEALTHY) {
		is_there = true;
		if (!consider_engine(p, e, err))
			return false;
	}
	return is_there ||
	       error_set(err, ERROR_UNAVAILABLE, "No healthy node available in the cluster");
}

/* --- adding up --- */

/* A copy of one deleted thing: a name, or an object (images), which passes whole. */
static void add_deleted(const struct prune *p, struct engine *e, yyjson_val *deleted,
	yyjson_mut_doc *doc, yyjson_mut_val *list)
{
	auto_strbuf struct strbuf shown = STRBUF_INIT;

	if (!p->kind->deleted || !yyjson_is_str(deleted)) {
		yyjson_mut_arr_append(list, yyjson_val_mut_copy(doc, deleted));
		return;
	}
	p->kind->deleted(e, yyjson_get_str(deleted), &shown);
	yyjson_mut_arr_add_strncpy(doc, list, shown.buf, shown.len);
}

static void add_answer(const struct prune *p, struct fanout_item *item, yyjson_mut_doc *doc,
	yyjson_mut_val *list, int64_t *reclaimed)
{
	yyjson_val *answer = yyjson_doc_get_root(item->call.json), *deleted;
	size_t i, max;

	yyjson_arr_foreach(json_get_arr(answer, p->kind->deleted_key), i, max, deleted)
		add_deleted(p, item->engine, deleted, doc, list);
	if (__builtin_add_overflow(
		    *reclaimed, json_get_int(answer, "SpaceReclaimed", 0), reclaimed))
		*reclaimed = INT64_MAX;
}

static char *prune_answer(struct ask *a, size_t *ret_len, struct error *err maybe_unused)
{
	struct prune *p = container_of(a, struct prune, ask);
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc), *list = yyjson_mut_arr(doc);
	int64_t reclaimed = 0;

	yyjson_mut_doc_set_root(doc, root);
	for (size_t i = 0; i < a->fanout.count; i++)
		add_answer(p, &a->fanout.items[i], doc, list, &reclaimed);
	yyjson_mut_obj_add_val(doc, root, p->kind->deleted_key, list);
	yyjson_mut_obj_add_sint(doc, root, "SpaceReclaimed", reclaimed);
	return json_doc_text(doc, ret_len);
}

static void prune_refresh(struct ask *a)
{
	struct prune *p = container_of(a, struct prune, ask);

	if (p->kind->refresh)
		refreshes_after(&a->refreshes, &a->fanout, p->kind->refresh, &a->errand.task);
}

void prune_start(struct request *rq, const struct prune_kind *kind)
{
	static const struct ask_kind ask_kind = {
		.size = sizeof(struct prune),
		.need = ASK_ONE_MUST,
		.mode = CALL_JSON,
		.timeout_ms = PRUNE_TIMEOUT_MS,
		.may_lack = true,
		.prepare = prune_prepare,
		.refresh = prune_refresh,
		.answer = prune_answer,
	};
	struct ask *a = ask_create(rq, &ask_kind);

	container_of(a, struct prune, ask)->kind = kind;
	ask_start(a);
}
