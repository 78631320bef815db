/* api/entry.c - exchange -> request -> route -> endpoint. */
#include "api/entry.h"

#include <stddef.h>
#include <string.h>

#include "api/asker.h"
#include "api/audit.h"
#include "api/browser.h"
#include "api/errand.h"
#include "api/events.h"
#include "api/measures.h"
#include "api/page_stream.h"
#include "api/pages_live.h"
#include "api/pause.h"
#include "api/replica.h"
#include "api/reply.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "cluster/past.h"
#include "http/status.h"

/* Who did what, and how long it took. */
static void note_request(const struct request *rq)
{
	if (!rq->x)
		return;
	measures_note(rq->api->measures, rq->route, rq->x->status, clock_mono_us() - rq->began_us);
	audit_note(rq->api->config.audit, rq);
}

void api_init(struct api *api, struct loop *loop, struct manager *manager,
	const struct api_config *config)
{
	*api = (struct api){
		.loop = loop,
		.manager = manager,
		.cluster = manager->cluster,
		.config = *config,
		.started_ns = clock_wall_ns(),
		.note = note_request,
	};
	api->measures = measures_create(routes, routes_count);
	list_init(&api->requests);
	list_init(&api->event_streams);
	api->past = past_create(api->cluster);
	api->asker = asker_create();
	list_init(&api->page_streams);
	api->pages_live = pages_live_create(api);
}

void api_drain(struct api *api)
{
	events_end_all(api);
	page_stream_end_all(api);
}

void api_finish(struct api *api)
{
	struct request *rq, *tmp;

	list_for_each_safe (rq, tmp, &api->requests, link)
		request_finish(rq->errand ? errand_detach(rq->errand) : rq);
	pages_live_destroy(steal(api->pages_live));
	past_destroy(steal(api->past));
	asker_destroy(steal(api->asker));
	measures_destroy(steal(api->measures));
}

static bool version_is_offered(struct request *rq)
{
	const struct api_range offered = {
		.min = API_VERSION_MIN,
		.max = rq->api->config.max_version,
	};
	auto_error struct error err = ERROR_INIT;

	if (api_version_check(rq->version, &offered, &err)) {
		if (rq->version.major == 0)
			rq->version = offered.max;
		return true;
	}
	reply_error(rq, &err);
	return false;
}

/* What we are asked from somebody who speaks HTTP/2 on a connection that is not. */
static bool is_http2_preface(const struct exchange *x)
{
	return strcmp(x->head.method, "PRI") == 0;
}

static void handle_unrouted(struct request *rq)
{
	if (strcmp(rq->x->head.method, "OPTIONS") == 0)
		reply_empty(rq, 200);
	else if (version_is_offered(rq))
		reply_unknown(rq);
}

bool api_admit(struct exchange *x, struct api *api)
{
	auto_error struct error err = ERROR_INIT;

	if (browser_admits(api, x, &err))
		return true;
	metric_inc(METRIC_http_bad_requests_total);
	reply_exchange_error(api, x, &err);
	exchange_finish(x);
	return false;
}

/* "/containers//web/stop": inspect shows names with a slash, and the docker command follows no
 * redirect of what it posts.  But "/containers//json" is the list. */
static bool is_name_with_slash(const char *method, const char *path)
{
	static const char place[] = "/containers//";
	const char *at = strstr(path, place);
	auto_free char *without = NULL, *clean = NULL;

	if (!at || (!strchr(at + sizeof(place) - 1, '/') && strcmp(method, "DELETE") != 0))
		return false;
	without = xasprintf("%.*s%s", (int)(at - path + (ptrdiff_t)sizeof(place) - 2), path,
		at + sizeof(place) - 1);
	clean = uri_clean_path(without);
	return clean == NULL;
}

/* Engines send whoever asks for "//_ping" (DOCKER_HOST with a slash at its end) to "/_ping". */
static bool redirect(struct exchange *x)
{
	const char *target = x->head.target;
	size_t len = strcspn(target, "?#");
	auto_free char *path = NULL, *clean = NULL;
	auto_strbuf struct strbuf to = STRBUF_INIT;

	if (target[0] != '/' || !uri_decode(target, len, false, &path, NULL))
		return false; /* whoever reads it next says what is wrong */
	clean = uri_clean_path(path);
	if (!clean || is_name_with_slash(x->head.method, path))
		return false;
	uri_encode_path(&to, clean);
	strbuf_add(&to, target + len, strcspn(target + len, "#"));
	headers_set(&x->answer, "Location", to.buf);
	exchange_reply(x, 301, NULL, NULL, 0);
	exchange_finish(x);
	return true;
}

/* The page is at the API's port, at one of its own, or nowhere. */
static bool is_offered(const struct request *rq)
{
	bool is_page = rq->route && rq->route->flags & ROUTE_PAGE;

	return rq->at_page_port ? is_page : !is_page || !rq->api->config.no_page;
}

static void serve(struct request *rq)
{
	if (!is_offered(rq))
		reply_errorf(rq, 404, "%s",
			rq->at_page_port
				? "this port has the page only; the API is at the manager's --host"
				: "page not found");
	else if (!rq->route || strcmp(rq->x->head.method, "OPTIONS") == 0)
		handle_unrouted(rq);
	else if (!version_is_offered(rq))
		return; /* answered */
	else if (rq->route->flags & ROUTE_IMAGES)
		pause_for_images(rq, rq->route->handle);
	else
		rq->route->handle(rq);
}

/* Several managers, and another one is to answer. */
static bool is_for_leader(const struct request *rq)
{
	const struct replica *r = rq->api->config.replica;

	return r && !replica_leads(r) && !rq->at_page_port &&
	       !(rq->route && rq->route->flags & ROUTE_LOCAL);
}

static void handle(struct exchange *x, struct api *api, bool at_page_port)
{
	auto_error struct error err = ERROR_INIT;
	struct request *rq;

	metric_inc(METRIC_http_requests_total);
	if (is_http2_preface(x)) {
		reply_exchange_text(
			api, x, 505, "HTTP/2 is not offered on this endpoint, use HTTP/1.1");
		exchange_finish(x);
		return;
	}
	if (redirect(x))
		return;
	rq = request_create(api, x, &err);
	if (!rq) {
		reply_exchange_error(api, x, &err);
		exchange_finish(x);
		return;
	}
	rq->at_page_port = at_page_port;
	if (api->config.replica)
		replica_read_fields(rq);
	if (log_enabled(LOG_DEBUG))
		log_fields(LOG_DEBUG, "HTTP request received", "method", x->head.method, "uri",
			x->head.target, "peer", exchange_peer(x), "client", request_client(rq),
			"traceparent", request_trace(rq), NULL);
	rq->route = routes_find(x->head.method, rq, &err);
	if (error_is_set(&err))
		reply_error(rq, &err);
	else if (is_for_leader(rq))
		replica_pass(rq, serve);
	else
		serve(rq);
}

void api_handle(struct exchange *x, void *api)
{
	handle(x, api, false);
}

void api_handle_page(struct exchange *x, void *api)
{
	if (api_admit(x, api))
		handle(x, api, true);
}

void api_refuse(struct exchange *x, int status, const char *text, void *arg)
{
	metric_inc(METRIC_http_bad_requests_total);
	reply_exchange_text(arg, x, status, text);
}
