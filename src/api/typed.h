/*
 * api/typed.h - requests whose answer (or body) we read and change.
 *
 * The client's body is gathered, one call goes to one engine, optionally the container's record is
 * refreshed, and then `rewrite` turns the engine's body into ours.  Statuses of 400 and more
 * go to the client as they are.
 */
#pragma once

#include "api/request.h"
#include "cluster/refresh.h"

struct typed {
	struct request *rq;
	struct task task;
	struct engine *engine; /* counted */
	char container_id[65];
	bool refresh_after;
	struct call call;
	struct refresh refresh;
	/* Change the gathered body before it is sent.  NULL: as it is.  False with err: 4xx. */
	bool (*edit)(struct typed *t, struct error *err);
	/* The answer's body as the client shall see it (malloc'd).  NULL: as it is. */
	char *(*rewrite)(
		struct typed *t, const char *body, size_t len, size_t *ret_len, struct error *err);
};

/* path is encoded and without version; the request's own query is added. */
struct typed *typed_create(struct request *rq, struct engine *e, const char *path);
void typed_start(struct typed *t);
