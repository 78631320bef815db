/*
 * api/tasks.h - the containers of a node as `docker node ps` wants them: as tasks.
 */
#pragma once

#include "api/request.h"

/* Of the nodes that the filter `node` names; without it 503, as there are no services. */
void tasks_list(struct request *rq);
