/*
 * api/images_inspect.c - GET /images/{name}/json.  Only a client that is older than all that the
 * engine speaks needs more than to be passed on.
 */
#include "api/images.h"
#include "api/typed.h"
#include "base/json.h"
#include "base/mem.h"
#include "docker/translate.h"
#include "manager/image_find.h"

static struct api_version spoken(const struct request *rq, const struct engine *e)
{
	return remote_version(&e->remote, rq->version);
}

static char *rewrite(
	struct typed *t, const char *body, size_t len, size_t *ret_len, struct error *err)
{
	auto_json yyjson_doc *doc = json_parse(body, len, err);
	auto_json_mut yyjson_mut_doc *edited = doc ? yyjson_doc_mut_copy(doc, NULL) : NULL;

	if (!edited)
		return NULL;
	translate_answer(TRANSLATE_IMAGE, edited, t->rq->version, spoken(t->rq, t->engine));
	return json_doc_text(edited, ret_len);
}

static void inspect_translated(struct request *rq, const struct image_holder *holder)
{
	auto_free char *path = request_path_for(rq, holder->reference);
	struct typed *t = typed_create(rq, holder->engine, path);

	t->rewrite = rewrite;
	typed_start(t);
}

void images_inspect(struct request *rq)
{
	struct image_holders holders;
	const struct image_holder *first;

	if (!images_find(rq, &holders, request_name(rq), IMAGE_MATCH_TAG, NULL)) {
		images_read(rq); /* which has the words */
		return;
	}
	images_order_holders(rq, &holders);
	first = &holders.items[0];
	if (translate_answer_differs(TRANSLATE_IMAGE, rq->version, spoken(rq, first->engine)))
		inspect_translated(rq, first);
	else
		images_read(rq);
	image_holders_finish(&holders);
}
