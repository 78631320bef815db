/*
 * api/containers.h - the endpoints under /containers.
 */
#pragma once

#include "api/request.h"

void containers_list(struct request *rq);    /* containers_list.c */
void containers_inspect(struct request *rq); /* containers_inspect.c */
void containers_create(struct request *rq);  /* containers_create.c */
void containers_update(struct request *rq);  /* containers_update.c */
void containers_wait(struct request *rq);    /* containers_wait.c */

/* containers.c: passed to the container's engine. */
void containers_kill(struct request *rq);
void containers_pass(struct request *rq); /* with nothing that its row does not say */
void containers_stats(struct request *rq);
void containers_logs(struct request *rq);
void containers_attach(struct request *rq);
void containers_rename(struct request *rq);
void containers_commit(struct request *rq);
void containers_unknown(struct request *rq); /* what only the engine may know */
