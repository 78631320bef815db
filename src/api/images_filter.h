/*
 * api/images_filter.h - which images a list shows, and by which of their names.
 *
 * Pure over the records: the cluster is only looked at to resolve `before` and `since`.
 */
#pragma once

#include "base/uri.h"
#include "cluster/cluster.h"
#include "docker/listfilter.h"
#include "docker/version.h"

struct image_filter {
	struct list_filters filters;
	bool all;
	bool by_dangling, dangling;         /* the filter is given; its value */
	int64_t before_s, since_s, until_s; /* of creation; INT64_MAX, INT64_MIN: not given */
};

/* From the query: all, filters, and `filter`, which is a reference for clients below 1.41. */
bool images_filter_init(struct image_filter *f, const struct query *query,
	struct api_version client, const struct cluster *cluster, struct error *err);
void images_filter_finish(struct image_filter *f);

bool images_filter_takes_node(const struct image_filter *f, const struct engine *e);
bool images_filter_matches(const struct image_filter *f, const struct image *image);
/* With a reference filter only the names that it means are shown, as by an engine. */
bool images_filter_shows_name(const struct image_filter *f, const char *name);
