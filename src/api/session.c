/* api/session.c - the ties that a connection holds, and the choice of a builder. */
#include "api/session.h"

#include <string.h>

#include "api/pause.h"
#include "api/reply.h"
#include "base/mem.h"

enum { NAME_MAX_LEN = 256 };

struct session_ties {
	struct build_tie *ties[BUILD_KEYS];
};

static struct builds *builds_of(struct request *rq)
{
	return rq->api->manager->builds;
}

/* --- keys --- */

bool session_check_name(struct request *rq, const char *what, const char *name)
{
	if (!name || strlen(name) <= NAME_MAX_LEN)
		return true;
	reply_errorf(rq, 400, "the %s is longer than %d characters", what, NAME_MAX_LEN);
	return false;
}

static void release_ties(void *kept)
{
	struct session_ties *ties = kept;

	for (size_t i = 0; i < BUILD_KEYS; i++)
		builds_release(ties->ties[i]);
	free(ties);
}

static bool is_busy_elsewhere(
	struct builds *b, enum build_key kind, const char *name, const struct engine *e)
{
	const struct engine *other = builds_find(b, kind, name);

	return kind == BUILD_KEY_CLIENT && other && other != e && builds_is_held(b, kind, name);
}

static struct session_ties *hold_keys(
	struct builds *b, struct engine *e, const struct session_keys *keys)
{
	struct session_ties *held = xnew(struct session_ties);

	for (size_t i = 0; i < BUILD_KEYS; i++) {
		const char *name = keys->names[i];

		if (name && *name && !is_busy_elsewhere(b, i, name, e))
			held->ties[i] = builds_hold(b, i, name, e);
	}
	return held;
}

struct proxy *session_proxy(
	struct request *rq, struct engine *e, const char *path, const struct session_keys *keys)
{
	struct proxy *p = proxy_create(rq, e, path);

	p->kept = hold_keys(builds_of(rq), e, keys);
	p->release = release_ties;
	return p;
}

/* --- the choice --- */

/* What a builder can do came with the engines' versions, and attestations and several platforms
 * with the containerd store; Podman has none.  Above 0 when `a` can do more than `b`. */
static int compare_builders(const struct engine *a, const struct engine *b)
{
	bool a_builds = a->remote.kind != REMOTE_PODMAN, b_builds = b->remote.kind != REMOTE_PODMAN;
	int order = a_builds - b_builds;

	if (order == 0)
		order = api_version_compare(a->remote.range.max, b->remote.range.max);
	return order ? order : a->containerd_store - b->containerd_store;
}

struct engine *session_place(struct manager *m, struct wish *w, struct error *err)
{
	size_t count;
	struct engine **engines = manager_place_all(m, w, &count, err), *best;

	if (!engines)
		return NULL;
	best = engines[0];
	for (size_t i = 1; i < count; i++) {
		if (compare_builders(engines[i], best) > 0)
			best = engines[i];
	}
	free(engines);
	return best;
}

static struct engine *place_anywhere(struct request *rq, struct error *err)
{
	struct wish *w = wish_create_expressions(NULL, NULL, NULL, 0, 0, err);
	struct engine *e = w ? session_place(rq->api->manager, w, err) : NULL;

	wish_destroy(w);
	return e;
}

/* Where the client has been, else anywhere. */
static struct engine *find_or_place(struct request *rq, struct error *err)
{
	struct engine *e = builds_find(builds_of(rq), BUILD_KEY_CLIENT, request_client(rq));

	return e && manager_is_open(rq->api->manager, e) ? e : place_anywhere(rq, err);
}

/* --- /session --- */

static const char *session_of(const struct request *rq)
{
	return headers_get(&rq->x->head.headers, "X-Docker-Expose-Session-Uuid");
}

/*
 * A /build that names the session decides.  Without one, a /grpc of the same client is open, and
 * what flows inside it names the session.
 */
static struct engine *find_session(struct request *rq)
{
	const char *client = request_client(rq);
	struct engine *e = builds_find(builds_of(rq), BUILD_KEY_SESSION, session_of(rq));

	if (e || !builds_is_held(builds_of(rq), BUILD_KEY_CLIENT, client))
		return e;
	return builds_find(builds_of(rq), BUILD_KEY_CLIENT, client);
}

static void tunnel(struct request *rq, struct engine *e, const char *session)
{
	struct session_keys keys = { .names = {
					     [BUILD_KEY_CLIENT] = request_client(rq),
					     [BUILD_KEY_SESSION] = session,
				     } };

	proxy_start(session_proxy(rq, e, rq->path, &keys));
}

static void tunnel_session(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	struct engine *e = find_session(rq);

	if (!e) /* nobody has named it so far: whoever does will follow us */
		e = find_or_place(rq, &err);
	if (e)
		tunnel(rq, e, session_of(rq));
	else
		reply_error(rq, &err);
}

void session_start(struct request *rq)
{
	const char *session = session_of(rq);

	if (!session || !*session)
		reply_errorf(rq, 400, "no session ID provided");
	else if (session_check_name(rq, "session ID", session))
		pause_for_build(rq, find_session, tunnel_session);
}

/* --- /grpc --- */

void session_grpc(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	struct engine *e = find_or_place(rq, &err);

	if (e)
		tunnel(rq, e, NULL);
	else
		reply_error(rq, &err);
}
