/*
 * api/nodes.h - what docker node says to the manager about its nodes.
 */
#pragma once

#include "api/request.h"

/* DELETE /nodes/{id}?force=1: the client knows that nothing runs there any more.  Without force,
 * and of a node that answers, 400. */
void nodes_remove(struct request *rq);
