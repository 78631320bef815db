/*
 * api/swarm_mode.h - the endpoints of the engine's own swarm mode, which is not offered here.
 *
 * Clients ask these to learn whether there is a swarm; they get what an engine outside swarm mode
 * answers, and take it for "no"; people read what to do instead.  Nodes are something else
 * (api/nodes.h).
 */
#pragma once

#include "api/request.h"

/* 503: everything that a swarm manager would answer. */
void swarm_mode_absent(struct request *rq);
/* 503: leave and unlock, which ask for a member. */
void swarm_mode_no_member(struct request *rq);
/* 501: init and join, which are a matter of each engine. */
void swarm_mode_elsewhere(struct request *rq);
