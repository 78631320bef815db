/*
 * docker/config_names.c - names in a create request that the chosen engine knows by other names.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/config.h"
#include "docker/config_private.h"

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
	yyjson_mut_val *host = yyjson_mut_obj_get(config_root(c), "HostConfig"), *entry;
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
	yyjson_mut_val *host = yyjson_mut_obj_get(config_root(c), "HostConfig");
	const char *mode = yyjson_mut_get_str(yyjson_mut_obj_get(host, key));

	if (!mode || !str_starts_with(mode, CONTAINER_MODE) ||
		strcmp(without_mode(mode), without_mode(written)) != 0)
		return;
	auto_free char *text = xasprintf(CONTAINER_MODE "%s", engine_name);
	config_put(c->doc, host, key, yyjson_mut_strcpy(c->doc, text));
}

static void refresh_network_mode(struct container_config *c)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(config_root(c), "HostConfig");
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
	yyjson_mut_val *networking = yyjson_mut_obj_get(config_root(c), "NetworkingConfig");
	yyjson_mut_val *endpoints = yyjson_mut_obj_get(networking, "EndpointsConfig");

	/* the name may be the caller's, the document keeps its own */
	yyjson_mut_obj_rename_key(
		c->doc, endpoints, from, yyjson_mut_get_str(yyjson_mut_strcpy(c->doc, to)));
}

void config_rename_network(struct container_config *c, const char *from, const char *to)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(config_root(c), "HostConfig");
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
