/*
 * docker/translate.c - the tables of differences, and the few functions that a row cannot say.
 */
#include "docker/translate.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "docker/objects.h"

static bool knows(struct api_version v, int minor)
{
	return !api_version_before(v, 1, minor);
}

/* The client knows what came with this version, the engine does not. */
static bool is_beyond(struct api_version client, struct api_version engine, int minor)
{
	return knows(client, minor) && !knows(engine, minor);
}

/* The other way round. */
static bool is_behind(struct api_version client, struct api_version engine, int minor)
{
	return knows(engine, minor) && !knows(client, minor);
}

/* --- walking ------------------------------------------------------------------------------- */

struct place {
	yyjson_mut_val *object; /* that has, or may have, the member */
	const char *member;
};

typedef void (*visit_fn)(const struct place *place, void *arg);

static void walk(yyjson_mut_val *val, const char *path, visit_fn visit, void *arg);

static void walk_all(yyjson_mut_val *val, const char *rest, visit_fn visit, void *arg)
{
	yyjson_mut_val *key, *item;
	size_t i, max;

	if (yyjson_mut_is_arr(val)) {
		yyjson_mut_arr_foreach(val, i, max, item)
		{
			walk(item, rest, visit, arg);
		}
		return;
	}
	yyjson_mut_obj_foreach(val, i, max, key, item)
	{
		walk(item, rest, visit, arg);
	}
}

/* "a/ * /b" without the blanks: b of every element or member of a. */
static void walk(yyjson_mut_val *val, const char *path, visit_fn visit, void *arg)
{
	const char *slash = strchr(path, '/');

	if (!yyjson_mut_is_ctn(val))
		return;
	if (!slash)
		visit(&(struct place){ val, path }, arg);
	else if (path[0] == '*')
		walk_all(val, slash + 1, visit, arg);
	else
		walk(yyjson_mut_obj_getn(val, path, (size_t)(slash - path)), slash + 1, visit, arg);
}

/* The zero values of Go mean the same as no value. */
static bool is_set(yyjson_mut_val *val)
{
	if (yyjson_mut_is_bool(val))
		return yyjson_mut_get_bool(val);
	if (yyjson_mut_is_str(val))
		return yyjson_mut_get_len(val) > 0;
	if (yyjson_mut_is_num(val))
		return yyjson_mut_get_num(val) != 0;
	return yyjson_mut_is_ctn(val) && yyjson_mut_get_len(val) > 0;
}

static const char *text_of(yyjson_mut_val *object, const char *member)
{
	const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(object, member));

	return text ? text : "";
}

static void put_new(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const char *member, yyjson_mut_val *val)
{
	if (!yyjson_mut_obj_get(object, member))
		yyjson_mut_obj_add(object, yyjson_mut_str(doc, member), val);
}

static void put(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const char *member, yyjson_mut_val *val)
{
	yyjson_mut_obj_remove_key(object, member);
	yyjson_mut_obj_add(object, yyjson_mut_str(doc, member), val);
}

static yyjson_mut_val *ensure_object(
	yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *member)
{
	yyjson_mut_val *child = yyjson_mut_obj_get(parent, member);

	if (yyjson_mut_is_obj(child))
		return child;
	child = yyjson_mut_obj(doc);
	put(doc, parent, member, child);
	return child;
}

/* --- what is new in a create request ------------------------------------------------------- */

enum action {
	DROP,   /* do without: the container does the same, or nearly */
	REFUSE, /* not without it */
};

#define MOUNTS    "HostConfig/Mounts/*/"
#define ENDPOINTS "NetworkingConfig/EndpointsConfig/*/"

static const struct field {
	int since; /* 1.N */
	enum action action;
	const char *path;
	const char *value; /* only this; NULL: any */
	const char *what;  /* for REFUSE */
} fields[] = {
	{ 40, REFUSE, MOUNTS "BindOptions/NonRecursive", NULL,
		"a bind mount without its submounts" },
	{ 42, DROP, MOUNTS "BindOptions/CreateMountpoint", NULL, NULL },
	{ 42, DROP, "HostConfig/ConsoleSize", NULL, NULL }, /* a resize follows */
	{ 43, DROP, "HostConfig/Annotations", NULL, NULL },
	{ 44, REFUSE, MOUNTS "BindOptions/ReadOnlyForceRecursive", NULL,
		"a bind mount that must be read-only with all its submounts" },
	{ 44, DROP, "Healthcheck/StartInterval", NULL, NULL },
	{ 45, REFUSE, MOUNTS "VolumeOptions/Subpath", NULL, "a mount of a part of a volume" },
	{ 46, REFUSE, ENDPOINTS "DriverOpts/com.docker.network.endpoint.sysctls", NULL,
		"a sysctl of one network endpoint" },
	{ 48, REFUSE, MOUNTS "Type", "image", "a mount of an image" },
	{ 48, DROP, ENDPOINTS "GwPriority", NULL, NULL },
};

struct finding {
	const char *value;
	bool found;
};

static void find_field(const struct place *place, void *arg)
{
	struct finding *f = arg;

	if (f->value)
		f->found |= strcmp(text_of(place->object, place->member), f->value) == 0;
	else
		f->found |= is_set(yyjson_mut_obj_get(place->object, place->member));
}

static bool uses(yyjson_mut_val *root, const struct field *field)
{
	struct finding f = { .value = field->value };

	walk(root, field->path, find_field, &f);
	return f.found;
}

static void drop_field(const struct place *place, void *arg)
{
	(void)arg;
	yyjson_mut_obj_remove_key(place->object, place->member);
}

/* --- networks ------------------------------------------------------------------------------ */

static yyjson_mut_val *endpoints_of(yyjson_mut_val *root)
{
	return yyjson_mut_obj_get(yyjson_mut_obj_get(root, "NetworkingConfig"), "EndpointsConfig");
}

static const char *main_network(yyjson_mut_val *root)
{
	const char *mode = text_of(yyjson_mut_obj_get(root, "HostConfig"), "NetworkMode");

	return *mode ? mode : "default";
}

/* Engines before 1.44 knew one hardware address, which is the main network's. */
static bool has_address_elsewhere(yyjson_mut_val *root)
{
	yyjson_mut_val *key, *endpoint;
	size_t i, max;

	yyjson_mut_obj_foreach(endpoints_of(root), i, max, key, endpoint)
	{
		if (*text_of(endpoint, "MacAddress") &&
			strcmp(yyjson_mut_get_str(key), main_network(root)) != 0)
			return true;
	}
	return false;
}

static void move_address_to_config(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *endpoint = yyjson_mut_obj_get(endpoints_of(root), main_network(root));
	yyjson_mut_val *address = yyjson_mut_obj_remove_key(endpoint, "MacAddress");

	if (is_set(address))
		put(doc, root, "MacAddress", address);
}

static void move_address_to_endpoint(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *address = yyjson_mut_obj_remove_key(root, "MacAddress");
	yyjson_mut_val *networking, *endpoints;

	if (!is_set(address))
		return;
	networking = ensure_object(doc, root, "NetworkingConfig");
	endpoints = ensure_object(doc, networking, "EndpointsConfig");
	put_new(doc, ensure_object(doc, endpoints, main_network(root)), "MacAddress", address);
}

static void add_connect(struct translate_connects *to, const char *network, yyjson_mut_val *val)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (yyjson_mut_is_obj(val))
		json_mut_write(&text, val);
	else
		strbuf_add_str(&text, "{}");
	array_reserve(to->items, to->count, to->cap);
	to->items[to->count++] = (struct translate_connect){
		.network = xstrdup(network),
		.endpoint = strbuf_steal(&text),
	};
}

/* The main network stays in the request, the others are for later. */
static void split_networks(
	yyjson_mut_doc *doc, yyjson_mut_val *root, struct translate_connects *later)
{
	yyjson_mut_val *endpoints = endpoints_of(root), *kept = yyjson_mut_obj(doc), *key, *val;
	size_t i, max;

	if (yyjson_mut_obj_size(endpoints) <= 1)
		return;
	yyjson_mut_obj_foreach(endpoints, i, max, key, val)
	{
		if (strcmp(yyjson_mut_get_str(key), main_network(root)) != 0)
			add_connect(later, yyjson_mut_get_str(key), val);
		else
			yyjson_mut_obj_add(kept, yyjson_mut_val_mut_copy(doc, key),
				yyjson_mut_val_mut_copy(doc, val));
	}
	put(doc, yyjson_mut_obj_get(root, "NetworkingConfig"), "EndpointsConfig", kept);
}

void translate_connects_finish(struct translate_connects *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].network);
		free(c->items[i].endpoint);
	}
	free(c->items);
	*c = (struct translate_connects){ 0 };
}

/* --- what an old client takes for granted -------------------------------------------------- */

static void share_ipc(const struct translate_create *t, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *host = ensure_object(doc, root, "HostConfig");

	(void)t;
	if (!*text_of(host, "IpcMode"))
		put(doc, host, "IpcMode", yyjson_mut_str(doc, "shareable"));
}

static void share_cgroups(
	const struct translate_create *t, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *host = ensure_object(doc, root, "HostConfig");

	if (t->cgroup1 && !*text_of(host, "CgroupnsMode"))
		put(doc, host, "CgroupnsMode", yyjson_mut_str(doc, "host"));
}

/* Submounts of a read-only mount could be written to. */
static void leave_submounts_writable(
	const struct translate_create *t, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *mounts =
		yyjson_mut_obj_get(yyjson_mut_obj_get(root, "HostConfig"), "Mounts");
	yyjson_mut_val *mount;
	size_t i, max;

	(void)t;
	yyjson_mut_arr_foreach(mounts, i, max, mount)
	{
		if (strcmp(text_of(mount, "Type"), "bind") == 0 &&
			is_set(yyjson_mut_obj_get(mount, "ReadOnly")))
			put(doc, ensure_object(doc, mount, "BindOptions"), "ReadOnlyNonRecursive",
				yyjson_mut_true(doc));
	}
}

static const struct habit {
	int until; /* 1.N: from there on it must be said */
	void (*say)(const struct translate_create *t, yyjson_mut_doc *doc, yyjson_mut_val *root);
} habits[] = {
	{ 40, share_ipc },
	{ 41, share_cgroups },
	{ 44, leave_submounts_writable },
};

/* --- create -------------------------------------------------------------------------------- */

struct translate_need translate_create_need(yyjson_mut_val *root, struct api_version client)
{
	struct translate_need need = { 0 };

	if (knows(client, 44) && has_address_elsewhere(root))
		need = (struct translate_need){ { 1, 44 },
			"a hardware address on a second network" };
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = &fields[i];

		if (field->action == REFUSE && knows(client, field->since) &&
			api_version_before(need.since, 1, field->since) && uses(root, field))
			need = (struct translate_need){ { 1, field->since }, field->what };
	}
	return need;
}

bool translate_need_is_met(const struct translate_need *need, const struct api_range *engine)
{
	return api_version_compare(engine->max, need->since) >= 0;
}

void translate_create(const struct translate_create *t, yyjson_mut_doc *doc,
	struct translate_connects *ret_connects)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);

	*ret_connects = (struct translate_connects){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(habits); i++) {
		if (is_behind(t->client, t->engine, habits[i].until))
			habits[i].say(t, doc, root);
	}
	if (is_behind(t->client, t->engine, 52))
		move_address_to_endpoint(doc, root);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].action == DROP && is_beyond(t->client, t->engine, fields[i].since))
			walk(root, fields[i].path, drop_field, NULL);
	}
	if (is_beyond(t->client, t->engine, 44)) {
		move_address_to_config(doc, root);
		split_networks(doc, root, ret_connects);
	}
}

/* --- streams ------------------------------------------------------------------------------- */

const char *translate_stream_type(bool tty, struct api_version client, struct api_version engine)
{
	if (!is_beyond(client, engine, 42))
		return NULL;
	return tty ? "application/vnd.docker.raw-stream"
		   : "application/vnd.docker.multiplexed-stream";
}

/* --- answers ------------------------------------------------------------------------------- */

static yyjson_mut_val *networks_of(yyjson_mut_val *root)
{
	return yyjson_mut_obj_get(yyjson_mut_obj_get(root, "NetworkSettings"), "Networks");
}

/* Its own short id is a name of the container on every network that has names. */
static void add_own_alias(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	const char *id = text_of(root, "Id");
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
			put(doc, endpoint, "Aliases", aliases);
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
		put_new(doc, settings, texts[i], yyjson_mut_strcpy(doc, text_of(bridge, texts[i])));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		put_new(doc, settings, numbers[i],
			yyjson_mut_sint(
				doc, yyjson_mut_get_sint(yyjson_mut_obj_get(bridge, numbers[i]))));
}

static void add_config_address(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *config = yyjson_mut_obj_get(root, "Config");
	const char *name = main_network(root);
	yyjson_mut_val *endpoint = yyjson_mut_obj_get(
		networks_of(root), strcmp(name, "default") == 0 ? "bridge" : name);

	put_new(doc, config, "MacAddress", yyjson_mut_strcpy(doc, text_of(endpoint, "MacAddress")));
}

static void add_graph_driver(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *storage = yyjson_mut_obj_get(root, "Storage");
	yyjson_mut_val *snapshot =
		yyjson_mut_obj_get(yyjson_mut_obj_get(storage, "RootFS"), "Snapshot");
	yyjson_mut_val *driver = yyjson_mut_obj(doc);

	if (!*text_of(snapshot, "Name"))
		return;
	yyjson_mut_obj_add_null(doc, driver, "Data");
	yyjson_mut_obj_add_strcpy(doc, driver, "Name", text_of(snapshot, "Name"));
	put_new(doc, root, "GraphDriver", driver);
}

static void add_virtual_size(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *size = yyjson_mut_obj_get(root, "Size");

	if (size)
		put_new(doc, root, "VirtualSize", yyjson_mut_val_mut_copy(doc, size));
}

/* Compose 1 reads volumes there and ends with an exception where it is not. */
static void add_container_config(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *config = yyjson_mut_obj_get(root, "Config");

	put_new(doc, root, "Container", yyjson_mut_str(doc, ""));
	put_new(doc, root, "ContainerConfig",
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
		put_new(doc, config, texts[i], yyjson_mut_str(doc, ""));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		put_new(doc, config, flags[i], yyjson_mut_false(doc));
}

static void add_origin(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	static const char *const texts[] = { "Parent", "Comment", "DockerVersion", "Author" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		put_new(doc, root, texts[i], yyjson_mut_str(doc, ""));
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
