/* api/swarm_mode.c - the answers of an engine that is no member of a swarm. */
#include "api/swarm_mode.h"

#include "api/reply.h"

/* Engines' own words: clients look for them. */
void swarm_mode_absent(struct request *rq)
{
	reply_errorf(rq, 503,
		"This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm "
		"join\" to connect this node to swarm and try again.");
}

void swarm_mode_no_member(struct request *rq)
{
	reply_errorf(rq, 503, "This node is not part of a swarm");
}

void swarm_mode_elsewhere(struct request *rq)
{
	reply_errorf(rq, 501, "swarm mode is managed on the engines, not through this endpoint");
}
