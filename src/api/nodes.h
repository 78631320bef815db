/*
 * api/nodes.h - what docker node says to the manager about its nodes.
 *
 * No engine need be in swarm mode: nodes are the engines of the cluster.
 */
#pragma once

#include "api/request.h"

/* By name, id, address, or the beginning of one id; NULL with err. */
struct engine *nodes_find(struct cluster *cluster, const char *what, struct error *err);

void nodes_list(struct request *rq);
void nodes_inspect(struct request *rq);
/* Availability and labels, if the version is still the one that the client has read. */
void nodes_update(struct request *rq);
/* DELETE /nodes/{id}?force=1: the client knows that nothing runs there any more.  Without force,
 * and of a node that answers, 400. */
void nodes_remove(struct request *rq);
