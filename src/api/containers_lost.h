/*
 * api/containers_lost.h - the inspect of a container whose node does not answer.
 */
#pragma once

#include "api/request.h"
#include "docker/container.h"

/* From memory: what was known of it last, and in State.Error why it has not come back.  Its node is
 * validated, and not healthy. */
void containers_lost_inspect(struct request *rq, const struct container *c);
