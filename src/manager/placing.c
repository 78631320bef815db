/* manager/placing.c - name, networks, wish, engine, reservation: in this order. */
#include "manager/placing.h"

#include <assert.h>
#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_container.h"
#include "cluster/find_image.h"
#include "cluster/find_network.h"
#include "docker/answer.h"
#include "docker/image_name.h"
#include "manager/decisions.h"
#include "manager/desired.h"
#include "manager/network_spread.h"
#include "manager/publish.h"
#include "manager/share.h"

/* --- life --- */

static void add_network(struct placing *p, const char *written)
{
	p->networks = xreallocarray(p->networks, p->networks_count + 1, sizeof(*p->networks));
	p->networks[p->networks_count++] = (struct placing_network){ .name = xstrdup(written) };
}

void placing_init(struct placing *p, struct manager *m, struct container_config *config,
	struct api_version version)
{
	const struct container_config *c = &p->config;

	*p = (struct placing){ .manager = m, .config = *config, .version = version };
	*config = (struct container_config){ 0 };
	for (size_t i = 0; i < c->networks.count; i++)
		add_network(p, c->networks.items[i]);
	if (*c->network_mode && !strv_contains(&c->networks, c->network_mode) &&
		!str_starts_with(c->network_mode, "container:"))
		add_network(p, c->network_mode);
}

void placing_finish(struct placing *p)
{
	placing_leave(p);
	for (size_t i = 0; i < p->networks_count; i++) {
		free(p->networks[i].name);
		free(p->networks[i].node);
		free(p->networks[i].logical_id);
	}
	free(p->networks);
	wish_destroy(p->wish);
	config_finish(&p->config);
	free(p->os);
	free(p->elsewhere);
	free(p->why);
	*p = (struct placing){ 0 };
}

void placing_replace(struct placing *p, const struct container *old)
{
	assert(old->engine && *old->id);
	memcpy(p->replaces, old->id, sizeof(p->replaces));
	free(p->elsewhere);
	p->elsewhere = xstrdup(old->engine->name);
}

/* --- names --- */

static bool name_is_free(const struct placing *p, struct error *err)
{
	const char *name = p->config.name;
	const struct container *holder = cluster_find_name(p->manager->cluster, name);

	struct desired_lost unseen;

	if (holder && !(*p->replaces && strcmp(holder->id, p->replaces) == 0))
		return container_name_conflict(holder, name, err);
	if (!*name || !desired_find_unseen(p->manager->desired, name, &unseen) ||
		strcmp(unseen.swarm_id, p->config.swarm_id) == 0)
		return true;
	return error_set(err, ERROR_CONFLICT,
		"Conflict. The container name \"/%s\" is already in use by container \"%s\" of "
		"node "
		"%s, which is out of reach.",
		name, unseen.id, unseen.node);
}

static void rename_network(struct placing *p, struct placing_network *n, const char *name)
{
	auto_free char *before = n->name;

	n->name = xstrdup(name);
	config_rename_network(&p->config, before, n->name);
}

/* "node-1/net" names the node as well as the network. */
static void split_node(struct placing *p, struct placing_network *n)
{
	const char *slash = strchr(n->name, '/');
	auto_free char *node = slash ? xstrndup(n->name, (size_t)(slash - n->name)) : NULL;
	auto_free char *plain = slash ? xstrdup(slash + 1) : NULL;

	if (!node || !cluster_find_engine(p->manager->cluster, node))
		return;
	rename_network(p, n, plain);
	n->node = steal(node);
}

/* An instance on another engine has the name of one that spreads, but not the id. */
static void resolve_network(struct placing *p, struct placing_network *n)
{
	struct cluster *cluster = p->manager->cluster;
	auto_free char *written = NULL;
	struct network_found found = { 0 };

	if (!n->node)
		split_node(p, n);
	written = n->node ? xasprintf("%s/%s", n->node, n->name) : xstrdup(n->name);
	n->exists =
		network_find(cluster, written, &found, NULL) || network_find_name(cluster, n->name);
	n->meant = found.network;
	free(n->logical_id);
	n->logical_id = n->meant && n->meant->spreads ? xstrdup(n->meant->logical_id) : NULL;
	if (n->logical_id)
		rename_network(p, n, n->meant->name);
}

/* --- the wish --- */

/* The scheduler need not look for them.  Of a name that several nodes have for networks of their
 * own any of these will do. */
static void mean_networks(struct placing *p)
{
	for (size_t i = 0; i < wish_networks_count(p->wish); i++) {
		for (size_t k = 0; k < p->networks_count; k++) {
			const struct placing_network *n = &p->networks[k];

			if (strcmp(wish_network(p->wish, i), n->name) == 0 &&
				(n->meant || !n->exists))
				wish_mean_network(p->wish, i, n->meant);
		}
	}
}

static bool add_constraint(
	struct placing *p, const char *what, const char *value, struct error *err)
{
	auto_free char *constraint = value ? xasprintf("%s%s", what, value) : NULL;

	return !constraint || wish_add_constraint(p->wish, constraint, err);
}

static bool are_plain(const struct strv *ids)
{
	for (size_t i = 0; i < ids->count; i++) {
		if (!id_is_hex(image_id_hex(ids->items[i]), 1))
			return false;
	}
	return true;
}

/* One of these ids, or whoever has the name.  What is no id as engines make them may not come to
 * stand in an expression. */
static char *image_affinity(const struct placing *p, const struct strv *ids)
{
	if (!ids)
		return xasprintf("image==%s", p->config.image);
	if (!are_plain(ids))
		return xasprintf("image==%s", ids->items[0]);
	auto_free char *any = strv_join(ids, "|");

	return xasprintf("image==/^(%s)$/", any);
}

/* What the request does not say of itself. */
static bool add_hints(struct placing *p, const struct strv *last, struct error *err)
{
	auto_free char *affinity = image_affinity(p, last);

	for (size_t i = 0; i < p->networks_count; i++) {
		if (!add_constraint(p, "node==", p->networks[i].node, err))
			return false;
	}
	return add_constraint(p, "node!=", p->elsewhere, err) &&
	       add_constraint(p, "ostype==", p->os, err) &&
	       (!(p->at_holders || last) || wish_add_affinity(p->wish, affinity, err));
}

static bool make_wish(struct placing *p, const struct strv *last, struct error *err)
{
	wish_destroy(p->wish);
	p->wish = wish_create(&p->config, err);
	if (!p->wish)
		return false;
	mean_networks(p);
	return add_hints(p, last, err);
}

/* --- the engine --- */

/*
 * Whether any node is of the platform that is asked for, and may be taken by the expressions, be it
 * full.  Where none is, an engine has the last word: it may know how to emulate it, and to an image
 * that is not there for the platform it says what clients take for an invitation to pull it.
 */
static bool has_node_of_platform(const struct placing *p)
{
	const struct container_config *c = &p->config;
	struct wish *wish = wish_create_expressions(
		&c->affinities, &c->constraints, &c->whitelists, 0, 0, NULL);
	bool found;

	if (!wish)
		return true; /* for another reason, which has been told */
	wish_set_platform(wish, c->platform);
	found = manager_place(p->manager, wish, NULL);
	wish_destroy(wish);
	return found;
}

/* What is newer of its own needs and those of its networks, which may have to be made there. */
static struct engine *choose_engine(struct placing *p, struct error *err)
{
	struct api_version client = p->version.major ? p->version : API_VERSION_MAX;
	struct translate_need need =
		translate_create_need(yyjson_mut_doc_get_root(p->config.doc), client);

	for (size_t i = 0; i < p->networks_count; i++) {
		const struct placing_network *n = &p->networks[i];
		struct translate_need more = { 0 };

		if (n->logical_id)
			more = network_spread_need(n->meant);
		if (api_version_compare(more.since, need.since) <= 0)
			continue;
		need = more;
		client = (struct api_version){ 0 };
	}
	return manager_place_needing(p->manager, p->wish, &need, client, err);
}

/* An engine does not know swarm ids and "node/name".  What it understands stays as written, because
 * that is how it tells it again. */
static void resolve_dependency(struct placing *p, const char *written, const char *what)
{
	struct container *found = cluster_find_container(p->manager->cluster, what, NULL);

	if (found && found->engine == p->engine && !container_is_known_as(found, what))
		config_resolve_dependency(&p->config, written, found->id);
}

static void resolve_dependencies(struct placing *p)
{
	const struct strv *lists[] = { &p->config.volumes_from, &p->config.links };
	auto_strv struct strv shared = STRV_INIT;

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++) {
		auto_strv struct strv names = STRV_INIT;

		strv_copy(&names, lists[l]);
		for (size_t i = 0; i < names.count; i++) {
			auto_free char *name =
				xstrndup(names.items[i], strcspn(names.items[i], ":"));

			resolve_dependency(p, names.items[i], name);
		}
	}
	strv_copy(&shared, &p->config.shared_namespaces);
	for (size_t i = 0; i < shared.count; i++)
		resolve_dependency(p, shared.items[i], shared.items[i] + strlen("container:"));
}

static void keep_reason(struct placing *p)
{
	auto_strbuf struct strbuf why = STRBUF_INIT;

	sched_describe(p->manager->sched, &why);
	free(p->why);
	p->why = strbuf_steal(&why);
}

/* last: ids of the image that it must be; NULL: any of the name. */
static struct engine *wish_and_choose(struct placing *p, const struct strv *last, struct error *err)
{
	bool wished = make_wish(p, last, err);
	struct engine *e = wished ? choose_engine(p, err) : NULL;

	if (!e && wished && *p->config.platform && !has_node_of_platform(p)) {
		error_clear(err);
		wish_drop_platform(p->wish);
		e = choose_engine(p, err);
	}
	return e;
}

bool placing_choose(struct placing *p, struct error *err)
{
	auto_strv struct strv last = STRV_INIT;
	bool only_last = image_find_last(p->manager->cluster, p->config.image, &last);
	auto_error struct error why = ERROR_INIT;
	struct engine *e;

	assert(!p->engine && !p->reservation);
	if (!name_is_free(p, err))
		return false;
	config_weigh_shares(&p->config, cluster_most_cpus(p->manager->cluster));
	for (size_t i = 0; i < p->networks_count; i++)
		resolve_network(p, &p->networks[i]);
	e = only_last ? wish_and_choose(p, &last, &why) : NULL;
	if (!e) {
		error_clear(&why);
		e = wish_and_choose(p, NULL, &why);
	}
	for (size_t i = 0; i < p->networks_count; i++)
		p->networks[i].meant = NULL; /* it may be gone in the next turn */
	if (!e) {
		if (!config_refusal(&p->config, err))
			error_move(err, &why);
		return false;
	}
	p->engine = engine_ref(e);
	keep_reason(p);
	resolve_dependencies(p);
	return true;
}

struct sched_verdict *placing_judge(struct placing *p, size_t *ret_count)
{
	return p->wish ? manager_judge(p->manager, p->wish, ret_count) : NULL;
}

void placing_reserve(struct placing *p)
{
	assert(p->engine && !p->reservation);
	if (!p->config.swarm_id[0]) {
		char id[ID_HEX_LEN + 1];

		id_new(id);
		if (p->config.shares_are_weight)
			needs_swarm_id_say_weight(id);
		config_set_swarm_id(&p->config, id);
	}
	publish_choose(p->manager->publish, &p->config);
	p->reservation = config_reserve(&p->config);
	engine_add_container(p->engine, p->reservation);
	decisions_keep(p->manager->decisions, p->config.swarm_id, p->why);
}

void placing_leave(struct placing *p)
{
	assert(p->engine || !p->reservation);
	if (p->reservation)
		engine_remove_container(p->engine, steal(p->reservation));
	engine_unref(steal(p->engine));
}

/* --- networks of the choice --- */

const struct network *placing_missing_network(const struct placing *p)
{
	for (size_t i = 0; i < p->networks_count; i++) {
		const char *id = p->networks[i].logical_id;
		struct network_found found;

		if (id && !network_on(p->engine, id) &&
			network_find(p->manager->cluster, id, &found, NULL))
			return found.network;
	}
	return NULL;
}

void placing_warn(const struct placing *p, struct strv *ret)
{
	for (size_t i = 0; i < p->networks_count; i++) {
		const char *id = p->networks[i].logical_id;
		const struct network *n = id ? network_on(p->engine, id) : NULL;

		if (n)
			network_spread_warn(p->engine, n, ret);
	}
	if (image_is_outdated(p->engine, p->config.image))
		strv_take(ret,
			xasprintf("node %s has an older image of the name %s than was made last "
				  "in the pool",
				p->engine->name, p->config.image));
	publish_warn(p->manager->publish, p->engine, &p->config, ret);
	share_warn(p->manager, p->engine, &p->config, ret);
}
