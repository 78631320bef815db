/*
 * api/routes.h - every path and method that we answer, in one table.
 *
 * `{name}` takes everything between what stands before and after it, slashes included, because
 * names of containers ("node/name") and images ("host:5000/a/b") hold slashes.
 */
#pragma once

#include "api/request.h"

enum route_flags {
	ROUTE_IMAGES = 1, /* looks images up: waits until the records show what was just made */
};

struct route {
	const char *method;
	const char *path;
	void (*handle)(struct request *rq);
	const char *meaning; /* what it means in a cluster; for docs */
	enum route_flags flags;
};

extern const struct route routes[];
extern const size_t routes_count;

/* Finds the row and fills the request's captures; NULL when none matches.  Rows without captures
 * win. */
const struct route *routes_find(const char *method, struct request *rq, struct error *err);
