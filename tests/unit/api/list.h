/* A list as a whole, which a client gets by pieces. */
#pragma once

#include "api/object_list.h"

static inline bool write_list(const struct object_list_kind *kind, struct cluster *cluster,
	const char *filters, struct strbuf *to, struct error *err)
{
	auto_query struct query query = QUERY_INIT;
	struct object_list *list;

	if (filters)
		query_set(&query, "filters", filters);
	list = object_list_create(kind, cluster, &query, API_VERSION_MAX, err);
	if (!list)
		return false;
	while (object_list_more(list, to)) {
	}
	object_list_destroy(list);
	return true;
}
