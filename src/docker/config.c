/*
 * docker/config.c - a create request: read once, edited in place, forwarded whole.
 */
#include "docker/config.h"

#include <assert.h>
#include <string.h>

#include "base/intern.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/config_reader.h"
#include "docker/container_facts.h"
#include "docker/needs.h"

#define CONTAINER_MODE "container:"

static yyjson_mut_val *root_of(const struct container_config *c)
{
	return yyjson_mut_doc_get_root(c->doc);
}

/* The object of that name, made when there is none. */
static yyjson_mut_val *ensure_object(
	struct container_config *c, yyjson_mut_val *parent, const char *key)
{
	yyjson_mut_val *obj = yyjson_mut_obj_get(parent, key);

	if (yyjson_mut_is_obj(obj))
		return obj;
	obj = yyjson_mut_obj(c->doc);
	config_put(c->doc, parent, key, obj);
	return obj;
}

/* --- expressions -------------------------------------------------------------------------- */

struct expression_kind {
	const char *word;  /* before ':' in the environment */
	const char *label; /* which keeps the list as a JSON array */
	size_t list;       /* offset of the strv in struct container_config */
};

static const struct expression_kind expression_kinds[] = {
	{ "affinity", LABEL_AFFINITIES, offsetof(struct container_config, affinities) },
	{ "constraint", LABEL_CONSTRAINTS, offsetof(struct container_config, constraints) },
	{ "whitelist", LABEL_WHITELISTS, offsetof(struct container_config, whitelists) },
	{ "reschedule", LABEL_RESCHEDULE, offsetof(struct container_config, policies) },
};

static struct strv *list_of(struct container_config *c, const struct expression_kind *kind)
{
	return (struct strv *)((char *)c + kind->list);
}

bool config_split_expression(const char *env, struct strv *affinities, struct strv *constraints,
	struct strv *whitelists, struct strv *policies)
{
	struct strv *const lists[] = { affinities, constraints, whitelists, policies };
	const char *colon = strchr(env, ':');
	size_t len = colon ? (size_t)(colon - env) : 0;

	for (size_t i = 0; colon && i < ARRAY_SIZE(expression_kinds); i++) {
		const char *word = expression_kinds[i].word;

		if (strlen(word) != len || strncmp(env, word, len) != 0)
			continue;
		strv_add(lists[i], colon + 1);
		return true;
	}
	return false;
}

/* The strings of a label; what is no array of strings is somebody else's text and gives none. */
static void read_label_list(const char *text, struct strv *ret)
{
	auto_json yyjson_doc *doc = json_parse(text, strlen(text), NULL);
	auto_strv struct strv found = STRV_INIT;
	yyjson_val *root = yyjson_doc_get_root(doc), *item;
	yyjson_arr_iter iter;

	yyjson_arr_iter_init(root, &iter);
	while ((item = yyjson_arr_iter_next(&iter))) {
		if (!yyjson_is_str(item))
			return;
		strv_add(&found, yyjson_get_str(item));
	}
	strv_copy(ret, &found);
}

static char *format_label_list(const struct strv *list)
{
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	strbuf_add_char(&sb, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			strbuf_add_char(&sb, ',');
		strbuf_add_json_str(&sb, list->items[i], strlen(list->items[i]));
	}
	strbuf_add_char(&sb, ']');
	return strbuf_steal(&sb);
}

static void put_label(struct container_config *c, const char *key, const char *value)
{
	config_put(c->doc, ensure_object(c, root_of(c), "Labels"), key,
		yyjson_mut_strcpy(c->doc, value));
	labels_set(&c->labels, key, value);
}

/* Take the expressions out of the environment; one with nothing left is null. */
static void take_expressions(struct container_config *c, const struct strv *env)
{
	/* built anew: removing while walking visits elements twice in yyjson 0.10 */
	yyjson_mut_val *rest = yyjson_mut_arr(c->doc);

	for (size_t i = 0; i < env->count; i++) {
		if (!config_split_expression(env->items[i], &c->affinities, &c->constraints,
			    &c->whitelists, &c->policies))
			yyjson_mut_arr_add_strcpy(c->doc, rest, env->items[i]);
	}
	if (yyjson_mut_arr_size(rest) == env->count)
		return;
	if (yyjson_mut_arr_size(rest) == 0)
		rest = yyjson_mut_null(c->doc);
	config_put(c->doc, root_of(c), "Env", rest);
}

static void read_labels(struct container_config *c, struct config_reader *r)
{
	yyjson_mut_val *labels = config_read_object(r, root_of(c), "", "Labels"), *key;
	yyjson_mut_obj_iter iter;

	yyjson_mut_obj_iter_init(labels, &iter);
	while ((key = yyjson_mut_obj_iter_next(&iter))) {
		yyjson_mut_val *value = yyjson_mut_obj_iter_get_val(key);
		const char *name = config_plain_str(key);
		const char *text = yyjson_mut_is_null(value) ? "" : config_plain_str(value);

		if (name && text)
			labels_add(&c->labels, name, text);
		else if (!config_reader_fail(r, "", "Labels", "an object of strings"))
			return;
	}
}

static bool read_expressions(struct container_config *c, struct config_reader *r)
{
	auto_strv struct strv env = STRV_INIT;

	read_labels(c, r);
	config_read_strv(r, root_of(c), "", "Env", &env);
	if (r->failed)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(expression_kinds); i++) {
		const char *text = labels_get(&c->labels, expression_kinds[i].label);

		if (text)
			read_label_list(text, list_of(c, &expression_kinds[i]));
	}
	take_expressions(c, &env);
	for (size_t i = 0; i < ARRAY_SIZE(expression_kinds); i++) {
		const struct strv *list = list_of(c, &expression_kinds[i]);

		if (list->count == 0)
			continue;
		auto_free char *text = format_label_list(list);
		put_label(c, expression_kinds[i].label, text);
	}
	return true;
}

static bool check_policies(const struct container_config *c, struct error *err)
{
	const char *policy;

	if (c->policies.count == 0)
		return true;
	if (c->policies.count > 1)
		return error_set(err, ERROR_INVALID, "too many reschedule policies");
	policy = c->policies.items[0];
	if (strcmp(policy, "off") != 0 && strcmp(policy, "on-node-failure") != 0)
		return error_set(err, ERROR_INVALID, "invalid reschedule policy: %s", policy);
	return true;
}

static bool read_swarm_id(struct container_config *c, struct error *err)
{
	const char *id = labels_get(&c->labels, LABEL_SWARM_ID);
	size_t len = id ? strlen(id) : 0;

	if (len >= sizeof(c->swarm_id))
		return error_set(err, ERROR_INVALID, "label %s is longer than %zu characters",
			LABEL_SWARM_ID, sizeof(c->swarm_id) - 1);
	if (len)
		memcpy(c->swarm_id, id, len);
	return true;
}

/* --- resources ---------------------------------------------------------------------------- */

/* Requests older than HostConfig had these at the top; what is there wins (cluster.md section 7).
 */
static void move_legacy_resources(struct container_config *c, struct config_reader *r)
{
	static const char *const numbers[] = { "Memory", "MemorySwap", "CpuShares" };
	yyjson_mut_val *root = root_of(c);
	const char *cpuset = config_read_str(r, root, "", "Cpuset");

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int64_t n = config_read_int(r, root, "", numbers[i]);

		yyjson_mut_obj_remove_key(root, numbers[i]);
		if (n != 0)
			config_put(c->doc, ensure_object(c, root, "HostConfig"), numbers[i],
				yyjson_mut_sint(c->doc, n));
	}
	yyjson_mut_obj_remove_key(root, "Cpuset");
	if (*cpuset)
		config_put(c->doc, ensure_object(c, root, "HostConfig"), "CpusetCpus",
			yyjson_mut_str(c->doc, cpuset));
}

static void read_resources(
	struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
{
	struct cpu_request cpu = {
		.nano_cpus = config_read_int(r, host, "HostConfig.", "NanoCpus"),
		.quota_us = config_read_int(r, host, "HostConfig.", "CpuQuota"),
		.period_us = config_read_int(r, host, "HostConfig.", "CpuPeriod"),
		.shares = config_read_int(r, host, "HostConfig.", "CpuShares"),
	};
	int64_t memory = config_read_int(r, host, "HostConfig.", "Memory");

	c->cpu_shares = cpu.shares;
	c->nano_cpus = needs_nano_cpus(&cpu);
	c->memory_bytes =
		needs_memory(memory, config_read_int(r, host, "HostConfig.", "MemoryReservation"));
}

/* --- ports -------------------------------------------------------------------------------- */

struct port_reader {
	struct config_reader *json;
	struct container_config *config;
	size_t ports_cap, texts_cap;
	enum port_protocol protocol;
};

/* A port that is none is left to the engine, which has the right words for it. */
static void read_binding(struct port_reader *p, yyjson_mut_val *binding)
{
	struct container_config *c = p->config;
	const char *ip = config_read_str(p->json, binding, "HostConfig.PortBindings.", "HostIp");
	const char *port =
		config_read_str(p->json, binding, "HostConfig.PortBindings.", "HostPort");
	size_t count = c->ports_count;
	struct port_use use;

	if (p->json->failed || !needs_binding(&use, p->protocol, ip, port))
		return;
	array_reserve(c->ports, count, p->ports_cap);
	array_reserve(c->port_texts, count, p->texts_cap);
	c->ports[count] = use;
	c->port_texts[count] = xstrdup(port);
	c->ports_count++;
}

static void read_bindings(struct port_reader *p, const char *key, yyjson_mut_val *bindings)
{
	uint16_t first, last;
	yyjson_mut_arr_iter iter;
	yyjson_mut_val *binding;

	if (yyjson_mut_is_null(bindings) || !port_parse(key, &first, &last, &p->protocol))
		return;
	if (!yyjson_mut_is_arr(bindings)) {
		config_reader_fail(p->json, "HostConfig.PortBindings.", key, "an array");
		return;
	}
	yyjson_mut_arr_iter_init(bindings, &iter);
	while ((binding = yyjson_mut_arr_iter_next(&iter))) {
		if (yyjson_mut_is_obj(binding))
			read_binding(p, binding);
		else if (!yyjson_mut_is_null(binding))
			config_reader_fail(
				p->json, "HostConfig.PortBindings.", key, "an array of objects");
	}
}

static void read_ports(struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
{
	struct port_reader p = { .json = r, .config = c };
	yyjson_mut_val *bindings = config_read_object(r, host, "HostConfig.", "PortBindings"), *key;
	yyjson_mut_obj_iter iter;

	yyjson_mut_obj_iter_init(bindings, &iter);
	while (!r->failed && (key = yyjson_mut_obj_iter_next(&iter)))
		read_bindings(&p, yyjson_mut_get_str(key), yyjson_mut_obj_iter_get_val(key));
}

static void read_exposed(struct container_config *c, struct config_reader *r)
{
	yyjson_mut_val *exposed = config_read_object(r, root_of(c), "", "ExposedPorts"), *key;
	size_t room = yyjson_mut_obj_size(exposed);
	yyjson_mut_obj_iter iter;

	if (room == 0)
		return;
	c->exposed = xcalloc(room, sizeof(*c->exposed));
	c->exposed_texts = xcalloc(room, sizeof(*c->exposed_texts));
	yyjson_mut_obj_iter_init(exposed, &iter);
	while ((key = yyjson_mut_obj_iter_next(&iter))) {
		if (!needs_exposed(&c->exposed[c->exposed_count], yyjson_mut_get_str(key)))
			continue;
		c->exposed_texts[c->exposed_count++] = xstrdup(yyjson_mut_get_str(key));
	}
}

/* --- neighbours: namespaces, volumes, networks --------------------------------------------- */

static void read_namespaces(
	struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
{
	static const char *const modes[] = { "NetworkMode", "IpcMode", "PidMode" };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		const char *mode = config_read_str(r, host, "HostConfig.", modes[i]);

		if (str_starts_with(mode, CONTAINER_MODE) && mode[strlen(CONTAINER_MODE)])
			strv_add(&c->shared_namespaces, mode);
	}
	c->network_mode = config_read_str(r, host, "HostConfig.", "NetworkMode");
	c->host_network = strcmp(c->network_mode, "host") == 0;
}

/* "name:/where[:how]"; a source with a slash (or, on Windows, a backslash) is a path. */
static void read_binds(struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
{
	auto_strv struct strv binds = STRV_INIT;

	config_read_strv(r, host, "HostConfig.", "Binds", &binds);
	for (size_t i = 0; i < binds.count; i++) {
		const char *colon = strchr(binds.items[i], ':');
		size_t len = colon ? (size_t)(colon - binds.items[i]) : 0;

		if (len == 0 || memchr(binds.items[i], '/', len) ||
			memchr(binds.items[i], '\\', len) || colon[1] == '\\')
			continue;
		strv_add_n(&c->volumes, binds.items[i], len);
	}
}

static void read_mounts(struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
{
	yyjson_mut_val *mounts = config_read_array(r, host, "HostConfig.", "Mounts"), *mount;
	yyjson_mut_arr_iter iter;

	yyjson_mut_arr_iter_init(mounts, &iter);
	while (!r->failed && (mount = yyjson_mut_arr_iter_next(&iter))) {
		const char *source;

		if (!yyjson_mut_is_obj(mount)) {
			config_reader_fail(r, "HostConfig.", "Mounts", "an array of objects");
			return;
		}
		source = config_read_str(r, mount, "HostConfig.Mounts.", "Source");
		if (*source && strcmp(config_read_str(r, mount, "HostConfig.Mounts.", "Type"),
				       "volume") == 0)
			strv_add(&c->volumes, source);
	}
}

static yyjson_mut_val *endpoints_of(struct container_config *c, struct config_reader *r)
{
	yyjson_mut_val *networking = config_read_object(r, root_of(c), "", "NetworkingConfig");

	return config_read_object(r, networking, "NetworkingConfig.", "EndpointsConfig");
}

static void read_networks(struct container_config *c, struct config_reader *r)
{
	yyjson_mut_val *key;
	yyjson_mut_obj_iter iter;

	yyjson_mut_obj_iter_init(endpoints_of(c, r), &iter);
	while ((key = yyjson_mut_obj_iter_next(&iter)))
		strv_add(&c->networks, yyjson_mut_get_str(key));
}

/* --- the whole ---------------------------------------------------------------------------- */

static bool read_document(struct container_config *c, struct error *err)
{
	struct config_reader r = { .doc = c->doc, .err = err };
	yyjson_mut_val *host;

	config_read_object(&r, root_of(c), "", "HostConfig");
	if (r.failed || !read_expressions(c, &r))
		return false;
	move_legacy_resources(c, &r);
	host = config_read_object(&r, root_of(c), "", "HostConfig");
	c->image = config_read_str(&r, root_of(c), "", "Image");
	c->auto_remove = config_read_bool(&r, host, "HostConfig.", "AutoRemove");
	config_read_strv(&r, host, "HostConfig.", "VolumesFrom", &c->volumes_from);
	config_read_strv(&r, host, "HostConfig.", "Links", &c->links);
	read_resources(c, &r, host);
	read_ports(c, &r, host);
	read_exposed(c, &r);
	read_namespaces(c, &r, host);
	read_binds(c, &r, host);
	read_mounts(c, &r, host);
	read_networks(c, &r);
	return !r.failed && read_swarm_id(c, err) && check_policies(c, err);
}

static bool is_blank(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!strchr(" \t\r\n", s[i]) || s[i] == '\0')
			return false;
	}
	return true;
}

static bool read_body(struct container_config *c, const char *body, size_t len, struct error *err)
{
	if (is_blank(body, len))
		return error_set(err, ERROR_INVALID, "EOF");
	auto_json yyjson_doc *received = json_parse(body, len, err);
	if (!received)
		return false;
	if (!yyjson_is_obj(yyjson_doc_get_root(received)))
		return error_set(err, ERROR_INVALID,
			"invalid JSON: the configuration of a container must be an object");
	c->doc = yyjson_doc_mut_copy(received, NULL);
	assert(c->doc);
	return true;
}

bool config_parse(struct container_config *ret, const char *body, size_t len, const char *name,
	const char *platform, struct error *err)
{
	struct container_config c = { .image = "", .network_mode = "" };

	if (name && *name == '/')
		name++;
	c.name = xstrdup(name ? name : "");
	c.platform = xstrdup(platform ? platform : "");
	if (!read_body(&c, body, len, err) || !read_document(&c, err)) {
		config_finish(&c);
		return false;
	}
	*ret = c;
	return true;
}

static void free_ports(struct port_use *ports, char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		intern_unref(ports[i].address);
		free(texts[i]);
	}
	free(ports);
	free(texts);
}

void config_finish(struct container_config *c)
{
	yyjson_mut_doc_free(c->doc);
	free(c->name);
	free(c->platform);
	strv_finish(&c->affinities);
	strv_finish(&c->constraints);
	strv_finish(&c->whitelists);
	strv_finish(&c->policies);
	labels_finish(&c->labels);
	free_ports(c->ports, c->port_texts, c->ports_count);
	free_ports(c->exposed, c->exposed_texts, c->exposed_count);
	strv_finish(&c->volumes_from);
	strv_finish(&c->links);
	strv_finish(&c->shared_namespaces);
	strv_finish(&c->volumes);
	strv_finish(&c->networks);
	*c = (struct container_config){ 0 };
}

void config_set_swarm_id(struct container_config *c, const char *id)
{
	assert(strlen(id) < sizeof(c->swarm_id));
	memcpy(c->swarm_id, id, strlen(id) + 1);
	put_label(c, LABEL_SWARM_ID, id);
}

/* --- names that the chosen engine knows by other names --------------------------------------- */

static const char *without_mode(const char *written)
{
	return str_starts_with(written, CONTAINER_MODE) ? written + strlen(CONTAINER_MODE)
							: written;
}

/* "name", "name:rest" or "container:name" against the name (or the whole) that somebody wrote. */
static bool names_dependency(const char *entry, const char *written)
{
	const char *name = without_mode(written);
	size_t len = strlen(name);

	if (strcmp(entry, written) == 0)
		return true;
	return strncmp(entry, name, len) == 0 && (entry[len] == '\0' || entry[len] == ':');
}

/* VolumesFrom "name[:mode]": what follows the name stays. */
static char *resolve_volumes_from(const char *entry, const char *engine_name)
{
	const char *colon = strchr(entry, ':');

	return xasprintf("%s%s", engine_name, colon ? colon : "");
}

/* Links "name[:alias]": without an alias the name as written, less its node, stays the alias. */
static char *resolve_link(const char *entry, const char *engine_name)
{
	const char *colon = strchr(entry, ':');
	const char *slash = strrchr(entry, '/');

	if (colon)
		return xasprintf("%s%s", engine_name, colon);
	return xasprintf("%s:%s", engine_name, slash ? slash + 1 : entry);
}

static void resolve_list(struct container_config *c, const char *key, const char *written,
	const char *engine_name, char *(*resolve)(const char *entry, const char *engine_name))
{
	yyjson_mut_val *host = yyjson_mut_obj_get(root_of(c), "HostConfig"), *entry;
	yyjson_mut_arr_iter iter;

	yyjson_mut_arr_iter_init(yyjson_mut_obj_get(host, key), &iter);
	while ((entry = yyjson_mut_arr_iter_next(&iter))) {
		yyjson_mut_val *copy;

		if (!names_dependency(yyjson_mut_get_str(entry), written))
			continue;
		auto_free char *text = resolve(yyjson_mut_get_str(entry), engine_name);
		copy = yyjson_mut_strcpy(c->doc, text);
		yyjson_mut_set_strn(entry, yyjson_mut_get_str(copy), yyjson_mut_get_len(copy));
	}
}

static void resolve_mode(
	struct container_config *c, const char *key, const char *written, const char *engine_name)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(root_of(c), "HostConfig");
	const char *mode = yyjson_mut_get_str(yyjson_mut_obj_get(host, key));

	if (!mode || !str_starts_with(mode, CONTAINER_MODE) ||
		strcmp(without_mode(mode), without_mode(written)) != 0)
		return;
	auto_free char *text = xasprintf(CONTAINER_MODE "%s", engine_name);
	config_put(c->doc, host, key, yyjson_mut_strcpy(c->doc, text));
}

static void refresh_network_mode(struct container_config *c)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(root_of(c), "HostConfig");
	const char *mode = yyjson_mut_get_str(yyjson_mut_obj_get(host, "NetworkMode"));

	c->network_mode = mode ? mode : "";
}

void config_resolve_dependency(
	struct container_config *c, const char *written, const char *engine_name)
{
	resolve_list(c, "VolumesFrom", written, engine_name, resolve_volumes_from);
	resolve_list(c, "Links", written, engine_name, resolve_link);
	resolve_mode(c, "NetworkMode", written, engine_name);
	resolve_mode(c, "IpcMode", written, engine_name);
	resolve_mode(c, "PidMode", written, engine_name);
	refresh_network_mode(c);
}

static void rename_endpoint(struct container_config *c, const char *from, const char *to)
{
	yyjson_mut_val *networking = yyjson_mut_obj_get(root_of(c), "NetworkingConfig");
	yyjson_mut_val *endpoints = yyjson_mut_obj_get(networking, "EndpointsConfig");

	/* the name may be the caller's, the document keeps its own */
	yyjson_mut_obj_rename_key(
		c->doc, endpoints, from, yyjson_mut_get_str(yyjson_mut_strcpy(c->doc, to)));
}

void config_rename_network(struct container_config *c, const char *from, const char *to)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(root_of(c), "HostConfig");
	auto_free char *old = xstrdup(from); /* may be c->network_mode or an item of c->networks */

	if (strcmp(c->network_mode, old) == 0 && *old)
		config_put(c->doc, host, "NetworkMode", yyjson_mut_strcpy(c->doc, to));
	refresh_network_mode(c);
	rename_endpoint(c, old, to);
	for (size_t i = 0; i < c->networks.count; i++) {
		if (strcmp(c->networks.items[i], old) != 0)
			continue;
		free(c->networks.items[i]);
		c->networks.items[i] = xstrdup(to);
	}
}

bool config_has_node_constraint(const struct container_config *c)
{
	for (size_t i = 0; i < c->constraints.count; i++) {
		const char *constraint = c->constraints.items[i];

		if (str_starts_with(constraint, "node==") &&
			!str_starts_with(constraint, "node==~"))
			return true;
	}
	return false;
}

char *config_format(struct container_config *c, int64_t engine_cpus, size_t *ret_len)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(root_of(c), "HostConfig");
	char *text;

	if (c->cpu_shares <= 0)
		return json_doc_text(c->doc, ret_len);
	config_put(c->doc, host, "CpuShares",
		yyjson_mut_sint(c->doc, needs_shares_to_engine(c->cpu_shares, engine_cpus)));
	text = json_doc_text(c->doc, ret_len);
	/* the document keeps the number of CPUs: the next attempt may be on another engine */
	config_put(c->doc, host, "CpuShares", yyjson_mut_sint(c->doc, c->cpu_shares));
	return text;
}

static void reserve_ports(
	struct port_use **ret, uint16_t *ret_count, const struct port_use *ports, size_t count)
{
	count = min_of(count, (size_t)UINT16_MAX);
	if (count == 0)
		return;
	*ret = xmemdup(ports, count * sizeof(*ports));
	*ret_count = (uint16_t)count;
	for (size_t i = 0; i < count; i++)
		intern_ref(ports[i].address);
}

/* Those that it will be in, as far as names tell. */
static void reserve_networks(struct container *reserved, const struct container_config *c)
{
	auto_strv struct strv names = STRV_INIT;

	strv_copy(&names, &c->networks);
	if (*c->network_mode && !strv_contains(&names, c->network_mode))
		strv_add(&names, c->network_mode);
	reserved->networks = xcalloc(names.count + 1, sizeof(*reserved->networks));
	for (size_t i = 0; i < names.count && i < UINT16_MAX; i++)
		reserved->networks[reserved->networks_count++] = (struct container_network){
			.name = intern(names.items[i]),
			.network_id = intern(""),
			.endpoint_id = intern(""),
			.mac = intern(""),
			.ipv4 = intern(""),
			.ipv6 = intern(""),
		};
}

struct container *config_reserve(const struct container_config *c)
{
	struct container *reserved = container_create();

	reserved->state = CONTAINER_PENDING;
	memcpy(reserved->swarm_id, c->swarm_id, sizeof(reserved->swarm_id));
	if (*c->name) {
		reserved->names = xcalloc(1, sizeof(*reserved->names));
		reserved->names[0] = xasprintf("/%s", c->name);
		reserved->names_count = 1;
	}
	container_set_interned(&reserved->image, c->image);
	container_set_interned(&reserved->network_mode, c->network_mode);
	labels_copy(&reserved->labels, &c->labels);
	reserved->host_network = c->host_network;
	reserve_networks(reserved, c);
	reserved->auto_remove = c->auto_remove;
	reserved->nano_cpus = c->nano_cpus;
	reserved->memory_bytes = c->memory_bytes;
	/* with the host's network the engine ignores bindings, and what is exposed is taken */
	if (c->host_network)
		reserve_ports(
			&reserved->exposed, &reserved->exposed_count, c->exposed, c->exposed_count);
	else
		reserve_ports(&reserved->ports, &reserved->ports_count, c->ports, c->ports_count);
	return reserved;
}
