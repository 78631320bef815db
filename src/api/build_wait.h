/*
 * api/build_wait.h - a request that waits until it is known which engine its build is on.
 *
 * The requests of one build come on several connections and in any order, within milliseconds.
 */
#pragma once

#include "api/request.h"
#include "cluster/engine.h"

/*
 * Calls go_on once: with the engine as soon as find gives one, at once if it does now, or with NULL
 * after five seconds without.  A client that leaves in between ends the request.
 */
void build_wait(struct request *rq, struct engine *(*find)(struct request *rq),
	void (*go_on)(struct request *rq, struct engine *e));
