/*
 * api/object_list.h - what the lists of networks and volumes have in common.
 */
#pragma once

#include "api/request.h"
#include "base/strbuf.h"
#include "docker/label.h"
#include "docker/listfilter.h"

/* Answers with the list that `write` makes for the filters of the query (NULL: none). */
void object_list_reply(
	struct request *rq, bool (*write)(struct cluster *cluster, const char *filters,
				    struct strbuf *to, struct error *err));
/* All values of the filter of this key (`label`) hold. */
bool object_list_has_labels(
	const struct list_filters *f, const char *key, const struct labels *labels);
/*
 * The members of an engine's entry (text of an object), each after a comma, without those named in
 * `except`, which ends with NULL.
 */
void object_list_write_members(struct strbuf *sb, const char *entry, const char *const *except);
