/*
 * api/failover.h - requests that any of several engines can answer.
 *
 * They are asked one after the other until one answers at all; what it says is passed on,
 * errors too.  After the first byte of an answer there is no other engine any more, and for a
 * request with a body there never is.
 */
#pragma once

#include "api/request.h"
#include "manager/image_holders.h"

/* Takes the holders.  The client's own query goes along. */
struct failover *failover_create(struct request *rq, struct image_holders *holders);
/* The path for an engine that calls the image `reference` (NULL: it has no name for it); malloc'd.
 * Without this function it is the client's own. */
void failover_set_path(
	struct failover *f, char *(*path)(const struct request *rq, const char *reference));
void failover_start(struct failover *f);
/* Any healthy engine, those of the preferred kind first (REMOTE_UNKNOWN: none is), and among them a
 * different one each time. */
void failover_any(struct request *rq, enum remote_kind preferred);
