/*
 * api/images_list.c - GET /images/json, from memory.
 *
 * Memory has no sizes of shared layers, and no manifests.  A client that wants them waits for the
 * engines that know how to tell them; the others, and those that fail, are left to memory.
 */
#include "api/images.h"

#include <string.h>

#include "api/ask.h"
#include "api/images_filter.h"
#include "api/images_merge.h"
#include "docker/query_need.h"

/* For the head, and again for the rest: docker 29 asks for manifests with a plain `docker images`,
 * and without an engine's answer the list is still what it always was. */
enum { TELL_TIMEOUT_MS = 10 * 1000 };

/* Takes away what the peer does not know; is there still something that memory cannot answer? */
static bool asks_more(const struct request *rq, struct query *q, struct api_version peer)
{
	query_need_fit(rq->route->method, rq->route->path, peer, q);
	return query_need(rq->route->method, rq->route->path, q).major > 0;
}

/* The client's query as the engine knows it; false when there is no reason to ask. */
static bool read_question(const struct request *rq, const struct engine *e, struct query *q)
{
	(void)query_parse(q, rq->raw_query, strlen(rq->raw_query), NULL); /* it was read before */
	return asks_more(rq, q, rq->version) &&
	       asks_more(rq, q, remote_version(&e->remote, rq->version));
}

/*
 * The engine's filters only spare work: its answer adds to what memory lists.  Left out are those
 * that not all engines know (node, until), or that name an image which another one may have.
 */
static void fit_filters(struct query *q)
{
	static const char *const own[] = { "before", "node", "since", "until" };
	auto_list_filters struct list_filters filters = { 0 };

	if (!list_filters_parse(&filters, query_get(q, "filters"), NULL))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		list_filters_remove(&filters, own[i]);
	auto_free char *text = list_filters_format(&filters);

	query_set(q, "filters", text);
}

static char *query_for(const struct request *rq, const struct engine *e)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_query struct query q = QUERY_INIT;

	(void)read_question(rq, e, &q);
	fit_filters(&q);
	query_format(&q, &text);
	return strbuf_steal(&text);
}

static void add_engine(struct ask *a, const struct image_filter *filter, struct engine *e)
{
	struct request *rq = ask_request(a);
	auto_query struct query q = QUERY_INIT;

	if (!engine_is_healthy(e) || !images_filter_takes_node(filter, e) ||
		!read_question(rq, e, &q))
		return;
	auto_free char *query = query_for(rq, e);

	ask_add(a, e, "/images/json", query);
}

/* None when the filters are wrong, which the answer says. */
static bool prepare(struct ask *a, struct error *err maybe_unused)
{
	struct request *rq = ask_request(a);
	struct image_filter filter;
	struct engine **engines;
	size_t count;

	if (!images_filter_init(&filter, &rq->query, rq->version, rq->api->cluster, NULL))
		return true;
	engines = cluster_sorted_engines(rq->api->cluster, &count);
	for (size_t i = 0; i < count; i++)
		add_engine(a, &filter, engines[i]);
	free(engines);
	images_filter_finish(&filter);
	return true;
}

static struct object_list *list_told(struct ask *a, struct error *err)
{
	struct request *rq = ask_request(a);
	struct object_list *list = object_list_create(
		&images_merge_kind, rq->api->cluster, &rq->query, rq->version, err);

	if (list)
		images_merge_tell(list, &a->fanout);
	return list;
}

/* There is an engine that knows more than memory does, of what the client asks. */
static bool is_asked(const struct request *rq)
{
	const struct engine *e;

	if (query_need(rq->route->method, rq->route->path, &rq->query).major == 0)
		return false;
	cluster_each (e, rq->api->cluster, CLUSTER_ALL) {
		auto_query struct query q = QUERY_INIT;

		if (engine_is_healthy(e) && read_question(rq, e, &q))
			return true;
	}
	return false;
}

void images_list(struct request *rq)
{
	static const struct ask_kind kind = {
		.need = ASK_NONE_MUST,
		.mode = CALL_JSON,
		.timeout_ms = TELL_TIMEOUT_MS,
		.prepare = prepare,
		.list = list_told,
	};

	if (is_asked(rq))
		ask_run(rq, &kind);
	else
		object_list_reply(rq, &images_merge_kind);
}
