/* api/request.c - an exchange taken apart, and put away again. */
#include "api/request.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

struct request *request_create(struct api *api, struct exchange *x, struct error *err)
{
	struct request *rq = xnew(struct request);
	const char *path = x->head.target, *rest;
	size_t path_len = strcspn(path, "?#");

	rq->api = api;
	rq->began_us = clock_mono_us();
	rq->x = x;
	list_push_back(&api->requests, &rq->link);
	rq->raw_query = path[path_len] == '?' ? path + path_len + 1 : "";
	rq->path = xstrndup(path, path_len);
	rq->version = api_path_split(rq->path, &rest);
	if (rest != rq->path)
		memmove(rq->path, rest, strlen(rest) + 1);
	if (!query_parse(&rq->query, rq->raw_query, strcspn(rq->raw_query, "#"), err)) {
		rq->x = NULL; /* stays the caller's */
		request_finish(rq);
		return NULL;
	}
	return rq;
}

void request_finish(struct request *rq)
{
	list_remove(&rq->link);
	rq->api->note(rq);
	if (rq->x)
		exchange_finish(steal(rq->x));
	query_finish(&rq->query);
	for (size_t i = 0; i < REQUEST_CAPTURES; i++)
		free(rq->captures[i]);
	free(rq->client);
	free(rq->path);
	free(rq);
}

bool request_may_hijack(const struct request *rq)
{
	if (!rq->route)
		return false;
	return rq->route->flags & ROUTE_HIJACK ||
	       (rq->route->flags & ROUTE_UPGRADE && exchange_asks_upgrade(rq->x));
}

char *request_path_for(const struct request *rq, const char *name)
{
	const char *names[REQUEST_CAPTURES] = { name, rq->captures[1] };
	auto_strbuf struct strbuf path = STRBUF_INIT;
	const char *p = rq->route->path;

	for (size_t i = 0; i < REQUEST_CAPTURES; i++) {
		size_t len = strcspn(p, "{");

		strbuf_add(&path, p, len);
		p += len;
		if (!*p)
			break;
		uri_encode_path(&path, names[i]);
		p = strchr(p, '}') + 1;
	}
	strbuf_add_str(&path, p);
	return strbuf_steal(&path);
}
