/* api/routes.c - adding an endpoint is adding a row. */
#include "api/routes.h"

#include "api/build.h"
#include "api/containers.h"
#include "api/disk_usage.h"
#include "api/events.h"
#include "api/exec.h"
#include "api/health.h"
#include "api/images.h"
#include "api/networks.h"
#include "api/nodes.h"
#include "api/pages.h"
#include "api/pages_live.h"
#include "api/pages_log.h"
#include "api/plugins.h"
#include "api/prune.h"
#include "api/session.h"
#include "api/swarm_mode.h"
#include "api/system.h"
#include "api/tasks.h"
#include "api/volumes.h"

const struct route routes[] = {
	{ "GET", "/", pages_now, "the page for operators: who leads, what is wrong",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/page/nodes", pages_nodes, "the page: a row for each node",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/page/containers", pages_containers, "the page: one list over all nodes",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/page/activity", pages_activity, "the page: what has happened",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/page/container", pages_container, "the page: one container",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/page/log", pages_log_stream,
		"the page: the end of a container's log, as server-sent events",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/page/live/{name}", pages_live_stream,
		"the page: what changes on an open screen, as server-sent events",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/page/style.css", pages_style, "the page: how it looks",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/page/page.js", pages_script, "the page: what is live on it",
		ROUTE_LOCAL | ROUTE_PAGE },
	{ "GET", "/_ping", system_ping, "answered from memory, always 200", ROUTE_LOCAL },
	{ "HEAD", "/_ping", system_ping, "answered from memory, always 200", ROUTE_LOCAL },
	{ "GET", "/version", system_version,
		"of the manager; Components lists what the engines run" },
	{ "GET", "/info", system_info, "sums over the engines, and the node table", ROUTE_LOCAL },
	{ "GET", "/events", events_stream, "all engines' events, in each engine's own order" },
	{ "POST", "/auth", system_auth, "any healthy engine" },
	{ "GET", "/metrics", system_metrics, "counters of the manager itself, for Prometheus",
		ROUTE_LOCAL },
	{ "GET", "/healthz", health_live, "the manager itself lives", ROUTE_LOCAL },
	{ "GET", "/livez", health_live, "the manager itself lives", ROUTE_LOCAL },
	{ "GET", "/readyz", health_ready, "a manager leads, and an engine is healthy",
		ROUTE_LOCAL },
	{ "GET", "/system/df", disk_usage, "all healthy nodes, added up" },

	{ "GET", "/containers/json", containers_list, "all nodes, from memory" },
	{ "GET", "/containers/ps", containers_list, "all nodes, from memory" },
	{ "POST", "/containers/create", containers_create,
		"placed by the scheduler; dryrun=1 only says where, and why", ROUTE_IMAGES },
	{ "POST", "/containers/prune", prune_containers, "all healthy nodes, merged" },
	{ "GET", "/containers/{name}/json", containers_inspect, "its node, with a Node object" },
	{ "GET", "/containers/{name}/top", containers_pass, "its node" },
	{ "GET", "/containers/{name}/logs", containers_logs, "its node, streamed",
		ROUTE_CHANGES_AT_END },
	{ "GET", "/containers/{name}/stats", containers_stats, "its node, streamed",
		ROUTE_CHANGES_AT_END },
	{ "GET", "/containers/{name}/changes", containers_pass, "its node" },
	{ "GET", "/containers/{name}/export", containers_pass, "its node, streamed" },
	{ "HEAD", "/containers/{name}/archive", containers_pass, "its node", ROUTE_BY_NAME },
	{ "GET", "/containers/{name}/archive", containers_pass, "its node, streamed",
		ROUTE_BY_NAME },
	{ "PUT", "/containers/{name}/archive", containers_pass, "its node, streamed",
		ROUTE_BY_NAME },
	{ "POST", "/containers/{name}/resize", containers_pass, "its node" },
	{ "POST", "/containers/{name}/wait", containers_wait, "its node; the head comes at once",
		ROUTE_CHANGES_AT_END | ROUTE_HOLD_TAIL },
	{ "POST", "/containers/{name}/start", containers_pass, "its node",
		ROUTE_CHANGES | ROUTE_STARTS },
	{ "POST", "/containers/{name}/stop", containers_pass, "its node",
		ROUTE_CHANGES | ROUTE_ENDS | ROUTE_BY_NAME | ROUTE_STOPS },
	{ "POST", "/containers/{name}/restart", containers_pass, "its node",
		ROUTE_CHANGES | ROUTE_ENDS | ROUTE_BY_NAME | ROUTE_STARTS },
	{ "POST", "/containers/{name}/kill", containers_kill, "its node",
		ROUTE_CHANGES | ROUTE_ENDS | ROUTE_BY_NAME },
	{ "POST", "/containers/{name}/pause", containers_pass, "its node", ROUTE_CHANGES },
	{ "POST", "/containers/{name}/unpause", containers_pass, "its node", ROUTE_CHANGES },
	{ "POST", "/containers/{name}/update", containers_update,
		"its node; CPU shares count as CPUs", ROUTE_CHANGES },
	{ "POST", "/containers/{name}/rename", containers_rename,
		"its node; the name is unique over all nodes", ROUTE_CHANGES | ROUTE_RENAMES },
	{ "POST", "/containers/{name}/attach", containers_attach, "its node, raw stream",
		ROUTE_HIJACK | ROUTE_CHANGES_AT_END | ROUTE_BY_NAME },
	{ "GET", "/containers/{name}/attach/ws", containers_pass, "its node, WebSocket",
		ROUTE_HIJACK | ROUTE_CHANGES_AT_END | ROUTE_BY_NAME },
	{ "POST", "/containers/{name}/exec", exec_create, "its node", ROUTE_BY_NAME },
	{ "GET", "/containers/{name}/checkpoints", containers_pass, "its node" },
	{ "POST", "/containers/{name}/checkpoints", containers_pass, "its node" },
	{ "DELETE", "/containers/{name}/checkpoints/{id}", containers_pass, "its node" },
	{ "DELETE", "/containers/{name}", containers_pass, "its node",
		ROUTE_CHANGES | ROUTE_ENDS | ROUTE_BY_NAME | ROUTE_REMOVES },
	{ "POST", "/exec/{id}/start", exec_start, "the node of its container, raw stream",
		ROUTE_HIJACK | ROUTE_CHANGES_AT_END },
	{ "POST", "/exec/{id}/resize", exec_pass, "the node of its container" },
	{ "GET", "/exec/{id}/json", exec_pass, "the node of its container" },

	{ "POST", "/build", build_start,
		"placed by the scheduler; a BuildKit build where its session is",
		ROUTE_MAKES_IMAGES },
	{ "POST", "/build/cancel", build_cancel, "the node of the build" },
	{ "POST", "/session", session_start, "the node of its build, raw stream",
		ROUTE_HIJACK | ROUTE_MAKES_IMAGES },
	{ "POST", "/grpc", session_grpc, "one node for each client at a time, raw stream",
		ROUTE_HIJACK | ROUTE_MAKES_IMAGES },

	{ "POST", "/commit", containers_commit, "the node of the container", ROUTE_MAKES_IMAGES },

	{ "GET", "/images/json", images_list,
		"all nodes, from memory; equal ids are one image; `shared-size`, `manifests` and "
		"`identity` are asked of the healthy nodes that know them",
		ROUTE_IMAGES },
	{ "POST", "/images/create", images_create,
		"pull: all healthy nodes, or those that satisfy `constraint`; import: one node, "
		"from there to the others" },
	{ "POST", "/images/load", images_load,
		"all healthy nodes, or those that satisfy `constraint`, at the pace of the "
		"slowest" },
	{ "GET", "/images/get", images_save_many,
		"a node that has all of them, streamed; when none has, the one with most of them "
		"gets "
		"the others first",
		ROUTE_IMAGES },
	{ "GET", "/images/search", images_search, "any healthy node" },
	{ "POST", "/images/prune", images_prune, "all healthy nodes, merged" },
	{ "GET", "/images/{name}/json", images_inspect,
		"always the same one of the healthy nodes that have it", ROUTE_IMAGES },
	{ "GET", "/images/{name}/history", images_read, "a healthy node that has it",
		ROUTE_IMAGES },
	{ "GET", "/images/{name}/attestations", images_read, "a healthy node that has it",
		ROUTE_IMAGES },
	{ "GET", "/images/{name}/get", images_save, "a healthy node that has it, streamed",
		ROUTE_IMAGES },
	{ "POST", "/images/{name}/push", images_push, "a healthy node that has it, streamed",
		ROUTE_IMAGES },
	{ "POST", "/images/{name}/tag", images_tag, "all healthy nodes that have it",
		ROUTE_IMAGES },
	{ "DELETE", "/images/{name}", images_remove,
		"all healthy nodes that have it; each entry names its node", ROUTE_IMAGES },
	{ "GET", "/distribution/{name}/json", images_distribution, "any healthy node" },

	{ "GET", "/networks", networks_list,
		"all nodes, from memory; local ones as node/name, shared ones once" },
	{ "GET", "/networks/", networks_list, "the same" },
	{ "POST", "/networks/create", networks_create,
		"on the node of node/name, else on one that the scheduler chooses, from where "
		"bridges spread; without a driver an overlay where the engines form a swarm, "
		"else a bridge" },
	{ "POST", "/networks/prune", networks_prune,
		"decided by the manager: what no container of any node uses" },
	{ "POST", "/networks/{id}/connect", networks_connect,
		"the node of the container, to which a bridge spreads" },
	{ "POST", "/networks/{id}/disconnect", networks_disconnect, "the node of the container" },
	{ "GET", "/networks/{id}", networks_inspect, "all nodes that have it, merged" },
	{ "DELETE", "/networks/{id}", networks_remove,
		"a node that has it; of a bridge that has spread every node" },

	{ "GET", "/volumes", volumes_list,
		"all nodes, from memory; local ones as node/name, shared ones once" },
	{ "POST", "/volumes/create", volumes_create,
		"on the node of node/name, else on the one that has it or that the scheduler "
		"chooses; on "
		"all when its label or driver says so" },
	{ "POST", "/volumes/prune", prune_volumes, "all healthy nodes, merged" },
	{ "GET", "/volumes/{name}", volumes_inspect, "the node that has it" },
	{ "PUT", "/volumes/{name}", volumes_update, "not offered: 503" },
	{ "DELETE", "/volumes/{name}", volumes_remove, "all nodes that have it" },

	{ "GET", "/plugins", plugins_list, "all healthy nodes, as node/name" },
	{ "GET", "/plugins/privileges", plugins_privileges, "any healthy engine" },
	{ "GET", "/plugins/{name}/json", plugins_inspect,
		"the node of node/name, else the first that has it" },
	{ "POST", "/plugins/pull", plugins_manage, "not offered: 501" },
	{ "POST", "/plugins/create", plugins_manage, "not offered: 501" },
	{ "POST", "/plugins/{name}/enable", plugins_manage, "not offered: 501" },
	{ "POST", "/plugins/{name}/disable", plugins_manage, "not offered: 501" },
	{ "POST", "/plugins/{name}/upgrade", plugins_manage, "not offered: 501" },
	{ "POST", "/plugins/{name}/push", plugins_manage, "not offered: 501" },
	{ "POST", "/plugins/{name}/set", plugins_manage, "not offered: 501" },
	{ "DELETE", "/plugins/{name}", plugins_manage, "not offered: 501" },

	{ "POST", "/build/prune", prune_build_cache, "all healthy nodes, merged" },

	{ "POST", "/swarm/init", swarm_mode_elsewhere, "not offered: 501" },
	{ "POST", "/swarm/join", swarm_mode_elsewhere, "not offered: 501" },
	{ "POST", "/swarm/leave", swarm_mode_no_member, "not offered: 503" },
	{ "POST", "/swarm/unlock", swarm_mode_no_member, "not offered: 503" },
	{ "POST", "/swarm/update", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/swarm/unlockkey", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/swarm", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/nodes", nodes_list, "the engines, as docker node lists nodes" },
	{ "POST", "/nodes/{id}/update", nodes_update, "availability and labels of an engine" },
	{ "GET", "/nodes/{id}", nodes_inspect, "one engine" },
	{ "DELETE", "/nodes/{id}", nodes_remove,
		"with `force`, by somebody who knows: nothing runs there any more" },
	{ "GET", "/services", swarm_mode_absent, "not offered: 503" },
	{ "POST", "/services/create", swarm_mode_absent, "not offered: 503" },
	{ "POST", "/services/{id}/update", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/services/{id}/logs", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/services/{id}", swarm_mode_absent, "not offered: 503" },
	{ "DELETE", "/services/{id}", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/tasks", tasks_list, "with the filter `node`: its containers; else 503" },
	{ "GET", "/tasks/{id}/logs", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/tasks/{id}", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/secrets", swarm_mode_absent, "not offered: 503" },
	{ "POST", "/secrets/create", swarm_mode_absent, "not offered: 503" },
	{ "POST", "/secrets/{id}/update", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/secrets/{id}", swarm_mode_absent, "not offered: 503" },
	{ "DELETE", "/secrets/{id}", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/configs", swarm_mode_absent, "not offered: 503" },
	{ "POST", "/configs/create", swarm_mode_absent, "not offered: 503" },
	{ "POST", "/configs/{id}/update", swarm_mode_absent, "not offered: 503" },
	{ "GET", "/configs/{id}", swarm_mode_absent, "not offered: 503" },
	{ "DELETE", "/configs/{id}", swarm_mode_absent, "not offered: 503" },

	{ "GET", "/containers/{name}/{action}", containers_unknown,
		"what the manager does not know: its node", ROUTE_UPGRADE },
	{ "HEAD", "/containers/{name}/{action}", containers_unknown,
		"what the manager does not know: its node" },
	{ "*", "/containers/{name}/{action}", containers_unknown,
		"what the manager does not know: its node", ROUTE_CHANGES | ROUTE_UPGRADE },
};
const size_t routes_count = ARRAY_SIZE(routes);

const struct route *routes_find(const char *method, struct request *rq, struct error *err)
{
	static const struct router router = ROUTER(routes);

	return router_find(&router, method, rq->path, rq->captures, err);
}
