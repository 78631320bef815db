/*
 * api/volumes.h - the endpoints under /volumes.
 *
 * A local volume is its node's own and is shown as "node/name": the same name on two nodes is other
 * data.  Volumes of other drivers are shared and shown once.
 */
#pragma once

#include "api/request.h"
#include "base/strbuf.h"

enum {
	VOLUMES_BODY_MAX = 4 * 1024 * 1024,
	VOLUMES_TIMEOUT_MS = 30 * 1000, /* of a change, on each engine */
};

void volumes_list(struct request *rq);    /* volumes_list.c */
void volumes_inspect(struct request *rq); /* volumes.c */
void volumes_update(struct request *rq);  /* volumes.c */
void volumes_create(struct request *rq);  /* volumes_create.c */
void volumes_remove(struct request *rq);  /* volumes_remove.c */

extern const struct object_list_kind volumes_list_kind;
