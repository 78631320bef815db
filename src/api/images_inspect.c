/*
 * api/images_inspect.c - GET /images/{name}/json.  Only a client that is older than all that the
 * engine speaks needs more than to be passed on.
 */
#include "api/ask.h"
#include "api/images.h"
#include "base/json.h"
#include "base/mem.h"
#include "docker/translate.h"
#include "manager/image_holders.h"

enum { INSPECT_TIMEOUT_MS = 60 * 1000 };

static struct api_version spoken(const struct request *rq, const struct engine *e)
{
	return remote_version(&e->remote, rq->version);
}

/* The engine that images_read would ask first. */
static bool find_first(struct request *rq, struct image_holders *ret, struct error *err)
{
	if (!images_find(rq, ret, request_name(rq), IMAGE_MATCH_TAG, err))
		return false;
	images_order_holders(rq, ret, request_name(rq));
	return true;
}

static bool prepare(struct ask *a, struct error *err)
{
	struct request *rq = ask_request(a);
	struct image_holders holders;

	if (!find_first(rq, &holders, err))
		return false;
	auto_free char *path = request_path_for(rq, holders.items[0].reference);

	ask_add(a, holders.items[0].engine, path, NULL);
	image_holders_finish(&holders);
	return true;
}

static char *rewrite(struct ask *a, size_t *ret_len, struct error *err)
{
	const struct fanout_item *item = &a->fanout.items[0];
	struct request *rq = ask_request(a);
	auto_json_mut yyjson_mut_doc *edited = yyjson_doc_mut_copy(item->call.json, NULL);

	if (!edited) {
		error_set(err, ERROR_PROTOCOL, "node %s answered an inspect with nothing",
			item->engine->name);
		return NULL;
	}
	translate_answer(TRANSLATE_IMAGE, edited, rq->version, spoken(rq, item->engine));
	return json_doc_text(edited, ret_len);
}

void images_inspect(struct request *rq)
{
	static const struct ask_kind kind = {
		.order = ASK_FIRST,
		.mode = CALL_JSON,
		.timeout_ms = INSPECT_TIMEOUT_MS,
		.prepare = prepare,
		.answer = rewrite,
	};
	struct image_holders holders;
	bool differs = false;

	if (find_first(rq, &holders, NULL)) {
		differs = translate_answer_differs(
			TRANSLATE_IMAGE, rq->version, spoken(rq, holders.items[0].engine));
		image_holders_finish(&holders);
	}
	if (differs)
		ask_run(rq, &kind);
	else
		images_read(rq); /* which has the words for what is not found */
}
