/* api/volumes.c - inspect, and what is passed to the node that has the volume. */
#include "api/volumes.h"

#include "api/proxy.h"
#include "api/reply.h"
#include "base/mem.h"
#include "cluster/find_volume.h"

void volumes_inspect(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	struct volume_found found;

	if (!volume_find(rq->api->cluster, request_name(rq), &found, &err)) {
		reply_error(rq, &err);
		return;
	}
	if (!engine_is_healthy(found.engine)) {
		reply_errorf(rq, 500, "Volume %s is on unhealthy node %s", request_name(rq),
			found.engine->name);
		return;
	}
	auto_free char *path = request_path_for(rq, found.volume->name);

	proxy_start(proxy_create(rq, found.engine, path));
}

/* Only volumes of the engines' own swarm mode can be changed, and that is not offered here. */
void volumes_update(struct request *rq)
{
	reply_errorf(
		rq, 503, "volume update only valid for cluster volumes, but swarm is unavailable");
}
