/*
 * api/networks_connect.c - POST /networks/{id}/connect and /disconnect: on the container's
 * engine, which knows neither "node/name" nor swarm ids nor other engines' instances of a
 * network, so that network and container are told by their full ids.
 */
#include "api/networks.h"

#include <string.h>

#include "api/body.h"
#include "api/networks_change.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/find_container.h"
#include "cluster/find_network.h"

/* Where several nodes have a network of that name ("bridge"), the one beside the container is
 * meant. */
static bool find_network(
	struct request *rq, struct engine *e, const struct network **ret, struct error *err)
{
	const char *what = request_name(rq);
	const struct network *beside;
	struct network_found found;
	auto_error struct error why = ERROR_INIT;

	if (!network_find(rq->api->cluster, what, &found, &why)) {
		*ret = network_find_on(e, what);
		if (!*ret)
			error_move(err, &why);
		return *ret;
	}
	beside = network_on(e, found.network->logical_id);
	*ret = beside ? beside : found.network;
	if (!beside && network_is_local(found.network) && !found.network->spreads)
		return error_set(err, ERROR_INVALID,
			"network %s is on node %s, and the container is on node %s", what,
			found.engine->name, e->name);
	return true;
}

static struct container *find_container(struct request *rq, yyjson_mut_doc *doc, struct error *err)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	const char *name = yyjson_mut_get_str(yyjson_mut_obj_get(root, "Container"));
	struct container *found;

	if (!name || !*name) {
		error_set(err, ERROR_INVALID, "invalid name or ID supplied: \"\"");
		return NULL;
	}
	found = cluster_find_container(rq->api->cluster, name, err);
	if (!found || engine_is_healthy(found->engine))
		return found;
	error_set(err, ERROR_UNAVAILABLE, "Container %s running on unhealthy node %s", name,
		found->engine->name);
	return NULL;
}

/* Before the engine is asked it gets an instance of the network. */
static void spread(struct network_change *c, struct engine *e, const struct network *n)
{
	network_spread_start(
		&c->spread, ask_request(&c->ask)->api->manager, e, n, &c->ask.errand.task);
	c->ask.before_done = &c->spread.done;
	c->ask.before_err = &c->spread.err;
}

enum attachment { CONNECT, DISCONNECT };

static bool prepare(struct ask *a, enum attachment what, struct error *err)
{
	struct network_change *c = container_of(a, struct network_change, ask);
	struct request *rq = ask_request(a);
	auto_json_mut yyjson_mut_doc *doc = body_object(rq, "{}", err);
	struct container *container = doc ? find_container(rq, doc, err) : NULL;
	const struct network *network;
	bool missing;

	if (!container || !find_network(rq, container->engine, &network, err))
		return false;
	memcpy(c->container_id, container->id, sizeof(c->container_id));
	missing = network->spreads && !network_on(container->engine, network->logical_id);
	if (missing && what == CONNECT)
		spread(c, container->engine, network);
	/* an instance that is still to be made has no id, but the name */
	auto_free char *path = request_path_for(rq, missing ? network->name : network->id);

	ask_add(a, container->engine, path, "");
	yyjson_mut_obj_put(yyjson_mut_doc_get_root(doc), yyjson_mut_str(doc, "Container"),
		yyjson_mut_str(doc, c->container_id));
	ask_set_body(a, doc);
	return true;
}

static bool prepare_connect(struct ask *a, struct error *err)
{
	return prepare(a, CONNECT, err);
}

static bool prepare_disconnect(struct ask *a, struct error *err)
{
	return prepare(a, DISCONNECT, err);
}

void networks_connect(struct request *rq)
{
	static const struct ask_kind kind = {
		NETWORK_CHANGE_KIND,
		.order = ASK_FIRST,
		.prepare = prepare_connect,
	};

	ask_run(rq, &kind);
}

void networks_disconnect(struct request *rq)
{
	static const struct ask_kind kind = {
		NETWORK_CHANGE_KIND,
		.order = ASK_FIRST,
		.prepare = prepare_disconnect,
	};

	ask_run(rq, &kind);
}
