/*
 * docker/translate_answer.c - what an engine says, for a client of another version.
 */
#include <string.h>

#include "base/json.h"
#include "docker/objects.h"
#include "docker/translate.h"
#include "docker/translate_edit.h"

/* --- streams --- */

const char *translate_stream_type(bool tty, struct api_version client, struct api_version engine)
{
	if (!is_beyond(client, engine, 42))
		return NULL;
	return tty ? "application/vnd.docker.raw-stream"
		   : "application/vnd.docker.multiplexed-stream";
}

/* --- answers --- */

static yyjson_mut_val *networks_of(yyjson_mut_val *root)
{
	return yyjson_mut_obj_get(yyjson_mut_obj_get(root, "NetworkSettings"), "Networks");
}

/* Its own short id is a name of the container on every network that has names. */
static void add_own_alias(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	const char *id = edit_text(root, "Id");
	yyjson_mut_val *key, *endpoint;
	size_t i, max;

	if (strlen(id) < 12)
		return;
	yyjson_mut_obj_foreach(networks_of(root), i, max, key, endpoint)
	{
		yyjson_mut_val *aliases = yyjson_mut_obj_get(endpoint, "Aliases");

		if (network_is_predefined(yyjson_mut_get_str(key)))
			continue;
		if (!yyjson_mut_is_arr(aliases)) {
			aliases = yyjson_mut_arr(doc);
			edit_put(doc, endpoint, "Aliases", aliases);
		}
		yyjson_mut_arr_add_strncpy(doc, aliases, id, 12);
	}
}

/* What is known of the bridge network, once more. */
static void add_bridge_settings(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	static const char *const texts[] = { "EndpointID", "Gateway", "GlobalIPv6Address",
		"IPAddress", "IPv6Gateway", "MacAddress" };
	static const char *const numbers[] = { "GlobalIPv6PrefixLen", "IPPrefixLen" };
	yyjson_mut_val *settings = yyjson_mut_obj_get(root, "NetworkSettings");
	yyjson_mut_val *bridge = yyjson_mut_obj_get(networks_of(root), "bridge");

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		edit_put_new(doc, settings, texts[i],
			yyjson_mut_strcpy(doc, edit_text(bridge, texts[i])));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		edit_put_new(doc, settings, numbers[i],
			yyjson_mut_sint(
				doc, yyjson_mut_get_sint(yyjson_mut_obj_get(bridge, numbers[i]))));
}

static void add_config_address(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *config = yyjson_mut_obj_get(root, "Config");
	const char *name = edit_main_network(root);
	yyjson_mut_val *endpoint = yyjson_mut_obj_get(
		networks_of(root), strcmp(name, "default") == 0 ? "bridge" : name);

	edit_put_new(doc, config, "MacAddress",
		yyjson_mut_strcpy(doc, edit_text(endpoint, "MacAddress")));
}

static void add_graph_driver(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *storage = yyjson_mut_obj_get(root, "Storage");
	yyjson_mut_val *snapshot =
		yyjson_mut_obj_get(yyjson_mut_obj_get(storage, "RootFS"), "Snapshot");
	yyjson_mut_val *driver = yyjson_mut_obj(doc);

	if (!*edit_text(snapshot, "Name"))
		return;
	yyjson_mut_obj_add_null(doc, driver, "Data");
	yyjson_mut_obj_add_strcpy(doc, driver, "Name", edit_text(snapshot, "Name"));
	edit_put_new(doc, root, "GraphDriver", driver);
}

static void add_virtual_size(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *size = yyjson_mut_obj_get(root, "Size");

	if (size)
		edit_put_new(doc, root, "VirtualSize", yyjson_mut_val_mut_copy(doc, size));
}

/* Compose 1 reads volumes there and ends with an exception where it is not. */
static void add_container_config(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *config = yyjson_mut_obj_get(root, "Config");

	edit_put_new(doc, root, "Container", yyjson_mut_str(doc, ""));
	edit_put_new(doc, root, "ContainerConfig",
		yyjson_mut_is_obj(config) ? yyjson_mut_val_mut_copy(doc, config)
					  : yyjson_mut_obj(doc));
}

static void add_container_fields(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	static const char *const texts[] = { "Hostname", "Domainname", "Image" };
	static const char *const flags[] = { "AttachStdin", "AttachStdout", "AttachStderr", "Tty",
		"OpenStdin", "StdinOnce" };
	yyjson_mut_val *config = yyjson_mut_obj_get(root, "Config");

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		edit_put_new(doc, config, texts[i], yyjson_mut_str(doc, ""));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		edit_put_new(doc, config, flags[i], yyjson_mut_false(doc));
}

static void add_origin(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	static const char *const texts[] = { "Parent", "Comment", "DockerVersion", "Author" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		edit_put_new(doc, root, texts[i], yyjson_mut_str(doc, ""));
}

/* What an answer no longer has from some version on, for clients from before. */
static const struct loss {
	enum translate_answer kind;
	int since; /* 1.N */
	void (*make_good)(yyjson_mut_doc *doc, yyjson_mut_val *root);
} losses[] = {
	{ TRANSLATE_CONTAINER, 45, add_own_alias },
	{ TRANSLATE_CONTAINER, 52, add_bridge_settings },
	{ TRANSLATE_CONTAINER, 52, add_config_address },
	{ TRANSLATE_CONTAINER, 52, add_graph_driver },
	{ TRANSLATE_IMAGE, 44, add_virtual_size },
	{ TRANSLATE_IMAGE, 45, add_container_config },
	{ TRANSLATE_IMAGE, 50, add_container_fields },
	{ TRANSLATE_IMAGE, 52, add_origin },
};

static bool concerns(const struct loss *loss, enum translate_answer kind, struct api_version client,
	struct api_version engine)
{
	return loss->kind == kind && is_behind(client, engine, loss->since);
}

bool translate_answer_differs(
	enum translate_answer kind, struct api_version client, struct api_version engine)
{
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
		if (concerns(&losses[i], kind, client, engine))
			return true;
	}
	return false;
}

void translate_answer(enum translate_answer kind, yyjson_mut_doc *doc, struct api_version client,
	struct api_version engine)
{
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
		if (concerns(&losses[i], kind, client, engine))
			losses[i].make_good(doc, yyjson_mut_doc_get_root(doc));
	}
}
