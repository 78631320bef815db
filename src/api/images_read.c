/* api/images_read.c - what one engine that has the image can tell, or do, for all. */
#include "api/images.h"

#include <string.h>

#include "api/asker.h"
#include "api/failover.h"
#include "api/images_collect.h"
#include "api/reply.h"
#include "base/mem.h"
#include "docker/query_need.h"
#include "docker/reference.h"
#include "manager/builds.h"

/* In one archive; each may be on every engine. */
enum { NAMES_MAX = 512 };

/* The id that this client was told of the image comes before all; else who understands the whole
 * query. */
void images_order_holders(const struct request *rq, struct image_holders *holders, const char *name)
{
	image_holders_prefer(holders, query_need(rq->x->head.method, rq->route->path, &rq->query));
	asker_order_holders(rq, holders, name);
}

/* What this client has just built is on the engine of its builds before the list of that engine's
 * images has been read again: buildx pushes within the same connection. */
static bool find_own_build(struct request *rq, struct image_holders *ret, const char *name)
{
	struct engine *e =
		builds_find(rq->api->manager->builds, BUILD_KEY_CLIENT, request_client(rq));

	if (!e)
		return false;
	*ret = (struct image_holders){ 0 };
	image_holders_add(ret, e, name, NULL);
	return true;
}

bool images_find(struct request *rq, struct image_holders *ret, const char *name,
	enum image_match how, struct error *err)
{
	auto_error struct error why = ERROR_INIT;

	if (image_holders_find_last(ret, rq->api->cluster, name, how, &why))
		return true;
	if (why.code == ERROR_NOT_FOUND && find_own_build(rq, ret, name))
		return true;
	error_move(err, &why);
	return false;
}

static bool find_or_reply(
	struct request *rq, struct image_holders *holders, const char *name, enum image_match how)
{
	auto_error struct error err = ERROR_INIT;

	if (images_find(rq, holders, name, how, &err)) {
		images_order_holders(rq, holders, name);
		return true;
	}
	reply_error(rq, &err);
	return false;
}

/*
 * Inspect, history, attestations.  The first healthy node that has the image answers, always the
 * same one, because images with the same name can have different ids on different nodes and Compose
 * compares them; api/asker.h knows better.
 */
void images_read(struct request *rq)
{
	struct image_holders holders;
	struct failover *f;

	if (!find_or_reply(rq, &holders, request_name(rq), IMAGE_MATCH_TAG))
		return;
	f = failover_create(rq, &holders);
	failover_set_path(f, request_path_for);
	failover_start(f);
}

/* A name without a tag means all of its tags here, so it must reach the engine as it is. */
void images_save(struct request *rq)
{
	struct image_holders holders;

	if (find_or_reply(rq, &holders, request_name(rq), IMAGE_MATCH_ANY_TAG))
		failover_start(failover_create(rq, &holders));
}

void images_save_many(struct request *rq)
{
	auto_strv struct strv names = STRV_INIT;
	auto_error struct error err = ERROR_INIT;
	struct image_holders holders;

	for (size_t i = 0; i < rq->query.count; i++) {
		if (strcmp(rq->query.params[i].key, "names") == 0)
			strv_add(&names, rq->query.params[i].value);
	}
	/* Without names any engine can say what is wrong with that. */
	if (names.count > NAMES_MAX)
		reply_errorf(rq, 400, "%zu images in one archive are too many: at most %d",
			names.count, NAMES_MAX);
	else if (names.count == 0)
		failover_any(rq, REMOTE_UNKNOWN);
	else if (!image_holders_common(&holders, rq->api->cluster, &names, &err))
		reply_error(rq, &err);
	else if (holders.count == 0)
		images_collect(rq, &names);
	else {
		images_order_holders(rq, &holders, "");
		failover_start(failover_create(rq, &holders));
	}
}

/* Without a tag in the query all tags of the name are pushed.  What nobody has an engine refuses,
 * in the way of its image store: most say it within the stream. */
void images_push(struct request *rq)
{
	const char *tag = query_get(&rq->query, "tag");
	auto_free char *name =
		tag && *tag ? xasprintf("%s:%s", request_name(rq), tag) : xstrdup(request_name(rq));
	auto_error struct error err = ERROR_INIT;
	struct image_holders holders;

	if (tag && *tag && !reference_check_tag(tag, &err))
		reply_error(rq, &err);
	else if (images_find(rq, &holders, name, IMAGE_MATCH_ANY_TAG, &err)) {
		images_order_holders(rq, &holders, name);
		failover_start(failover_create(rq, &holders));
	} else if (err.code == ERROR_NOT_FOUND)
		failover_any(rq, REMOTE_UNKNOWN);
	else
		reply_error(rq, &err);
}

void images_search(struct request *rq)
{
	failover_any(rq, REMOTE_UNKNOWN);
}

void images_distribution(struct request *rq)
{
	failover_any(rq, REMOTE_DOCKER); /* Podman has no such thing */
}
