/*
 * api/images_merge.h - the images of many engines as one list.
 *
 * Images with the same id are one; their names are united, the other fields are those of the first
 * engine that has it.  The shape is the one that the client's API version had.
 */
#pragma once

#include "api/images_filter.h"
#include "base/strbuf.h"

struct fanout;

/*
 * A JSON array, newest first, with a line break at its end.  Engines in the order that decides.
 * Where engines answered a fan-out (may be NULL) of GET /images/json, the first answer that has the
 * image, with manifests if any tells them, takes the place of the entry that we remember; which
 * images there are, and their names, is up to memory.
 */
void images_merge_write(struct strbuf *to, const struct image_filter *filter,
	struct api_version client, struct engine *const *engines, size_t count,
	const struct fanout *told);
