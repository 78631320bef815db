/*
 * api/pause.h - a request that waits, for some seconds at most, for what others are about to do.
 *
 * It goes on at once when that has been done already, and in any case after five seconds.  A client
 * that leaves meanwhile ends the request.
 */
#pragma once

#include "api/request.h"

/* Until no engine's images are behind what was just made (cluster/fresh.h). */
void pause_for_images(struct request *rq, void (*go_on)(struct request *rq));
/* Until it is known which engine a build is on: looked at whenever a build or session is tied to
 * one (manager/builds.h).  The requests of one build come on several connections and in any order,
 * within milliseconds. */
void pause_for_build(struct request *rq, struct engine *(*find)(struct request *rq),
	void (*go_on)(struct request *rq));
