/*
 * api/images_merge.h - the images of many engines as one list.
 *
 * Images with the same id are one; their names are united, the other fields are those of the first
 * engine that has it.  The shape is the one that the client's API version had (docker-api.md 2.6).
 */
#pragma once

#include "api/images_filter.h"
#include "base/strbuf.h"

/* A JSON array, newest first, with a line break at its end.  Engines in the order that decides. */
void images_merge_write(struct strbuf *to, const struct image_filter *filter,
	struct api_version client, struct engine *const *engines, size_t count);
