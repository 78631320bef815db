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
#include "base/util.h"
#include "docker/config_private.h"
#include "docker/name.h"
#include "docker/needs.h"
#include "docker/policy.h"

yyjson_mut_val *config_root(const struct container_config *c)
{
	return yyjson_mut_doc_get_root(c->doc);
}

/* The object of that name, made when there is none. */
yyjson_mut_val *config_ensure_object(
	struct container_config *c, yyjson_mut_val *parent, const char *key)
{
	yyjson_mut_val *obj = yyjson_mut_obj_get(parent, key);

	if (yyjson_mut_is_obj(obj))
		return obj;
	obj = yyjson_mut_obj(c->doc);
	config_put(c->doc, parent, key, obj);
	return obj;
}

void config_put_label(struct container_config *c, const char *key, const char *value)
{
	config_put(c->doc, config_ensure_object(c, config_root(c), "Labels"), key,
		yyjson_mut_strcpy(c->doc, value));
	labels_set(&c->labels, key, value);
}

/* --- the whole --- */

/* Each is looked for on every node. */
static bool check_volumes(const struct container_config *c, struct error *err)
{
	enum { VOLUMES_MAX = 256 };

	return c->volumes.count <= VOLUMES_MAX ||
	       error_set(err, ERROR_INVALID, "%zu named volumes are mounted; %d are taken at most",
		       c->volumes.count, VOLUMES_MAX);
}

static bool check_policies(const struct container_config *c, struct error *err)
{
	const char *policy;
	enum policy known;

	if (c->policies.count == 0)
		return true;
	if (c->policies.count > 1)
		return error_set(err, ERROR_INVALID, "too many reschedule policies");
	policy = c->policies.items[0];
	return policy_parse(policy, &known) ||
	       error_set(err, ERROR_INVALID, "invalid reschedule policy: %s", policy);
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

static bool read_document(struct container_config *c, struct error *err)
{
	struct config_reader r = { .doc = c->doc, .err = err };
	yyjson_mut_val *host;

	config_read_object(&r, config_root(c), "", "HostConfig");
	if (r.failed || !config_read_expressions(c, &r))
		return false;
	config_move_legacy_resources(c, &r);
	host = config_read_object(&r, config_root(c), "", "HostConfig");
	c->image = config_read_str(&r, config_root(c), "", "Image");
	c->auto_remove = config_read_bool(&r, host, "HostConfig.", "AutoRemove");
	config_read_strv(&r, host, "HostConfig.", "VolumesFrom", &c->volumes_from);
	config_read_strv(&r, host, "HostConfig.", "Links", &c->links);
	config_read_resources(c, &r, host);
	config_read_ports(c, &r, host);
	config_read_exposed(c, &r);
	config_read_namespaces(c, &r, host);
	config_read_binds(c, &r, host);
	config_read_mounts(c, &r, host);
	config_read_networks(c, &r);
	return !r.failed && read_swarm_id(c, err) && check_volumes(c, err) &&
	       check_policies(c, err);
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
		return error_set(err, ERROR_INVALID, JSON_TEXT_EMPTY);
	auto_json yyjson_doc *received = json_parse_request(body, len, err);
	if (!received)
		return false;
	if (yyjson_is_null(yyjson_doc_get_root(received)))
		return error_set(err, ERROR_INVALID, CONFIG_TEXT_EMPTY);
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

	if (name &&
		strcmp(name, "/") == 0) /* what follows the slash would be no name, and not none */
		return error_set(err, ERROR_INVALID,
			"Invalid container name (/), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
	if (name && *name == '/')
		name++;
	if (name && !name_check("container", name, err))
		return false;
	c.name = xstrdup(name ? name : "");
	c.platform = xstrdup(platform ? platform : "");
	if (!read_body(&c, body, len, err) || !read_document(&c, err)) {
		config_finish(&c);
		return false;
	}
	*ret = c;
	return true;
}

void config_free_ports(struct port_use *ports, char **texts, size_t count)
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
	config_free_ports(c->ports, c->port_texts, c->ports_count);
	config_free_ports(c->exposed, c->exposed_texts, c->exposed_count);
	strv_finish(&c->volumes_from);
	strv_finish(&c->links);
	strv_finish(&c->shared_namespaces);
	strv_finish(&c->volumes);
	strv_finish(&c->networks);
	*c = (struct container_config){ 0 };
}

bool config_is_empty(const struct container_config *c)
{
	static const char *const others[] = { "HostConfig", "NetworkingConfig", "Platform" };
	size_t count = yyjson_mut_obj_size(config_root(c));

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		count -= yyjson_mut_obj_get(config_root(c), others[i]) != NULL;
	return count == 0;
}

void config_set_swarm_id(struct container_config *c, const char *id)
{
	assert(strlen(id) < sizeof(c->swarm_id));
	memcpy(c->swarm_id, id, strlen(id) + 1);
	config_put_label(c, LABEL_SWARM_ID, id);
}

void config_set_label(struct container_config *c, const char *key, const char *value)
{
	config_put_label(c, key, value);
}

void config_add_label(struct container_config *c, const char *key, const char *value)
{
	if (!labels_get(&c->labels, key))
		config_put_label(c, key, value);
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

void config_weigh_shares(struct container_config *c, int64_t most_cpus)
{
	if (!needs_swarm_id_says_weight(c->swarm_id) &&
		!needs_shares_are_weight(c->cpu.shares, most_cpus))
		return;
	c->shares_are_weight = true;
	c->cpu.shares = 0;
	c->nano_cpus = needs_nano_cpus(&c->cpu);
}

yyjson_mut_doc *config_document(const struct container_config *c, int64_t engine_cpus)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_mut_copy(c->doc, NULL);

	assert(doc);
	if (c->cpu.shares > 0)
		config_put(doc, yyjson_mut_obj_get(yyjson_mut_doc_get_root(doc), "HostConfig"),
			"CpuShares",
			yyjson_mut_sint(doc, needs_shares_to_engine(c->cpu.shares, engine_cpus)));
	return doc;
}
