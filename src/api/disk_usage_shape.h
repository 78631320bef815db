/*
 * api/disk_usage_shape.h - one node's answer to GET /system/df, in the shape that the client's
 * version has.
 */
#pragma once

#include <yyjson.h>

#include "api/request.h"

/* What there is to sum up of the entries of a list. */
struct usage {
	int64_t total, active, size, reclaimable;
};

enum { DISK_USAGE_KINDS = 4 };

struct disk_usage_kind {
	const char *type, *list, *usage, *items; /* "image", "Images", "ImageUsage", where it is */
	const char *sum;                         /* of sizes, at the top; NULL: the entries' */
	void (*count)(struct usage *u, yyjson_mut_val *entry);
};

extern const struct disk_usage_kind disk_usage_kinds[DISK_USAGE_KINDS];

/*
 * The answer without the entries of its lists, whose sums are `counts`; so are the lists that are
 * put in.  From API 1.52 on there is an object for each kind (ImageUsage, ...) with counts and
 * sizes, beside the lists; with `verbose` only these, with the items in them.  Before 1.42 there
 * was no choice of `type`.  `engine` is the version that was spoken with the node.
 */
void disk_usage_fit(yyjson_mut_doc *doc, yyjson_mut_val *answer, const struct request *rq,
	struct api_version engine, const struct usage counts[DISK_USAGE_KINDS]);
/* ERROR_INVALID for a `type` that there is not, which engines before 1.42 would say nothing of. */
bool disk_usage_check_types(const struct request *rq, struct error *err);
