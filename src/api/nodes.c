/* api/nodes.c - a node that is out of reach, and somebody who knows why. */
#include "api/nodes.h"

#include "api/reply.h"
#include "base/parse.h"
#include "cluster/cluster.h"
#include "manager/desired.h"
#include "manager/manager.h"

static bool remove_node(struct request *rq, struct error *err)
{
	const char *name = request_name(rq);
	struct engine *e = cluster_find_engine(rq->api->cluster, name);

	if (!manager_check_acting(rq->api->manager, err))
		return false;
	bool may_run = (e && e->state == ENGINE_UNHEALTHY) ||
		       desired_knows_node(rq->api->manager->desired, name);
	if (may_run && !parse_query_bool(query_get(&rq->query, "force")))
		return error_set(err, ERROR_INVALID,
			"node %s is out of reach and may still run its containers: --force says "
			"that it does not, and those with a reschedule policy are made anew on "
			"other nodes",
			name);
	return desired_declare_lost(rq->api->manager->desired, name, err);
}

void nodes_remove(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;

	if (remove_node(rq, &err))
		reply_empty(rq, 200);
	else
		reply_error(rq, &err);
}
