/*
 * api/disk_usage_part.h - what one node says takes space, taken as it comes, and the sum of all.
 *
 * Entries of the lists are kept as text, from which only clients read any more; all else is small
 * and becomes a document, in which the lists are empty.
 */
#pragma once

#include <event2/buffer.h>

#include "api/disk_usage_shape.h"
#include "base/json_pieces.h"

enum { DISK_USAGE_LISTS = 2 * DISK_USAGE_KINDS };

struct disk_usage_part {
	const struct request *rq;                 /* borrowed */
	const char *node;                         /* borrowed */
	struct api_version engine;                /* that is spoken with it */
	yyjson_mut_doc *doc;                      /* owned; NULL: it has not said anything */
	yyjson_mut_val *levels[4];                /* that pieces are put in, by depth */
	struct evbuffer *texts[DISK_USAGE_LISTS]; /* owned; lists of the kinds, then items */
	struct usage counts[DISK_USAGE_KINDS];
	size_t values, entries;
};

/* The lists, for json_pieces_init. */
extern const char *const disk_usage_opened[];

void disk_usage_part_init(struct disk_usage_part *p, const struct request *rq, const char *node,
	struct api_version engine);
bool disk_usage_part_take(
	struct disk_usage_part *p, const struct json_piece *piece, struct error *err);
size_t disk_usage_part_bytes(const struct disk_usage_part *p);
/* Zeroed memory is fine. */
void disk_usage_part_finish(struct disk_usage_part *p);

/* The answer; uses the parts up. */
void disk_usage_write(struct evbuffer *to, struct disk_usage_part *parts, size_t count);
