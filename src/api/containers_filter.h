/*
 * api/containers_filter.h - which containers a list shows.
 *
 * The engine's own semantics (values of one key are alternatives, but labels must all hold; keys
 * must all hold), names with and without the node, and the key `node`.
 */
#pragma once

#include "api/ancestry.h"
#include "api/request.h"
#include "docker/container.h"
#include "docker/listfilter.h"

/* A container that others are older or younger than. */
struct container_bound {
	int64_t created_ns;
	char id[65]; /* "" when none is given */
};

struct container_filter {
	struct list_filters filters;
	struct api *api;
	bool all;
	bool is_task;  /* the filter's value, when it is there */
	int64_t limit; /* so many of the newest; 0: all */
	struct container_bound before, since;
	struct ancestry
		ancestry; /* of what the ancestor values name; read before anything is matched */
	struct strv ids;  /* of the containers that the id values mean */
};

/* From the query: all, limit, before, since, filters.  Errors: unknown keys and values 400, unknown
 * containers 404. */
bool containers_filter_init(struct container_filter *f, struct request *rq, struct error *err);
void containers_filter_finish(struct container_filter *f);
/* The cheap part: stopped containers, hosts that are down. */
bool containers_filter_visible(const struct container_filter *f, const struct container *c);
bool containers_filter_matches(struct container_filter *f, const struct container *c);
