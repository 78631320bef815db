/*
 * api/networks_create.c - POST /networks/create: decide what kind of network, and on which
 * engine.
 *
 * A client that names no driver (Compose) means a network on which all its containers reach each
 * other.  Where the engines are one swarm of their own that is an attachable overlay; elsewhere a
 * bridge that spreads (docker/objects.h): made on one engine, to which the scheduler then brings
 * the containers of that network, and again on others for those that cannot be there.  Labels may
 * say which engine, as on containers; then it stays there.
 *
 * A plain name is taken once in the cluster, so that it always means one network.
 */
#include "api/networks.h"

#include <string.h>

#include "api/body.h"
#include "api/networks_change.h"
#include "api/placement_label.h"
#include "base/json.h"
#include "base/mem.h"
#include "cluster/find_network.h"
#include "docker/name.h"
#include "docker/objects.h"

/* Drivers whose networks no other engine sees. */
static bool driver_is_local(const char *driver)
{
	static const char *const drivers[] = { "bridge", "macvlan", "ipvlan", "host", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (strcmp(drivers[i], driver) == 0)
			return true;
	}
	return false;
}

/* --- which driver --- */

/* Every node must be able to join an overlay, or containers could not be placed freely. */
static bool engines_are_one_swarm(const struct cluster *cluster)
{
	const struct engine *e;
	bool control = false;

	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		if (!e->swarm_active)
			return false;
		control |= e->swarm_control;
	}
	return control;
}

static const char *read_text(yyjson_mut_val *root, const char *key)
{
	const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(root, key));

	return text ? text : "";
}

static void put_str(yyjson_mut_doc *doc, const char *key, const char *value)
{
	yyjson_mut_obj_put(yyjson_mut_doc_get_root(doc), yyjson_mut_str(doc, key),
		yyjson_mut_strcpy(doc, value));
}

/* Only services could use an overlay that is not attachable, and there are none here. */
static void make_attachable(yyjson_mut_doc *doc)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);

	if (!yyjson_mut_get_bool(yyjson_mut_obj_get(root, "Ingress")))
		yyjson_mut_obj_put(
			root, yyjson_mut_str(doc, "Attachable"), yyjson_mut_bool(doc, true));
}

/* What the document says, or the default of this cluster; it is written into the document. */
static const char *settle_driver(
	const struct cluster *cluster, yyjson_mut_doc *doc, const char *node)
{
	yyjson_mut_val *given = yyjson_mut_obj_get(yyjson_mut_doc_get_root(doc), "Driver");
	const char *driver = read_text(yyjson_mut_doc_get_root(doc), "Driver");

	if (!yyjson_mut_is_str(given) && !yyjson_mut_is_null(given) && given)
		return "bridge"; /* the engine refuses it */
	if (!*driver || strcmp(driver, "default") == 0) {
		driver = !*node && engines_are_one_swarm(cluster) ? "overlay" : "bridge";
		put_str(doc, "Driver", driver);
	}
	if (strcmp(driver, "overlay") == 0)
		make_attachable(doc);
	return driver;
}

/* --- does it spread --- */

static bool says_where(yyjson_mut_val *labels)
{
	static const char *const placing[] = { LABEL_AFFINITIES, LABEL_CONSTRAINTS,
		LABEL_WHITELISTS };

	for (size_t i = 0; i < ARRAY_SIZE(placing); i++) {
		if (yyjson_mut_obj_get(labels, placing[i]))
			return true;
	}
	return false;
}

/* One that is made from another, or only to make others from, belongs to the engine of that one. */
static bool is_template(yyjson_mut_val *root)
{
	yyjson_mut_val *from = yyjson_mut_obj_get(root, "ConfigFrom");

	return yyjson_mut_get_bool(yyjson_mut_obj_get(root, "ConfigOnly")) ||
	       *read_text(from, "Network");
}

/* The label that lets it spread keeps the addresses that were asked for. */
static void let_spread(yyjson_mut_doc *doc)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	yyjson_mut_val *ipam = yyjson_mut_obj_get(root, "IPAM");
	yyjson_mut_val *labels = yyjson_mut_obj_get(root, "Labels");
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (says_where(labels) || is_template(root))
		return;
	if (!labels || yyjson_mut_is_null(labels)) { /* others are the engine's to refuse */
		labels = yyjson_mut_obj(doc);
		yyjson_mut_obj_put(root, yyjson_mut_str(doc, "Labels"), labels);
	}
	if (ipam)
		json_mut_write(&text, ipam);
	else
		strbuf_add_str(&text, "null");
	yyjson_mut_obj_put(
		labels, yyjson_mut_str(doc, LABEL_NETWORK_IPAM), yyjson_mut_strcpy(doc, text.buf));
}

/* --- is the name free --- */

static bool engine_has(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->networks_count; i++) {
		if (strcmp(e->networks[i].name, name) == 0 &&
			!network_is_removed(e->cluster, e, &e->networks[i]))
			return true;
	}
	return false;
}

/* node NULL: in the whole cluster, where it is then claimed.  What every engine has, and no
 * name at all, is the engine's to refuse. */
static bool take_name(struct network_change *c, const struct engine *node, const char *name)
{
	const struct api *api = ask_request(&c->ask)->api;

	if (!*name || network_is_predefined(name))
		return true;
	if (node)
		return !engine_has(node, name);
	return !network_find_name(api->cluster, name) &&
	       network_claim_begin(&c->claim, api->manager, name);
}

/* --- where --- */

static struct engine *place(struct request *rq, yyjson_mut_doc *doc, const char *node,
	const struct translate_need *need, struct error *err)
{
	struct wish *wish = placement_wish(doc, node, err);
	struct engine *e =
		wish ? manager_place_needing(rq->api->manager, wish, need, rq->version, err) : NULL;

	wish_destroy(wish);
	return e;
}

/* Overlays are made by the managers of the engines' swarm; any of them will do that can. */
static void add_swarm_managers(struct ask *a, const struct translate_need *need)
{
	struct cluster *cluster = ask_request(a)->api->cluster;
	struct engine *e;

	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		if (e->swarm_control && translate_need_is_met(need, &e->remote.range))
			ask_add(a, e, "/networks/create", "");
	}
}

static bool choose_engines(
	struct ask *a, yyjson_mut_doc *doc, const char *driver, const char *node, struct error *err)
{
	struct translate_need need =
		translate_network_need(yyjson_mut_doc_get_root(doc), ask_request(a)->version);
	struct engine *e;

	if (!*node && strcmp(driver, "overlay") == 0)
		add_swarm_managers(a, &need);
	if (a->fanout.count)
		return true;
	e = place(ask_request(a), doc, node, &need, err);
	if (!e)
		return false;
	ask_add(a, e, "/networks/create", "");
	return true;
}

/* Engines before API 1.48 knew no networks without IPv4, and no word for those with. */
static void drop_ipv4(yyjson_mut_doc *doc, const struct engine *e)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);

	if (api_version_before(e->remote.range.max, 1, 48) &&
		yyjson_mut_is_true(yyjson_mut_obj_get(root, "EnableIPv4")))
		yyjson_mut_obj_remove_key(root, "EnableIPv4");
}

static bool prepare_create(struct ask *a, struct error *err)
{
	struct network_change *c = container_of(a, struct network_change, ask);
	struct request *rq = ask_request(a);
	auto_json_mut yyjson_mut_doc *doc = body_object(rq, "{}", err);
	auto_free char *written = NULL, *node = NULL;
	const char *name, *driver;

	if (!doc)
		return false;
	written = xstrdup(read_text(yyjson_mut_doc_get_root(doc), "Name"));
	if (!name_check("network", written, err))
		return false;
	node = name_split(written, &name);
	placement_session_write(rq, doc);
	driver = settle_driver(rq->api->cluster, doc, node);
	if (!choose_engines(a, doc, driver, node, err))
		return false;
	if (!take_name(c, *node ? a->fanout.items[0].engine : NULL, name))
		return error_set(
			err, ERROR_CONFLICT, "network with name %s already exists", written);
	if (!*node && strcmp(driver, "bridge") == 0)
		let_spread(doc);
	c->everywhere = !driver_is_local(driver);
	put_str(doc, "Name", name);
	drop_ipv4(doc, a->fanout.items[0].engine);
	ask_set_body(a, doc);
	return true;
}

void networks_create(struct request *rq)
{
	static const struct ask_kind kind = {
		NETWORK_CHANGE_KIND,
		.order = ASK_FIRST,
		.prepare = prepare_create,
	};

	ask_run(rq, &kind);
}
