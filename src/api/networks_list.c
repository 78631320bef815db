/*
 * api/networks_list.c - GET /networks, from memory: every network once, those of one node with
 * its name.
 */
#include "api/networks.h"

#include <string.h>

#include "api/networks_endpoints.h"
#include "api/object_list.h"
#include "base/parse.h"
#include "cluster/find_network.h"
#include "docker/listfilter.h"

struct networks_list {
	struct object_list list;
	struct list_filters filters;
	bool dangling; /* the filter's value, when it is there */
	struct network_endpoints endpoints;
};

static struct networks_list *networks_of(struct object_list *l)
{
	return container_of(l, struct networks_list, list);
}

static void finish(struct object_list *list)
{
	struct networks_list *l = networks_of(list);

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

static bool is_on_nodes(const struct networks_list *l, const struct object_row *row)
{
	const struct strv *nodes = list_filters_get(&l->filters, "node");

	for (size_t i = 0; nodes && i < nodes->count; i++) {
		if (!strv_contains(&row->nodes, nodes->items[i]))
			return false;
	}
	return true;
}

static bool has_use(const struct networks_list *l, const struct object_row *row)
{
	const struct network *n = row->thing;
	bool unused;

	if (!list_filters_get(&l->filters, "dangling"))
		return true;
	unused = !network_is_predefined(n->name) &&
		 !networks_endpoints_any(&l->endpoints, n, row->engine);
	return unused == l->dangling;
}

static bool matches(const struct networks_list *l, const struct object_row *row)
{
	const struct network *n = row->thing;

	return has_type(l, n) && object_list_has_labels(&l->filters, "label", &n->labels) &&
	       list_filters_has(&l->filters, "driver", n->driver) &&
	       list_filters_has(&l->filters, "scope", n->scope) && is_on_nodes(l, row) &&
	       object_row_is_named(row, &l->filters, n->name) &&
	       list_filters_match(&l->filters, "id", n->logical_id) && has_use(l, row);
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

static void gather_network(struct object_list *list, const struct held_list *of, size_t i)
{
	const struct network *network = (const struct network *)of->things + i;
	struct object_row *row;

	if (network_is_removed(list->cluster, of->engine, network))
		return;
	auto_free char *key = key_of(network, of->engine);

	row = object_list_row(list, key, of->engine);
	if (!row->thing || is_first_instance(network)) {
		row->thing = network;
		row->engine = of->engine;
	}
}

static void enter_engine(struct object_list *list, const struct held_list *of)
{
	networks_endpoints_add(&networks_of(list)->endpoints, of->engine);
}

/* The engine's entry with three members of our own. */
static void write_network(struct object_list *list, const struct object_row *row, struct strbuf *sb)
{
	static const char *const ours[] = { "Name", "Id", "Containers", NULL };
	const struct networks_list *l = networks_of(list);
	const struct network *n = row->thing;
	auto_strbuf struct strbuf name = STRBUF_INIT;

	if (!matches(l, row))
		return;
	network_write_name(&name, n, row->engine);
	strbuf_add_str(sb, "{\"Name\":");
	strbuf_add_json_str(sb, name.buf, name.len);
	strbuf_add_str(sb, ",\"Id\":");
	strbuf_add_json_str(sb, n->logical_id, strlen(n->logical_id));
	object_list_write_members(sb, n->entry, ours);
	strbuf_add_str(sb, ",\"Containers\":");
	networks_endpoints_write(sb, &l->endpoints, n, row->engine);
	strbuf_add_char(sb, '}');
}

const struct object_list_kind networks_list_kind = {
	.size = sizeof(struct networks_list),
	.objects = OBJECT_NETWORKS,
	.before = "[",
	.after = "]\n",
	.init = read_filters,
	.enter = enter_engine,
	.gather = gather_network,
	.write_row = write_network,
	.finish = finish,
};

void networks_list(struct request *rq)
{
	object_list_reply(rq, &networks_list_kind);
}
