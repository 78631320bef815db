/*
 * api/networks_list.c - GET /networks, from memory: every network once, those of one node with
 * its name.
 */
#include "api/networks.h"

#include <string.h>

#include "api/networks_endpoints.h"
#include "api/object_list.h"
#include "base/map.h"
#include "base/parse.h"
#include "cluster/find_network.h"
#include "docker/listfilter.h"

/* One network with its copies. */
struct listed {
	const struct network *network; /* the first copy, or instance */
	struct engine *engine;
	struct strv nodes; /* names of all engines that have it */
	char *key;         /* owned: what makes it one */
	UT_hash_handle hh; /* by key */
};

struct networks_list {
	struct object_list list;
	struct list_filters filters;
	bool dangling;           /* the filter's value, when it is there */
	struct listed *networks; /* hash in the order of the engines' names */
	struct network_endpoints endpoints;
};

static struct networks_list *networks_of(struct object_list *l)
{
	return container_of(l, struct networks_list, list);
}

static void free_listed(struct networks_list *l, struct listed *n)
{
	HASH_DEL(l->networks, n);
	strv_finish(&n->nodes);
	free(n->key);
	free(n);
}

static void finish(struct object_list *list)
{
	struct networks_list *l = networks_of(list);
	struct listed *n, *tmp;

	HASH_ITER (hh, l->networks, n, tmp) {
		free_listed(l, n);
	}
	networks_endpoints_finish(&l->endpoints);
	list_filters_finish(&l->filters);
}

/* --- filters --- */

static bool check_type(const struct strv *types, struct error *err)
{
	for (size_t i = 0; types && i < types->count; i++) {
		if (strcmp(types->items[i], "custom") != 0 &&
			strcmp(types->items[i], "builtin") != 0)
			return error_set(
				err, ERROR_INVALID, "invalid filter: 'type'='%s'", types->items[i]);
	}
	return true;
}

/* Engines say it in other words here. */
static bool read_dangling(struct networks_list *l, struct error *err)
{
	if (list_filters_flag(&l->filters, "dangling", false, &l->dangling, NULL))
		return true;
	return error_set(err, ERROR_INVALID,
		"invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" "
		"(or \"0\")");
}

static bool read_filters(struct object_list *list, const struct query *query, struct error *err)
{
	struct networks_list *l = networks_of(list);
	static const char *const accepted[] = { "dangling", "driver", "id", "label", "name", "node",
		"scope", "type", NULL };

	return list_filters_parse(&l->filters, query_get(query, "filters"), err) &&
	       list_filters_check(&l->filters, accepted, err) &&
	       check_type(list_filters_get(&l->filters, "type"), err) && read_dangling(l, err);
}

static bool has_type(const struct networks_list *l, const struct network *n)
{
	const struct strv *types = list_filters_get(&l->filters, "type");

	return !types ||
	       strv_contains(types, network_is_predefined(n->name) ? "builtin" : "custom");
}

static bool is_on_nodes(const struct networks_list *l, const struct listed *n)
{
	const struct strv *nodes = list_filters_get(&l->filters, "node");

	for (size_t i = 0; nodes && i < nodes->count; i++) {
		if (!strv_contains(&n->nodes, nodes->items[i]))
			return false;
	}
	return true;
}

static bool has_some_name(const struct networks_list *l, const struct listed *n)
{
	for (size_t i = 0; i < n->nodes.count; i++) {
		if (list_filters_match_name(&l->filters, n->nodes.items[i], n->network->name))
			return true;
	}
	return false;
}

static bool has_use(const struct networks_list *l, const struct listed *listed)
{
	const struct network *n = listed->network;
	bool unused;

	if (!list_filters_get(&l->filters, "dangling"))
		return true;
	unused = !network_is_predefined(n->name) &&
		 !networks_endpoints_any(&l->endpoints, n, listed->engine);
	return unused == l->dangling;
}

static bool matches(const struct networks_list *l, const struct listed *n)
{
	return has_type(l, n->network) &&
	       object_list_has_labels(&l->filters, "label", &n->network->labels) &&
	       list_filters_has(&l->filters, "driver", n->network->driver) &&
	       list_filters_has(&l->filters, "scope", n->network->scope) && is_on_nodes(l, n) &&
	       has_some_name(l, n) &&
	       list_filters_match(&l->filters, "id", n->network->logical_id) && has_use(l, n);
}

/* --- gathering and writing --- */

/* What the others were made after; of overlays all copies are alike. */
static bool is_first_instance(const struct network *n)
{
	return n->spreads && n->id == n->logical_id; /* interned */
}

static char *key_of(const struct network *n, const struct engine *e)
{
	return network_is_of_one_node(n) ? xasprintf("%s/%s", e->name, n->logical_id)
					 : xstrdup(n->logical_id);
}

static struct listed *find_or_add(
	struct networks_list *l, struct engine *e, const struct network *network)
{
	auto_free char *key = key_of(network, e);
	struct listed *n;

	HASH_FIND_STR(l->networks, key, n);
	if (n)
		return n;
	n = xnew(struct listed);
	n->key = steal(key);
	HASH_ADD_KEYPTR(hh, l->networks, n->key, strlen(n->key), n);
	l->list.bytes += sizeof(*n) + strlen(n->key);
	return n;
}

static void gather_network(struct object_list *list, const struct held_list *of, size_t i)
{
	const struct network *network = (const struct network *)of->things + i;
	struct listed *n;

	if (network_is_removed(list->cluster, of->engine, network))
		return;
	n = find_or_add(networks_of(list), of->engine, network);
	if (!n->network || is_first_instance(network)) {
		n->network = network;
		n->engine = of->engine;
	}
	strv_add(&n->nodes, of->engine->name);
}

static void enter_engine(struct object_list *list, const struct held_list *of)
{
	networks_endpoints_add(&networks_of(list)->endpoints, of->engine);
}

/* The engine's entry with three members of our own. */
static void write_network(struct strbuf *sb, const struct networks_list *l, const struct listed *n)
{
	static const char *const ours[] = { "Name", "Id", "Containers", NULL };
	auto_strbuf struct strbuf name = STRBUF_INIT;

	network_write_name(&name, n->network, n->engine);
	strbuf_add_str(sb, "{\"Name\":");
	strbuf_add_json_str(sb, name.buf, name.len);
	strbuf_add_str(sb, ",\"Id\":");
	strbuf_add_json_str(sb, n->network->logical_id, strlen(n->network->logical_id));
	object_list_write_members(sb, n->network->entry, ours);
	strbuf_add_str(sb, ",\"Containers\":");
	networks_endpoints_write(sb, &l->endpoints, n->network, n->engine);
	strbuf_add_char(sb, '}');
}

static bool write_next(struct object_list *list, struct strbuf *to)
{
	struct networks_list *l = networks_of(list);
	struct listed *n = l->networks; /* the first */

	if (!n)
		return false;
	if (matches(l, n))
		write_network(to, l, n);
	free_listed(l, n);
	return true;
}

const struct object_list_kind networks_list_kind = {
	.size = sizeof(struct networks_list),
	.objects = OBJECT_NETWORKS,
	.before = "[",
	.after = "]\n",
	.init = read_filters,
	.enter = enter_engine,
	.gather = gather_network,
	.write = write_next,
	.finish = finish,
};

void networks_list(struct request *rq)
{
	object_list_reply(rq, &networks_list_kind);
}
