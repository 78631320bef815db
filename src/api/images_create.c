/*
 * api/images_create.c - POST /images/create and /images/load.
 *
 * A pull runs on all healthy engines at once, each asking the registry itself with the client's
 * credentials.  An import happens on one engine, because two would make two different images of the
 * same archive; what came out is then saved there and loaded into the others.
 */
#include "api/images.h"

#include <string.h>

#include "api/failover.h"
#include "api/images_fleet.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"
#include "docker/reference.h"

/* Forwards the request to all engines that are meant. */
static void forward_to_all(struct images_fleet *is, const char *path)
{
	auto_error struct error err = ERROR_INIT;
	size_t count;
	struct engine **engines = images_fleet_choose(is, &count, &err);

	if (!engines) {
		images_fleet_fail(is, &err);
		return;
	}
	for (size_t i = 0; i < count; i++)
		images_fleet_forward(is, engines[i], path);
	free(engines);
	images_fleet_tell_skipped(is);
	images_fleet_start(is);
}

void images_load(struct request *rq)
{
	struct images_fleet *is = images_fleet_create(rq);

	is->title = xstrdup("Loading Image...");
	is->failure = xstrdup("Failed to load image");
	forward_to_all(is, "/images/load");
}

/* "name:tag" or "name@digest" of two parameters. */
static char *join_reference(const char *name, const char *tag)
{
	if (!tag || !*tag)
		return xstrdup(name);
	return xasprintf("%s%s%s", name, strchr(tag, ':') ? "@" : ":", tag);
}

/* As engines write it in the last line of a pull. */
static char *familiar_reference(const struct reference *ref)
{
	auto_free char *name = reference_familiar(ref);

	if (ref->digest)
		return xasprintf("%s@%s", name, ref->digest);
	return ref->tag ? xasprintf("%s:%s", name, ref->tag) : steal(name);
}

static void pull(struct request *rq, const char *name)
{
	const char *tag = query_get(&rq->query, "tag");
	auto_free char *full = join_reference(name, tag);
	auto_error struct error err = ERROR_INIT;
	struct images_fleet *is;
	struct reference ref;

	if ((tag && *tag && !reference_check_tag(tag, &err)) ||
		!reference_parse(&ref, full, &err)) {
		reply_error(rq, &err);
		return;
	}
	is = images_fleet_create(rq);
	is->pulled = familiar_reference(&ref);
	reference_finish(&ref);
	is->title = xasprintf("Pulling %s...", full);
	is->failure = xasprintf("Failed to load %s", full);
	forward_to_all(is, "/images/create");
}

/* --- import --- */

/* "repo:tag" as the client gave it; else the id that the engine told. */
static char *imported_name(const struct request *rq, const char *line)
{
	const char *repo = query_get(&rq->query, "repo");
	auto_json yyjson_doc *doc = NULL;

	if (repo && *repo)
		return join_reference(repo, query_get(&rq->query, "tag"));
	doc = line ? json_parse(line, strlen(line), NULL) : NULL;
	return xstrdup(json_get_str(yyjson_doc_get_root(doc), "status", ""));
}

static void start_download(struct images_fleet *is, const char *name)
{
	auto_strbuf struct strbuf encoded = STRBUF_INIT;

	uri_encode_query(&encoded, name);
	remote_call_init(&is->download, &is->source->remote, is->errand.rq->version, "GET",
		"/images/get?names=%s", encoded.buf);
	is->download.mode = CALL_STREAM;
	is->download.head_timeout_ms = is->download.idle_timeout_ms = FLEET_SILENCE_MS;
	remote_send(&is->download, &is->source->remote, &is->errand.task);
}

/* One engine has imported: save it there, load it into the others. */
static bool distribute(struct images_fleet *is)
{
	struct leg *first = &is->fleet.legs[0];
	auto_error struct error err = ERROR_INIT;
	auto_free char *name = imported_name(is->errand.rq, first->last);
	struct engine **engines;
	size_t count;

	is->go_on = NULL;
	is->last_line = steal(first->last);
	is->source = engine_ref(first->engine);
	engines = images_fleet_choose(is, &count, &err);
	if (!engines || count < 2 || !*name) {
		free(engines);
		return false;
	}
	fleet_finish(&is->fleet);
	fleet_init(&is->fleet, &is->errand.task);
	is->fleet.title = "Loading Image...";
	is->fleet.failure = is->failure;
	is->fleet.what = "Import";
	is->fleet.quiet = true;
	is->fleet.done_before = 1;
	for (size_t i = 0; i < count; i++) {
		if (engines[i] != is->source)
			fleet_add_load(&is->fleet, engines[i], is->errand.rq->version);
	}
	free(engines);
	start_download(is, name);
	fleet_start(&is->fleet);
	return true;
}

static void import(struct request *rq)
{
	const char *repo = query_get(&rq->query, "repo");
	const char *from = query_get(&rq->query, "fromSrc");
	auto_free char *name = join_reference(repo && *repo ? repo
					      : from        ? from
							    : "",
		query_get(&rq->query, "tag"));
	struct images_fleet *is = images_fleet_create(rq);
	auto_error struct error err = ERROR_INIT;
	size_t count;
	struct engine **engines = images_fleet_choose(is, &count, &err);

	if (!engines) {
		images_fleet_fail(is, &err);
		return;
	}
	is->failure = xasprintf("Failed to import %s", name);
	is->fleet.what = "Import";
	is->fleet.hold_last = true;
	is->go_on = distribute;
	images_fleet_forward(is, engines[0], "/images/create");
	free(engines);
	images_fleet_start(is);
}

void images_create(struct request *rq)
{
	const char *image = query_get(&rq->query, "fromImage");
	const char *from = query_get(&rq->query, "fromSrc");

	if (image && *image)
		pull(rq, image);
	else if (from && *from)
		import(rq);
	else
		failover_any(rq, REMOTE_UNKNOWN); /* an engine can say what is wrong with that */
}
