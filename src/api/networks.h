/*
 * api/networks.h - the endpoints under /networks.
 *
 * A network lives on one engine (scope local: bridge, macvlan, ...) or spans several (swarm and
 * global: overlay), which then all list it under one id.  A name that only one network has means
 * it, whatever the engine; "node/name" and ids always do.
 */
#pragma once

#include "api/request.h"
#include "base/strbuf.h"

void networks_list(struct request *rq);       /* networks_list.c */
void networks_inspect(struct request *rq);    /* networks_inspect.c */
void networks_create(struct request *rq);     /* networks_create.c */
void networks_remove(struct request *rq);     /* networks_remove.c */
void networks_connect(struct request *rq);    /* networks_connect.c */
void networks_disconnect(struct request *rq); /* networks_connect.c */
void networks_prune(struct request *rq);      /* networks_prune.c */

extern const struct object_list_kind networks_list_kind;
