/* docker/blueprint.c - the create request behind an inspect document. */
#include "docker/blueprint.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/util.h"
#include "docker/needs.h"
#include "docker/policy.h"

enum { SHORT_ID_LEN = 12 };

struct blueprint {
	yyjson_mut_doc *doc;
	const char *id, *network_mode;
	const struct container_view *view;
	bool shares_are_weight;
};

bool blueprint_is_wanted(const struct labels *labels)
{
	return policy_of(labels) != POLICY_OFF;
}

static bool is_one_of(const char *key, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(key, list[i]) == 0)
			return true;
	}
	return false;
}

/* Absent, or as good as absent: what is empty says nothing, but where a client can mean it. */
static bool is_default(const char *key, yyjson_val *val)
{
	static const char *const meant[] = { "Init", "MaskedPaths", "MemorySwappiness",
		"ReadonlyPaths", "StopTimeout" };

	if (yyjson_is_null(val) || yyjson_equals_str(val, ""))
		return true;
	if (is_one_of(key, meant, ARRAY_SIZE(meant)))
		return yyjson_get_sint(val) == -1;
	return yyjson_is_false(val) || (yyjson_is_int(val) && yyjson_get_uint(val) == 0) ||
	       (yyjson_is_ctn(val) && unsafe_yyjson_get_len(val) == 0);
}

static void copy_members(struct blueprint *b, yyjson_mut_val *to, yyjson_val *from,
	bool (*skips)(const struct blueprint *b, const char *key, yyjson_val *val))
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	yyjson_obj_iter_init(from, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		yyjson_val *val = yyjson_obj_iter_get_val(key);

		if (!is_default(yyjson_get_str(key), val) && !skips(b, yyjson_get_str(key), val))
			yyjson_mut_obj_put(to, yyjson_val_mut_copy(b->doc, key),
				yyjson_val_mut_copy(b->doc, val));
	}
}

static bool is_short_id(const struct blueprint *b, const char *name)
{
	return strlen(name) == SHORT_ID_LEN && strncmp(name, b->id, SHORT_ID_LEN) == 0;
}

/* A host name of the engine's own making, or that of the machine or of another container. */
static bool skips_config(const struct blueprint *b, const char *key, yyjson_val *val)
{
	if (strcmp(key, "Hostname") == 0)
		return is_short_id(b, yyjson_is_str(val) ? yyjson_get_str(val) : "") ||
		       strcmp(b->network_mode, "host") == 0 ||
		       strncmp(b->network_mode, "container:", strlen("container:")) == 0;
	return strcmp(key, "OnBuild") == 0;
}

/* What every engine chooses for itself when nothing was asked for. */
static bool skips_host(const struct blueprint *b maybe_unused, const char *key, yyjson_val *val)
{
	static const char *const chosen[] = { "json-file", "k8s-file", "journald" };

	if (strcmp(key, "Runtime") == 0)
		return yyjson_equals_str(val, "runc");
	if (strcmp(key, "LogConfig") == 0)
		return yyjson_obj_size(yyjson_obj_get(val, "Config")) == 0 &&
		       is_one_of(json_get_str(val, "Type", ""), chosen, ARRAY_SIZE(chosen));
	return strcmp(key, "ContainerIDFile") == 0 || strcmp(key, "Links") == 0 ||
	       strcmp(key, "CpuShares") == 0;
}

/* Engines tell "/db:/web/alias" of what was asked as "db:alias". */
static void add_links(struct blueprint *b, yyjson_mut_val *host, yyjson_val *old)
{
	auto_strv struct strv links = STRV_INIT;
	yyjson_mut_val *list;

	json_get_strv(old, "Links", &links);
	if (links.count == 0)
		return;
	list = yyjson_mut_obj_add_arr(b->doc, host, "Links");
	for (size_t i = 0; i < links.count; i++) {
		const char *link = links.items[i] + (*links.items[i] == '/');
		const char *colon = strchr(link, ':'), *alias = strrchr(link, '/');
		auto_free char *text =
			colon && alias && alias > colon
				? xasprintf("%.*s:%s", (int)(colon - link), link, alias + 1)
				: xstrdup(link);

		yyjson_mut_arr_add_strcpy(b->doc, list, text);
	}
}

static void add_host(struct blueprint *b, yyjson_mut_val *root, yyjson_val *old)
{
	yyjson_mut_val *host = yyjson_mut_obj_add_obj(b->doc, root, "HostConfig");
	int64_t shares = json_get_int(old, "CpuShares", 0);

	if (!b->shares_are_weight)
		shares = needs_shares_from_engine(shares, b->view->engine_cpus);

	copy_members(b, host, old, skips_host);
	add_links(b, host, old);
	if (shares > 0)
		yyjson_mut_obj_add_sint(b->doc, host, "CpuShares", shares);
}

static bool skips_endpoint(
	const struct blueprint *b maybe_unused, const char *key, yyjson_val *val maybe_unused)
{
	static const char *const asked[] = { "IPAMConfig", "Links", "DriverOpts", "GwPriority" };

	return !is_one_of(key, asked, ARRAY_SIZE(asked));
}

static void add_endpoint(
	struct blueprint *b, yyjson_mut_val *endpoints, const char *name, yyjson_val *old)
{
	yyjson_mut_val *endpoint = yyjson_mut_obj(b->doc), *list;
	auto_strv struct strv aliases = STRV_INIT;

	yyjson_mut_obj_put(endpoints, yyjson_mut_strcpy(b->doc, name), endpoint);
	copy_members(b, endpoint, old, skips_endpoint);
	json_get_strv(old, "Aliases", &aliases);
	list = yyjson_mut_arr(b->doc);
	for (size_t i = 0; i < aliases.count; i++) {
		if (!is_short_id(b, aliases.items[i]))
			yyjson_mut_arr_add_strcpy(b->doc, list, aliases.items[i]);
	}
	if (yyjson_mut_arr_size(list))
		yyjson_mut_obj_add_val(b->doc, endpoint, "Aliases", list);
}

/* Networks that every engine has of its own need no words. */
static void add_networks(struct blueprint *b, yyjson_mut_val *root, yyjson_val *networks)
{
	static const char *const own[] = { "bridge", "host", "none", "podman" };
	yyjson_mut_val *config = yyjson_mut_obj_add_obj(b->doc, root, "NetworkingConfig");
	yyjson_mut_val *endpoints = yyjson_mut_obj_add_obj(b->doc, config, "EndpointsConfig");
	yyjson_obj_iter iter;
	yyjson_val *key;

	yyjson_obj_iter_init(networks, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		const char *name = yyjson_get_str(key);

		if (!is_one_of(name, own, ARRAY_SIZE(own)))
			add_endpoint(b, endpoints, name, yyjson_obj_iter_get_val(key));
	}
}

char *blueprint_from_inspect(yyjson_val *inspect, const struct container_view *view)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_val *host = json_get_obj(inspect, "HostConfig");
	yyjson_val *labels = json_get_obj(json_get_obj(inspect, "Config"), "Labels");
	struct blueprint b = {
		.doc = doc,
		.id = json_get_str(inspect, "Id", ""),
		.network_mode = json_get_str(host, "NetworkMode", ""),
		.shares_are_weight =
			needs_swarm_id_says_weight(json_get_str(labels, LABEL_SWARM_ID, "")),
		.view = view,
	};
	yyjson_mut_val *root = yyjson_mut_obj(doc);

	yyjson_mut_doc_set_root(doc, root);
	copy_members(&b, root, json_get_obj(inspect, "Config"), skips_config);
	/* an engine says there what it is asked beside the configuration */
	yyjson_mut_obj_remove_key(root, "HostConfig");
	yyjson_mut_obj_remove_key(root, "NetworkingConfig");
	add_host(&b, root, host);
	add_networks(&b, root, json_get_obj(json_get_obj(inspect, "NetworkSettings"), "Networks"));
	return json_doc_text(doc, NULL);
}
