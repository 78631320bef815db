/* api/build.c - where a build goes, and what of its query the engine gets. */
#include "api/build.h"

#include <string.h>

#include "api/pause.h"
#include "api/reply.h"
#include "api/session.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/build_query.h"

/* In place of a build's id: this request only brings the context of the build with that id. */
#define UPLOAD_PREFIX "upload-request:"

static struct builds *builds_of(struct request *rq)
{
	return rq->api->manager->builds;
}

static const char *param(const struct request *rq, const char *key)
{
	const char *value = query_get(&rq->query, key);

	return value ? value : "";
}

typedef struct engine *choose_fn(
	struct request *rq, const struct build_query *bq, struct wish *wish, struct error *err);

static struct engine *place_for(struct request *rq, const struct build_query *bq,
	const char *platform, choose_fn *choose, struct error *err)
{
	struct wish *wish = wish_create_expressions(&bq->affinities, &bq->constraints,
		&bq->whitelists, bq->nano_cpus, bq->memory_bytes, err);
	struct engine *e;

	if (!wish)
		return NULL;
	wish_set_platform(wish, platform);
	e = choose(rq, bq, wish, err);
	wish_destroy(wish);
	return e;
}

/* A node of the platform that is built for, if there is one; others may know how to emulate it. */
static struct engine *place_build(
	struct request *rq, const struct build_query *bq, choose_fn *choose, struct error *err)
{
	struct engine *e = *bq->platform ? place_for(rq, bq, bq->platform, choose, NULL) : NULL;

	return e ? e : place_for(rq, bq, "", choose, err);
}

/* The path of the request at this engine; the query in it is all there is. */
static char *build_path(struct request *rq, const struct build_query *bq, const struct engine *e)
{
	auto_free char *query = build_query_format(bq, &rq->query, rq->raw_query, e->cpus);

	rq->raw_query = "";
	return *query ? xasprintf("/build?%s", query) : xstrdup("/build");
}

/* --- classic --- */

static struct engine *choose_any(struct request *rq, const struct build_query *bq maybe_unused,
	struct wish *wish, struct error *err)
{
	return manager_place(rq->api->manager, wish, err);
}

static void build_classic(struct request *rq, const struct build_query *bq)
{
	auto_error struct error err = ERROR_INIT;
	struct engine *e = place_build(rq, bq, choose_any, &err);

	if (!e) {
		reply_error(rq, &err);
		return;
	}
	auto_free char *path = build_path(rq, bq, e);

	proxy_start(proxy_create(rq, e, path));
}

/* --- BuildKit --- */

static bool is_engine(const struct engine *e, const void *arg)
{
	return e == arg;
}

/*
 * The engine of the session when that is open already, and it must be what the build wishes for;
 * else a build without wishes goes where its client's last one went, whose layers are there.
 */
static struct engine *choose_engine(
	struct request *rq, const struct build_query *bq, struct wish *wish, struct error *err)
{
	struct manager *m = rq->api->manager;
	struct engine *e = builds_find(builds_of(rq), BUILD_KEY_SESSION, param(rq, "session"));

	if (e)
		return manager_place_among(m, wish, is_engine, e, err);
	if (!build_query_is_choosy(bq))
		e = builds_find(builds_of(rq), BUILD_KEY_CLIENT, request_client(rq));
	return e && manager_is_open(m, e) ? e : session_place(m, wish, err);
}

static void build_on(struct request *rq, const struct build_query *bq, struct engine *e)
{
	auto_free char *path = build_path(rq, bq, e);
	struct session_keys keys = { .names = {
					     [BUILD_KEY_SESSION] = param(rq, "session"),
					     [BUILD_KEY_ID] = param(rq, "buildid"),
				     } };

	/* where it is built because of its wishes is no place for the client's other builds */
	if (!build_query_is_choosy(bq))
		keys.names[BUILD_KEY_CLIENT] = request_client(rq);
	proxy_start(session_proxy(rq, e, path, &keys));
}

static void build_buildkit(struct request *rq, const struct build_query *bq)
{
	auto_error struct error err = ERROR_INIT;
	struct engine *e;

	if (!session_check_name(rq, "session ID", param(rq, "session")) ||
		!session_check_name(rq, "build ID", param(rq, "buildid")))
		return;
	if (*param(rq, "buildid") &&
		builds_is_held(builds_of(rq), BUILD_KEY_ID, param(rq, "buildid"))) {
		reply_errorf(rq, 500, "build already started");
		return;
	}
	e = place_build(rq, bq, choose_engine, &err);
	if (e)
		build_on(rq, bq, e);
	else
		reply_error(rq, &err);
}

/* --- requests about a build that has begun, or is about to --- */

static const char *uploaded_id(const struct request *rq)
{
	return param(rq, "buildid") + strlen(UPLOAD_PREFIX);
}

static struct engine *find_uploaded(struct request *rq)
{
	return builds_find(builds_of(rq), BUILD_KEY_ID, uploaded_id(rq));
}

/* What the build makes is shown at the end of the build's own request. */
static void pass_to_build(struct request *rq, struct engine *e)
{
	struct proxy *p;

	if (!e) {
		reply_errorf(rq, 500, "timeout waiting for build to start");
		return;
	}
	p = proxy_create(rq, e, rq->path);
	p->flags &= ~ROUTE_MAKES_IMAGES;
	proxy_start(p);
}

static void upload(struct request *rq)
{
	pass_to_build(rq, find_uploaded(rq));
}

/* A build that nobody knows is over, or never was: there is nothing left to cancel. */
void build_cancel(struct request *rq)
{
	struct engine *e = builds_find(builds_of(rq), BUILD_KEY_ID, param(rq, "id"));

	if (!*param(rq, "id"))
		reply_errorf(rq, 400, "build ID not provided");
	else if (e)
		pass_to_build(rq, e);
	else
		reply_empty(rq, 200);
}

/* --- POST /build --- */

void build_start(struct request *rq)
{
	const char *version = param(rq, "version");
	bool buildkit = strcmp(version, "2") == 0;
	struct build_query bq;

	if (!buildkit && *version && strcmp(version, "1") != 0) {
		reply_errorf(rq, 400, "invalid version \"%s\"", version);
		return;
	}
	if (buildkit && str_starts_with(param(rq, "buildid"), UPLOAD_PREFIX)) {
		pause_for_build(rq, find_uploaded, upload);
		return;
	}
	build_query_read(&bq, &rq->query, cluster_most_cpus(rq->api->cluster));
	if (buildkit)
		build_buildkit(rq, &bq);
	else
		build_classic(rq, &bq);
	build_query_finish(&bq);
}
