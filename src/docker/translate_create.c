/*
 * docker/translate_create.c - a create request on its way to an engine of another version: the
 * table of differences, and the few functions that a row cannot say.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/translate.h"
#include "docker/translate_edit.h"

/* --- walking --- */

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

/* --- what is new in a create request --- */

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
	{ 40, DROP, "HostConfig/Capabilities", NULL, NULL },
	{ 40, REFUSE, MOUNTS "BindOptions/NonRecursive", NULL,
		"a bind mount without its submounts" },
	{ 42, DROP, MOUNTS "BindOptions/CreateMountpoint", NULL, NULL },
	{ 42, DROP, "HostConfig/ConsoleSize", NULL, NULL }, /* a resize follows */
	{ 43, DROP, "HostConfig/Annotations", NULL, NULL },
	{ 44, REFUSE, MOUNTS "BindOptions/ReadOnlyForceRecursive", NULL,
		"a bind mount that must be read-only with all its submounts" },
	{ 44, DROP, "Healthcheck/StartInterval", NULL, NULL },
	{ 45, REFUSE, MOUNTS "VolumeOptions/Subpath", NULL, "a mount of a part of a volume" },
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
		f->found |= strcmp(edit_text(place->object, place->member), f->value) == 0;
	else
		f->found |= edit_is_set(yyjson_mut_obj_get(place->object, place->member));
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

/* --- networks --- */

static yyjson_mut_val *endpoints_of(yyjson_mut_val *root)
{
	return yyjson_mut_obj_get(yyjson_mut_obj_get(root, "NetworkingConfig"), "EndpointsConfig");
}

/* Engines before 1.44 knew one hardware address, which is the main network's. */
static bool has_address_elsewhere(yyjson_mut_val *root)
{
	yyjson_mut_val *key, *endpoint;
	size_t i, max;

	yyjson_mut_obj_foreach(endpoints_of(root), i, max, key, endpoint)
	{
		if (*edit_text(endpoint, "MacAddress") &&
			strcmp(yyjson_mut_get_str(key), edit_main_network(root)) != 0)
			return true;
	}
	return false;
}

static void move_address_to_config(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *endpoint = yyjson_mut_obj_get(endpoints_of(root), edit_main_network(root));
	yyjson_mut_val *address = yyjson_mut_obj_remove_key(endpoint, "MacAddress");

	if (edit_is_set(address))
		edit_put(doc, root, "MacAddress", address);
}

static void move_address_to_endpoint(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *address = yyjson_mut_obj_remove_key(root, "MacAddress");
	yyjson_mut_val *networking, *endpoints;

	if (!edit_is_set(address))
		return;
	networking = edit_ensure_object(doc, root, "NetworkingConfig");
	endpoints = edit_ensure_object(doc, networking, "EndpointsConfig");
	edit_put_new(doc, edit_ensure_object(doc, endpoints, edit_main_network(root)), "MacAddress",
		address);
}

/* --- sysctls of one interface --- */

/*
 * Up to API 1.47 they were the container's, with the interface in the name; since 1.46 they are an
 * endpoint's, a list in which IFNAME stands for whatever the interface will be called.  The main
 * network's is eth0 in a new container.
 */
#define ENDPOINT_SYSCTLS "com.docker.network.endpoint.sysctls"
#define FIRST_INTERFACE  ".eth0."
#define ANY_INTERFACE    ".IFNAME."

static bool has_sysctls_elsewhere(yyjson_mut_val *root)
{
	yyjson_mut_val *key, *endpoint;
	size_t i, max;

	yyjson_mut_obj_foreach(endpoints_of(root), i, max, key, endpoint)
	{
		if (*edit_text(yyjson_mut_obj_get(endpoint, "DriverOpts"), ENDPOINT_SYSCTLS) &&
			strcmp(yyjson_mut_get_str(key), edit_main_network(root)) != 0)
			return true;
	}
	return false;
}

/* The name with one infix in place of another; NULL when it has none. */
static char *change_infix(const char *name, const char *from, const char *to)
{
	const char *at = strstr(name, from);

	if (!at)
		return NULL;
	return xasprintf("%.*s%s%s", (int)(at - name), name, to, at + strlen(from));
}

/* "net.ipv4.conf.IFNAME.log_martians=1" */
static void add_container_sysctl(yyjson_mut_doc *doc, yyjson_mut_val *sysctls, const char *item)
{
	const char *equals = strchr(item, '=');
	auto_free char *name = xstrndup(item, equals ? (size_t)(equals - item) : strlen(item));
	auto_free char *told = change_infix(name, ANY_INTERFACE, FIRST_INTERFACE);

	yyjson_mut_obj_put(sysctls, yyjson_mut_strcpy(doc, told ? told : name),
		yyjson_mut_strcpy(doc, equals ? equals + 1 : ""));
}

static void move_sysctls_to_container(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *endpoint = yyjson_mut_obj_get(endpoints_of(root), edit_main_network(root));
	yyjson_mut_val *list = yyjson_mut_obj_remove_key(
		yyjson_mut_obj_get(endpoint, "DriverOpts"), ENDPOINT_SYSCTLS);
	auto_strv struct strv items = STRV_INIT;
	yyjson_mut_val *sysctls;

	if (!edit_is_set(list) || !yyjson_mut_is_str(list))
		return;
	strv_split(&items, yyjson_mut_get_str(list), ',');
	sysctls = edit_ensure_object(doc, edit_ensure_object(doc, root, "HostConfig"), "Sysctls");
	for (size_t i = 0; i < items.count; i++)
		add_container_sysctl(doc, sysctls, items.items[i]);
}

/* Takes them out of the container's, as the list that an endpoint has. */
static void take_interface_sysctls(yyjson_mut_val *host, struct strbuf *list)
{
	yyjson_mut_val *sysctls = yyjson_mut_obj_get(host, "Sysctls"), *key, *value;
	auto_strv struct strv taken = STRV_INIT;
	size_t i, max;

	yyjson_mut_obj_foreach(sysctls, i, max, key, value)
	{
		auto_free char *name =
			change_infix(yyjson_mut_get_str(key), FIRST_INTERFACE, ANY_INTERFACE);

		if (!name || !yyjson_mut_is_str(value))
			continue;
		strbuf_addf(list, "%s%s=%s", list->len ? "," : "", name, yyjson_mut_get_str(value));
		strv_add(&taken, yyjson_mut_get_str(key));
	}
	for (i = 0; i < taken.count; i++)
		yyjson_mut_obj_remove_key(sysctls, taken.items[i]);
}

static void move_sysctls_to_endpoint(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	auto_strbuf struct strbuf list = STRBUF_INIT;
	yyjson_mut_val *endpoints, *options;

	take_interface_sysctls(yyjson_mut_obj_get(root, "HostConfig"), &list);
	if (list.len == 0)
		return;
	endpoints = edit_ensure_object(
		doc, edit_ensure_object(doc, root, "NetworkingConfig"), "EndpointsConfig");
	options = edit_ensure_object(
		doc, edit_ensure_object(doc, endpoints, edit_main_network(root)), "DriverOpts");
	edit_put(doc, options, ENDPOINT_SYSCTLS, yyjson_mut_strcpy(doc, list.buf));
}

/* --- several networks --- */

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
		if (strcmp(yyjson_mut_get_str(key), edit_main_network(root)) != 0)
			add_connect(later, yyjson_mut_get_str(key), val);
		else
			yyjson_mut_obj_add(kept, yyjson_mut_val_mut_copy(doc, key),
				yyjson_mut_val_mut_copy(doc, val));
	}
	edit_put(doc, yyjson_mut_obj_get(root, "NetworkingConfig"), "EndpointsConfig", kept);
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

/* --- what an old client takes for granted --- */

static void share_ipc(const struct translate_create *t, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *host = edit_ensure_object(doc, root, "HostConfig");

	(void)t;
	if (!*edit_text(host, "IpcMode"))
		edit_put(doc, host, "IpcMode", yyjson_mut_str(doc, "shareable"));
}

static void share_cgroups(
	const struct translate_create *t, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *host = edit_ensure_object(doc, root, "HostConfig");

	if (t->cgroup1 && !*edit_text(host, "CgroupnsMode"))
		edit_put(doc, host, "CgroupnsMode", yyjson_mut_str(doc, "host"));
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
		if (strcmp(edit_text(mount, "Type"), "bind") == 0 &&
			edit_is_set(yyjson_mut_obj_get(mount, "ReadOnly")))
			edit_put(doc, edit_ensure_object(doc, mount, "BindOptions"),
				"ReadOnlyNonRecursive", yyjson_mut_true(doc));
	}
}

/* For one version there was a list of all that a container may do, instead of two of changes. */
static void split_capabilities(
	const struct translate_create *t, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(root, "HostConfig");
	yyjson_mut_val *all = yyjson_mut_obj_remove_key(host, "Capabilities"), *drop;

	if (t->client.minor != 40 || !yyjson_mut_is_arr(all) || yyjson_mut_arr_size(all) == 0)
		return;
	drop = yyjson_mut_arr(doc);
	yyjson_mut_arr_add_str(doc, drop, "ALL");
	edit_put(doc, host, "CapDrop", drop);
	edit_put(doc, host, "CapAdd", all);
}

static const struct habit {
	int until; /* 1.N: from there on it must be said */
	void (*say)(const struct translate_create *t, yyjson_mut_doc *doc, yyjson_mut_val *root);
} habits[] = {
	{ 40, share_ipc },
	{ 41, share_cgroups },
	{ 41, split_capabilities },
	{ 44, leave_submounts_writable },
};

/* --- create --- */

struct translate_need translate_create_need(yyjson_mut_val *root, struct api_version client)
{
	struct translate_need need = { 0 };

	if (version_knows(client, 44) && has_address_elsewhere(root))
		need = (struct translate_need){ { 1, 44 },
			"a hardware address on a second network" };
	if (version_knows(client, 46) && has_sysctls_elsewhere(root))
		need = (struct translate_need){ { 1, 46 },
			"a sysctl of an endpoint on a second network" };
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = &fields[i];

		if (field->action == REFUSE && version_knows(client, field->since) &&
			api_version_before(need.since, 1, field->since) && uses(root, field))
			need = (struct translate_need){ { 1, field->since }, field->what };
	}
	return need;
}

/* Older engines change the other limits, leave these, and call it a success. */
struct translate_need translate_update_need(yyjson_mut_val *root, struct api_version client)
{
	static const char *const limits[] = { "BlkioWeightDevice", "BlkioDeviceReadBps",
		"BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps" };

	for (size_t i = 0; i < ARRAY_SIZE(limits) && version_knows(client, 55); i++) {
		if (edit_is_set(yyjson_mut_obj_get(root, limits[i])))
			return (struct translate_need){ { 1, 55 },
				"to change the limits of a block device" };
	}
	return (struct translate_need){ 0 };
}

bool translate_need_is_met(const struct translate_need *need, const struct api_range *engine)
{
	return api_version_compare(engine->max, need->since) >= 0;
}

bool translate_need_refuse(const struct translate_need *need, struct api_version client,
	const char *engine_name, const struct api_range *engine, struct error *err)
{
	auto_strbuf struct strbuf since = STRBUF_INIT, max = STRBUF_INIT, asked = STRBUF_INIT;

	api_version_format(&since, need->since);
	api_version_format(&max, engine->max);
	if (client.major) {
		strbuf_add_str(&asked, "the request is of version ");
		api_version_format(&asked, client);
		strbuf_add_str(&asked, ", and ");
	}
	return error_set(err, ERROR_INVALID,
		"%s needs an engine with API version %s: %sengine %s speaks %s at most", need->what,
		since.buf, asked.len ? asked.buf : "", engine_name, max.buf);
}

void translate_create(const struct translate_create *t, yyjson_mut_doc *doc,
	struct translate_connects *ret_connects)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);

	*ret_connects = (struct translate_connects){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		/* engines overlook what is younger than the version of the request */
		if (!fields[i].value && is_behind(t->client, t->engine, fields[i].since))
			walk(root, fields[i].path, drop_field, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(habits); i++) {
		if (is_behind(t->client, t->engine, habits[i].until))
			habits[i].say(t, doc, root);
	}
	if (is_behind(t->client, t->engine, 48))
		move_sysctls_to_endpoint(doc, root);
	if (is_behind(t->client, t->engine, 52))
		move_address_to_endpoint(doc, root);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].action == DROP && is_beyond(t->client, t->engine, fields[i].since))
			walk(root, fields[i].path, drop_field, NULL);
	}
	if (is_beyond(t->client, t->engine, 46))
		move_sysctls_to_container(doc, root);
	if (is_beyond(t->client, t->engine, 44)) {
		move_address_to_config(doc, root);
		split_networks(doc, root, ret_connects);
	}
}

/* --- networks --- */

struct translate_need translate_network_need(yyjson_mut_val *root, struct api_version client)
{
	yyjson_mut_val *ipv4 = yyjson_mut_obj_get(root, "EnableIPv4");

	if (!version_knows(client, 48) || !yyjson_mut_is_false(ipv4))
		return (struct translate_need){ 0 };
	return (struct translate_need){ { 1, 48 }, "a network without IPv4" };
}
