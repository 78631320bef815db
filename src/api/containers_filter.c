/*
 * api/containers_filter.c - which containers a list shows: a row for each key.
 */
#include "api/containers_filter.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/cluster.h"
#include "cluster/find_container.h"
#include "cluster/find_network.h"

/* --- values that must mean something --- */

/* In the engine's words. */
static bool refuse_word(const char *key, const char *what, const char *value,
	const char *const *known, struct error *err)
{
	auto_strv struct strv words = STRV_INIT;

	for (size_t i = 0; known[i]; i++)
		strv_add(&words, known[i]);
	auto_free char *all = strv_join(&words, ", ");

	return error_set(err, ERROR_INVALID,
		"invalid filter '%s=%s': invalid value for %s (%s): must be one of %s", key, value,
		what, value, all);
}

/* One of the words, which end with NULL; what says what they are. */
static bool check_words(const char *key, const char *what, const struct strv *values,
	const char *const *known, struct error *err)
{
	for (size_t i = 0; i < values->count; i++) {
		size_t k = 0;

		while (known[k] && strcmp(known[k], values->items[i]) != 0)
			k++;
		if (!known[k])
			return refuse_word(key, what, values->items[i], known, err);
	}
	return true;
}

static bool check_status(const char *key, const struct strv *values, struct error *err)
{
	static const char *const known[] = { "created", "running", "paused", "restarting",
		"removing", "exited", "dead", NULL };

	return check_words(key, "state", values, known, err);
}

static bool check_health(const char *key, const struct strv *values, struct error *err)
{
	static const char *const known[] = { "none", "starting", "healthy", "unhealthy", NULL };

	return check_words(key, "health", values, known, err);
}

static bool check_number(const char *key, const struct strv *values, struct error *err)
{
	int64_t code;

	for (size_t i = 0; i < values->count; i++) {
		if (!parse_i64(values->items[i], &code))
			return error_set(err, ERROR_INVALID, "invalid filter '%s=%s': not a number",
				key, values->items[i]);
	}
	return true;
}

/* "80", "7000-7010/udp"; a protocol that no port has is none of the engine's faults. */
static bool read_port(
	const char *s, uint16_t *ret_first, uint16_t *ret_last, const char **ret_protocol)
{
	const char *slash = strchrnul(s, '/');
	auto_free char *range = xstrndup(s, (size_t)(slash - s));

	*ret_protocol = *slash ? slash + 1 : "tcp";
	return *range && port_range_parse(range, ret_first, ret_last);
}

static bool check_port(const char *key, const struct strv *values, struct error *err)
{
	uint16_t first, last;
	const char *protocol;

	for (size_t i = 0; i < values->count; i++) {
		if (!read_port(values->items[i], &first, &last, &protocol))
			return error_set(err, ERROR_INVALID, "invalid filter '%s=%s': not a port",
				key, values->items[i]);
	}
	return true;
}

/* --- what is looked up once --- */

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

	if (!what || (!filter && !*what))
		return true;
	if (!*what) /* unlike elsewhere, an engine takes it for a name that nobody has */
		return error_set(err, ERROR_NOT_FOUND, "No such container: %s", what);
	c = cluster_find_container(rq->api->cluster, what, err);
	if (!c)
		return false;
	ret->created_ns = c->created_ns;
	memcpy(ret->id, c->id, sizeof(c->id));
	if (!filter) /* as a parameter of its own, which it once was, it showed stopped ones too */
		f->all = true;
	return true;
}

/* As in the engine, what several ids begin with means none of them. */
static void resolve_ids(struct container_filter *f, struct cluster *cluster)
{
	const struct strv *values = list_filters_get(&f->filters, "id");

	for (size_t i = 0; values && i < values->count; i++) {
		const struct container *c =
			cluster_find_container_by_prefix(cluster, values->items[i]);

		if (c)
			strv_add(&f->ids, c->id);
	}
}

void containers_filter_finish(struct container_filter *f)
{
	list_filters_finish(&f->filters);
	ancestry_finish(&f->ancestry);
	strv_finish(&f->ids);
}

/* The agents and managers of classic clusters run from an image of this name and are not shown
 * without `all`. */
static bool is_swarm_itself(const struct container *c)
{
	return strncmp(c->image, "swarm", 5) == 0 && (c->image[5] == ':' || c->image[5] == '\0');
}

bool containers_filter_visible(const struct container_filter *f, const struct container *c)
{
	if (f->all)
		return true;
	return container_is_running(c) && engine_is_healthy(c->engine) && !is_swarm_itself(c);
}

/* --- one key each --- */

static bool name_matches(struct container_filter *f, const struct strv *values maybe_unused,
	const struct container *c)
{
	for (size_t i = 0; i < c->names_count; i++) {
		if (list_filters_match_name(&f->filters, c->engine->name, c->names[i]))
			return true;
	}
	return false;
}

static bool label_matches(struct container_filter *f maybe_unused, const struct strv *values,
	const struct container *c)
{
	for (size_t i = 0; i < values->count; i++) {
		if (!labels_match(&c->labels, values->items[i]))
			return false;
	}
	return true;
}

static bool node_matches(
	struct container_filter *f, const struct strv *values, const struct container *c)
{
	return list_filters_match(&f->filters, "node", c->engine->name) ||
	       strv_contains(values, c->engine->id);
}

static bool status_matches(struct container_filter *f maybe_unused, const struct strv *values,
	const struct container *c)
{
	return strv_contains(values, container_state_text(c));
}

static bool health_matches(struct container_filter *f, const struct strv *values maybe_unused,
	const struct container *c)
{
	return list_filters_has(&f->filters, "health", container_health_text(c));
}

static bool id_matches(struct container_filter *f, const struct strv *values maybe_unused,
	const struct container *c)
{
	return strv_contains(&f->ids, c->id);
}

static bool is_task_matches(struct container_filter *f, const struct strv *values maybe_unused,
	const struct container *c)
{
	return f->is_task == (labels_get(&c->labels, "com.docker.swarm.task") ||
				     labels_get(&c->labels, "com.docker.swarm.task.id"));
}

static bool volume_matches(struct container_filter *f maybe_unused, const struct strv *values,
	const struct container *c)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		const struct container_mount *m = &c->mounts[i];

		if (strv_contains(values, *m->name ? m->name : m->source) ||
			strv_contains(values, m->destination))
			return true;
	}
	return false;
}

static bool network_matches(struct container_filter *f maybe_unused, const struct strv *values,
	const struct container *c)
{
	for (size_t i = 0; i < c->networks_count; i++) {
		const struct container_network *n = &c->networks[i];
		const char *id = network_told_id(c->engine, n->network_id);

		if (strv_contains(values, n->name))
			return true;
		for (size_t k = 0; k < values->count; k++) {
			if (str_starts_with(id, values->items[k]))
				return true;
		}
	}
	return false;
}

static bool exited_matches(struct container_filter *f maybe_unused, const struct strv *values,
	const struct container *c)
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
	struct container_filter *f, const struct strv *values, const struct container *c)
{
	return strv_contains(values, c->image) || ancestry_has(&f->ancestry, c->image_id);
}

static bool port_is_one_of(const struct strv *values, yyjson_val *port, const char *number_key)
{
	int64_t number = json_get_int(port, number_key, 0);
	const char *type = json_get_str(port, "Type", ""), *protocol;
	uint16_t first, last;

	for (size_t i = 0; values && i < values->count; i++) {
		if (read_port(values->items[i], &first, &last, &protocol) && number >= first &&
			number <= last && strcmp(type, protocol) == 0)
			return true;
	}
	return false;
}

/* What is rarely asked for stays in the text of the entry: read it back. */
static yyjson_doc *read_entry(const struct container *c)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	container_write_entry(&text, c, &(struct container_listing){ .node_name = "" });
	return json_parse(text.buf, text.len, NULL);
}

/* Engines list annotations since API 1.46; all that are given must be there. */
static bool annotation_matches(struct container_filter *f maybe_unused, const struct strv *values,
	const struct container *c)
{
	auto_json yyjson_doc *doc = read_entry(c);
	yyjson_val *host = yyjson_obj_get(yyjson_doc_get_root(doc), "HostConfig");
	struct labels annotations = { 0 };
	bool all = true;

	labels_from_json(&annotations, yyjson_obj_get(host, "Annotations"));
	for (size_t i = 0; i < values->count && all; i++)
		all = labels_match(&annotations, values->items[i]);
	labels_finish(&annotations);
	return all;
}

/* Of both keys, as in the engine, one is enough; only the entry knows all ports. */
static bool ports_match(struct container_filter *f, const struct strv *values maybe_unused,
	const struct container *c)
{
	const struct strv *publish = list_filters_get(&f->filters, "publish");
	const struct strv *expose = list_filters_get(&f->filters, "expose");
	auto_json yyjson_doc *doc = read_entry(c);
	yyjson_val *port;
	size_t i, max;

	yyjson_arr_foreach(json_get_arr(yyjson_doc_get_root(doc), "Ports"), i, max, port)
	{
		if (port_is_one_of(publish, port, "PublicPort") ||
			port_is_one_of(expose, port, "PrivatePort"))
			return true;
	}
	return false;
}

/* --- the table --- */

/* In the order in which a container is tested: what is cheap comes first. */
static const struct {
	const char *key;
	/* Are the values such that they can mean something?  NULL: any. */
	bool (*check)(const char *key, const struct strv *values, struct error *err);
	/* Only with values.  NULL: it is a bound, or means nothing on these engines. */
	bool (*matches)(
		struct container_filter *f, const struct strv *values, const struct container *c);
} rows[] = {
	{ "before", NULL, NULL },
	{ "since", NULL, NULL },
	{ "isolation", NULL, NULL },
	{ "status", check_status, status_matches },
	{ "health", check_health, health_matches },
	{ "exited", check_number, exited_matches },
	{ "is-task", NULL, is_task_matches },
	{ "label", NULL, label_matches },
	{ "volume", NULL, volume_matches },
	{ "network", NULL, network_matches },
	{ "ancestor", NULL, ancestor_matches },
	{ "id", NULL, id_matches },
	{ "node", NULL, node_matches },
	{ "name", NULL, name_matches },
	{ "annotation", NULL, annotation_matches },
	{ "publish", check_port, ports_match },
	{ "expose", check_port, ports_match },
};

static bool check_filters(const struct list_filters *f, struct error *err)
{
	const char *accepted[ARRAY_SIZE(rows) + 1] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		accepted[i] = rows[i].key;
	if (!list_filters_check(f, accepted, err))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct strv *values = list_filters_get(f, rows[i].key);

		if (values && rows[i].check && !rows[i].check(rows[i].key, values, err))
			return false;
	}
	return true;
}

/* Stopped ones count, too, when the newest are asked for. */
static bool read_limit(struct container_filter *f, const char *text, struct error *err)
{
	int64_t n = 0;

	if (text && *text && !parse_i64(text, &n))
		return error_set(
			err, ERROR_INVALID, "invalid limit \"%s\": a number is expected", text);
	f->limit = max_of(n, INT64_C(0)); /* -1 means none, too */
	f->all |= f->limit > 0;
	return true;
}

bool containers_filter_init(struct container_filter *f, struct request *rq, struct error *err)
{
	f->api = rq->api;
	f->all = parse_query_bool(query_get(&rq->query, "all"));
	if (!read_limit(f, query_get(&rq->query, "limit"), err) ||
		!list_filters_parse(&f->filters, query_get(&rq->query, "filters"), err) ||
		!check_filters(&f->filters, err) ||
		!list_filters_flag(&f->filters, "is-task", false, &f->is_task, err) ||
		!resolve_bound(f, rq, "before", &f->before, err) ||
		!resolve_bound(f, rq, "since", &f->since, err))
		return false;
	if (list_filters_get(&f->filters, "status"))
		f->all = true;
	ancestry_init(&f->ancestry, rq->api->cluster, list_filters_get(&f->filters, "ancestor"));
	resolve_ids(f, rq->api->cluster);
	return true;
}

static bool within_bounds(struct container_filter *f, const struct container *c)
{
	if (f->before.id[0] &&
		(c->created_ns > f->before.created_ns || strcmp(c->id, f->before.id) == 0))
		return false;
	if (f->since.id[0] &&
		(c->created_ns < f->since.created_ns || strcmp(c->id, f->since.id) == 0))
		return false;
	return true;
}

bool containers_filter_matches(struct container_filter *f, const struct container *c)
{
	if (!containers_filter_visible(f, c) || !within_bounds(f, c))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct strv *values = list_filters_get(&f->filters, rows[i].key);

		if (values && rows[i].matches && !rows[i].matches(f, values, c))
			return false;
	}
	return true;
}
