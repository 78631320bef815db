/*
 * api/images_merge.h - the images of many engines as one list.
 *
 * Images with the same id are one; their names are united, the other fields are those of the first
 * engine that has it.  The shape is the one that the client's API version had.
 */
#pragma once

#include "api/object_list.h"

struct fanout;

/* A JSON array, newest first, with a line break at its end. */
extern const struct object_list_kind images_merge_kind;
/*
 * Engines answered a fan-out of GET /images/json: the first answer that has an image, with
 * manifests if any tells them, takes the place of the entry that we remember; which images there
 * are, and their names, is up to memory.  The answers must live as long as the list.
 */
void images_merge_tell(struct object_list *l, const struct fanout *answers);
