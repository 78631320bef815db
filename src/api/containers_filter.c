#include "api/containers_filter.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/cluster.h"
#include "cluster/find_container.h"
#include "docker/image_name.h"

static const char *const accepted_keys[] = {
	"ancestor",
	"annotation",
	"before",
	"expose",
	"exited",
	"health",
	"id",
	"isolation",
	"is-task",
	"label",
	"name",
	"network",
	"node",
	"publish",
	"since",
	"status",
	"volume",
	NULL,
};

static const char *const statuses[] = {
	"created",
	"running",
	"paused",
	"restarting",
	"removing",
	"exited",
	"dead",
	NULL,
};

static bool check_values(
	const struct list_filters *f, const char *key, const char *const *known, struct error *err)
{
	const struct strv *values = list_filters_get(f, key);

	for (size_t i = 0; values && i < values->count; i++) {
		size_t k = 0;

		while (known[k] && strcmp(known[k], values->items[i]) != 0)
			k++;
		if (!known[k])
			return error_set(err, ERROR_INVALID, "invalid filter '%s=%s'", key,
				values->items[i]);
	}
	return true;
}

static bool check_exited(const struct list_filters *f, struct error *err)
{
	const struct strv *values = list_filters_get(f, "exited");
	int64_t code;

	for (size_t i = 0; values && i < values->count; i++) {
		if (!parse_i64(values->items[i], &code))
			return error_set(err, ERROR_INVALID,
				"invalid filter 'exited=%s': not a number", values->items[i]);
	}
	return true;
}

static bool check_ports(const struct list_filters *f, const char *key, struct error *err)
{
	const struct strv *values = list_filters_get(f, key);
	uint16_t first, last;
	enum port_protocol protocol;

	for (size_t i = 0; values && i < values->count; i++) {
		if (!port_parse(values->items[i], &first, &last, &protocol))
			return error_set(err, ERROR_INVALID, "invalid filter '%s=%s': not a port",
				key, values->items[i]);
	}
	return true;
}

static bool check_filters(const struct list_filters *f, struct error *err)
{
	static const char *const healths[] = { "none", "starting", "healthy", "unhealthy", NULL };
	static const char *const bools[] = { "true", "false", "1", "0", NULL };

	return list_filters_check(f, accepted_keys, err) &&
	       check_values(f, "status", statuses, err) &&
	       check_values(f, "health", healths, err) && check_values(f, "is-task", bools, err) &&
	       check_exited(f, err) && check_ports(f, "publish", err) &&
	       check_ports(f, "expose", err);
}

/* The last value of several wins, as in the engine. */
static const char *bound_given(const struct container_filter *f, const char *key)
{
	const struct strv *values = list_filters_get(&f->filters, key);

	return values && values->count ? values->items[values->count - 1] : NULL;
}

static bool resolve_bound(struct container_filter *f, struct request *rq, const char *key,
	struct container_bound *ret, struct error *err)
{
	const char *filter = bound_given(f, key);
	const char *what = filter ? filter : query_get(&rq->query, key);
	const struct container *c;

	if (!what || !*what)
		return true;
	c = cluster_find_container(rq->api->cluster, what, err);
	if (!c)
		return false;
	ret->created_ns = c->created_ns;
	memcpy(ret->id, c->id, sizeof(c->id));
	if (!filter) /* as a parameter of its own, which it once was, it showed stopped ones too */
		f->all = true;
	return true;
}

static void resolve_ancestor(struct container_filter *f, const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->images_count; i++) {
		const struct image *image = &e->images[i];

		if ((image_has_name(image, name, IMAGE_MATCH_TAG) ||
			    image_has_id_prefix(image, name)) &&
			!strv_contains(&f->ancestor_ids, image->id))
			strv_add(&f->ancestor_ids, image->id);
	}
}

/* Only images that were built or committed name a parent; the many that were pulled cost no
 * parsing. */
static bool is_child_of_ancestor(const struct container_filter *f, const struct image *image)
{
	if (!strstr(image->entry, "\"ParentId\":\"sha256:"))
		return false;
	auto_json yyjson_doc *doc = json_parse(image->entry, strlen(image->entry), NULL);

	return strv_contains(
		&f->ancestor_ids, json_get_str(yyjson_doc_get_root(doc), "ParentId", ""));
}

static bool add_children(struct container_filter *f, const struct engine *e)
{
	bool added = false;

	for (size_t i = 0; i < e->images_count; i++) {
		const struct image *image = &e->images[i];

		if (strv_contains(&f->ancestor_ids, image->id) || !is_child_of_ancestor(f, image))
			continue;
		strv_add(&f->ancestor_ids, image->id);
		added = true;
	}
	return added;
}

/* As in the engine: the image, or one that descends from it. */
static void resolve_ancestors(struct container_filter *f, const struct cluster *cluster)
{
	const struct strv *names = list_filters_get(&f->filters, "ancestor");

	for (size_t i = 0; names && i < cluster->engines_count; i++) {
		for (size_t n = 0; n < names->count; n++)
			resolve_ancestor(f, cluster->engines[i], names->items[n]);
		while (add_children(f, cluster->engines[i]))
			; /* until nothing more descends from what is there */
	}
}

bool container_filter_init(struct container_filter *f, struct request *rq, struct error *err)
{
	const char *limit = query_get(&rq->query, "limit");
	int64_t n;

	f->api = rq->api;
	f->all = parse_query_bool(query_get(&rq->query, "all"));
	if (limit && parse_i64(limit, &n) && n > 0)
		f->all = true;
	if (!list_filters_parse(&f->filters, query_get(&rq->query, "filters"), err) ||
		!check_filters(&f->filters, err) ||
		!resolve_bound(f, rq, "before", &f->before, err) ||
		!resolve_bound(f, rq, "since", &f->since, err))
		return false;
	if (list_filters_get(&f->filters, "status"))
		f->all = true;
	resolve_ancestors(f, rq->api->cluster);
	return true;
}

void container_filter_finish(struct container_filter *f)
{
	list_filters_finish(&f->filters);
	strv_finish(&f->ancestor_ids);
}

/* The agents and managers of classic clusters run from an image of this name and are not shown
 * without `all`. */
static bool is_swarm_itself(const struct container *c)
{
	return strncmp(c->image, "swarm", 5) == 0 && (c->image[5] == ':' || c->image[5] == '\0');
}

bool container_filter_visible(const struct container_filter *f, const struct container *c)
{
	if (f->all)
		return true;
	return container_is_running(c) && engine_is_healthy(c->engine) && !is_swarm_itself(c);
}

/* --- one key each --- */

static bool name_matches(const struct strv *values, const struct container *c)
{
	for (size_t i = 0; i < c->names_count; i++) {
		auto_free char *with_node = xasprintf("/%s%s", c->engine->name, c->names[i]);

		if (list_filter_matches(values, c->names[i] + 1) ||
			list_filter_matches(values, c->names[i]) ||
			list_filter_matches(values, with_node + 1) ||
			list_filter_matches(values, with_node))
			return true;
	}
	return false;
}

static bool label_matches(const struct strv *values, const struct container *c)
{
	for (size_t i = 0; i < values->count; i++) {
		if (!labels_match(&c->labels, values->items[i]))
			return false;
	}
	return true;
}

static bool node_matches(const struct strv *values, const struct container *c)
{
	return list_filter_matches(values, c->engine->name) || strv_contains(values, c->engine->id);
}

static bool status_matches(const struct strv *values, const struct container *c)
{
	return strv_contains(values, container_state_text(c));
}

static bool health_matches(const struct strv *values, const struct container *c)
{
	return strv_contains(values, container_health_text(c));
}

static bool id_matches(const struct strv *values, const struct container *c)
{
	for (size_t i = 0; i < values->count; i++) {
		const char *v = values->items[i];

		if (*v && (str_starts_with(c->id, v) || str_starts_with(c->swarm_id, v)))
			return true;
	}
	return list_filter_matches(values, c->id);
}

static bool is_task_matches(const struct strv *values, const struct container *c)
{
	bool is_task = labels_get(&c->labels, "com.docker.swarm.task") ||
		       labels_get(&c->labels, "com.docker.swarm.task.id");

	for (size_t i = 0; i < values->count; i++) {
		if (parse_query_bool(values->items[i]) == is_task)
			return true;
	}
	return false;
}

static bool volume_matches(const struct strv *values, const struct container *c)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		if (strv_contains(values, c->mounts[i].name) ||
			strv_contains(values, c->mounts[i].destination))
			return true;
	}
	return false;
}

static bool network_matches(const struct strv *values, const struct container *c)
{
	for (size_t i = 0; i < c->networks_count; i++) {
		const struct container_network *n = &c->networks[i];
		const char *id = network_logical_id(
			c->engine->networks, c->engine->networks_count, n->network_id);

		if (strv_contains(values, n->name))
			return true;
		for (size_t k = 0; k < values->count; k++) {
			if (values->items[k][0] && str_starts_with(id, values->items[k]))
				return true;
		}
	}
	return false;
}

static bool exited_matches(const struct strv *values, const struct container *c)
{
	int64_t code;

	if (container_is_running(c) || c->state == CONTAINER_CREATED)
		return false;
	for (size_t i = 0; i < values->count; i++) {
		if (parse_i64(values->items[i], &code) && code == c->exit_code)
			return true;
	}
	return false;
}

static bool ancestor_matches(
	const struct container_filter *f, const struct strv *values, const struct container *c)
{
	return strv_contains(values, c->image) || strv_contains(&f->ancestor_ids, c->image_id);
}

static bool port_value_matches(const char *value, yyjson_val *port, const char *number_key)
{
	uint16_t first, last;
	enum port_protocol protocol;
	static const char *const names[] = { "tcp", "udp", "sctp" };
	int64_t number = json_get_int(port, number_key, 0);

	return port_parse(value, &first, &last, &protocol) && number >= first && number <= last &&
	       strcmp(json_get_str(port, "Type", ""), names[protocol]) == 0;
}

/* Rare, and only the entry knows all ports: read it back. */
static bool ports_match(
	const struct strv *values, const struct container *c, const char *number_key)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	yyjson_val *port;
	size_t i, max;

	container_write_entry(&text, c, &(struct container_listing){ .node_name = "" });
	auto_json yyjson_doc *doc = json_parse(text.buf, text.len, NULL);

	yyjson_arr_foreach(json_get_arr(yyjson_doc_get_root(doc), "Ports"), i, max, port)
	{
		for (size_t k = 0; k < values->count; k++) {
			if (port_value_matches(values->items[k], port, number_key))
				return true;
		}
	}
	return false;
}

static const struct {
	const char *key;
	bool (*matches)(const struct strv *values, const struct container *c);
} simple_filters[] = {
	{ "status", status_matches },
	{ "label", label_matches },
	{ "node", node_matches },
	{ "name", name_matches },
	{ "id", id_matches },
	{ "health", health_matches },
	{ "is-task", is_task_matches },
	{ "volume", volume_matches },
	{ "network", network_matches },
	{ "exited", exited_matches },
};

static bool within_bounds(const struct container_filter *f, const struct container *c)
{
	if (f->before.id[0] &&
		(c->created_ns > f->before.created_ns || strcmp(c->id, f->before.id) == 0))
		return false;
	if (f->since.id[0] &&
		(c->created_ns < f->since.created_ns || strcmp(c->id, f->since.id) == 0))
		return false;
	return true;
}

bool container_filter_matches(const struct container_filter *f, const struct container *c)
{
	const struct strv *values;

	if (!container_filter_visible(f, c) || !within_bounds(f, c))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(simple_filters); i++) {
		values = list_filters_get(&f->filters, simple_filters[i].key);
		if (values && !simple_filters[i].matches(values, c))
			return false;
	}
	values = list_filters_get(&f->filters, "ancestor");
	if (values && !ancestor_matches(f, values, c))
		return false;
	values = list_filters_get(&f->filters, "publish");
	if (values && !ports_match(values, c, "PublicPort"))
		return false;
	values = list_filters_get(&f->filters, "expose");
	return !values || ports_match(values, c, "PrivatePort");
}
