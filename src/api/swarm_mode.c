/* api/swarm_mode.c - the answers of an engine that is no member of a swarm. */
#include "api/swarm_mode.h"

#include "api/reply.h"

/* The first sentence is engines' own: clients look for it. */
void swarm_mode_absent(struct request *rq)
{
	reply_errorf(rq, 503,
		"This node is not a swarm manager. Services and what belongs to them are not "
		"offered here: docker run and docker compose up place containers over all nodes, "
		"docker node manages these.");
}

void swarm_mode_no_member(struct request *rq)
{
	reply_errorf(rq, 503, "This node is not part of a swarm");
}

void swarm_mode_elsewhere(struct request *rq)
{
	reply_errorf(rq, 501,
		"swarm mode is managed on the engines, not through this endpoint, and not needed "
		"for it: an engine becomes a node by `swarm join`, or by being named to "
		"`swarm manage`");
}
