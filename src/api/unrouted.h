/*
 * api/unrouted.h - requests without a row in the route table.
 */
#pragma once

#include "api/request.h"

/* An endpoint of a container that nobody here knows is its engine's to answer: the request is
 * passed on, and true returned.  False: the path names no container that is there. */
bool unrouted_pass(struct request *rq);
