/*
 * GET /images/json, from memory, in one turn: what is written is bounded by the number of different
 * images, which is small even where thousands of engines have them.
 */
#include "api/images.h"

#include "api/images_merge.h"
#include "api/reply.h"

void images_list(struct request *rq)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct image_filter filter;
	struct engine **engines;
	size_t count;

	if (!image_filter_init(&filter, &rq->query, rq->version, rq->api->cluster, &err)) {
		reply_error(rq, &err);
		return;
	}
	engines = cluster_sorted_engines(rq->api->cluster, &count);
	images_merge_write(&text, &filter, rq->version, engines, count);
	free(engines);
	image_filter_finish(&filter);
	reply_json(rq, 200, text.buf, text.len);
}
