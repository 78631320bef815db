/*
 * api/health.c - for probes of those who watch over processes.
 */
#include "api/health.h"

#include "api/replica.h"
#include "api/reply.h"
#include "base/util.h"
#include "cluster/cluster.h"

static void answer(struct request *rq, int status, const char *text)
{
	headers_set(&rq->x->answer, "Cache-Control", "no-store");
	reply_text(rq, status, text);
}

void health_live(struct request *rq)
{
	answer(rq, 200, "ok\n");
}

/* What is missing; NULL: nothing. */
static const char *lacking(const struct api *api)
{
	const struct replica *replica = api->config.replica;

	if (replica && !replica_leads(replica))
		return *replica_leader(replica) ? NULL : "no manager leads\n";
	return api->cluster->healthy ? NULL : "no engine is healthy\n";
}

void health_ready(struct request *rq)
{
	const char *missing = lacking(rq->api);

	answer(rq, missing ? 503 : 200, missing ? missing : "ok\n");
}
