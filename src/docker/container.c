/*
 * docker/container.c - life of a record, its states and the facts that both of the engine's
 * answers tell.
 */
#include "docker/container.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/intern.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/container_facts.h"
#include "docker/service_facts.h"

struct container *container_create(void)
{
	struct container *c = xnew(struct container);

	c->image = intern("");
	c->image_id = intern("");
	c->network_mode = intern("");
	list_init(&c->by_prefix);
	list_init(&c->by_swarm_prefix);
	return c;
}

static void clear_networks(struct container *c)
{
	for (size_t i = 0; i < c->networks_count; i++) {
		struct container_network *n = &c->networks[i];

		intern_unref(n->name);
		intern_unref(n->network_id);
		intern_unref(n->endpoint_id);
		intern_unref(n->mac);
		intern_unref(n->ipv4);
		intern_unref(n->ipv6);
	}
	free(steal(c->networks));
	c->networks_count = 0;
}

static void clear_mounts(struct container *c)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		struct container_mount *m = &c->mounts[i];

		intern_unref(m->type);
		intern_unref(m->name);
		intern_unref(m->destination);
		intern_unref(m->driver);
		intern_unref(m->source);
	}
	free(steal(c->mounts));
	c->mounts_count = 0;
}

static void clear_port_list(struct port_use **ports, uint16_t *count)
{
	for (size_t i = 0; i < *count; i++)
		intern_unref((*ports)[i].address);
	free(steal(*ports));
	*count = 0;
}

void container_clear_ports(struct container *c)
{
	clear_port_list(&c->ports, &c->ports_count);
	clear_port_list(&c->exposed, &c->exposed_count);
}

void container_clear_names(struct container *c)
{
	for (size_t i = 0; i < c->names_count; i++)
		free((char *)c->names[i]);
	free(steal(c->names));
	c->names_count = 0;
}

void container_rename(struct container *c, const char *name)
{
	if (!c->names_count) {
		free(c->names); /* room for an entry's names that were none */
		c->names = xcalloc(1, sizeof(*c->names));
		c->names_count = 1;
	}
	free((char *)c->names[0]);
	c->names[0] = *name == '/' ? xstrdup(name) : xasprintf("/%s", name);
}

void container_destroy(struct container *c)
{
	if (!c)
		return;
	container_clear_names(c);
	container_clear_ports(c);
	clear_networks(c);
	clear_mounts(c);
	labels_finish(&c->labels);
	intern_unref(c->image);
	intern_unref(c->image_id);
	intern_unref(c->network_mode);
	free(c->blueprint);
	service_facts_destroy(c->services);
	free(c->entry);
	free(c);
}

static const char *const state_names[] = {
	[CONTAINER_PENDING] = "pending",
	[CONTAINER_CREATED] = "created",
	[CONTAINER_RUNNING] = "running",
	[CONTAINER_PAUSED] = "paused",
	[CONTAINER_RESTARTING] = "restarting",
	[CONTAINER_REMOVING] = "removing",
	[CONTAINER_EXITED] = "exited",
	[CONTAINER_DEAD] = "dead",
};

/* Podman has more words for the same. */
static const struct {
	const char *word;
	enum container_state state;
} podman_states[] = {
	{ "configured", CONTAINER_CREATED },
	{ "initialized", CONTAINER_CREATED },
	{ "stopping", CONTAINER_RUNNING },
	{ "stopped", CONTAINER_EXITED },
};

enum container_state container_state_parse(const char *s, enum container_state otherwise)
{
	for (size_t i = CONTAINER_CREATED; i < ARRAY_SIZE(state_names); i++) {
		if (strcmp(s, state_names[i]) == 0)
			return (enum container_state)i;
	}
	for (size_t i = 0; i < ARRAY_SIZE(podman_states); i++) {
		if (strcmp(s, podman_states[i].word) == 0)
			return podman_states[i].state;
	}
	return otherwise;
}

const char *container_state_text(const struct container *c)
{
	return state_names[c->state];
}

static const char *const health_names[] = {
	[HEALTH_NONE] = "none",
	[HEALTH_STARTING] = "starting",
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_UNHEALTHY] = "unhealthy",
};

const char *container_health_text(const struct container *c)
{
	return health_names[c->health];
}

bool container_health_parse(const char *s, enum container_health *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(health_names); i++) {
		if (strcmp(s, health_names[i]) == 0) {
			*ret = (enum container_health)i;
			return true;
		}
	}
	return false;
}

const char *container_name(const struct container *c)
{
	const char *name = c->names_count ? c->names[0] : "";

	return *name == '/' ? name + 1 : name;
}

bool container_name_conflict(const struct container *c, const char *name, struct error *err)
{
	return error_set(err, ERROR_CONFLICT,
		"Conflict. The container name \"/%s\" is already in use by container \"%s\". You "
		"have "
		"to remove (or rename) that container to be able to reuse that name.",
		name, *c->id ? c->id : c->swarm_id);
}

bool container_is_running(const struct container *c)
{
	return c->state == CONTAINER_RUNNING || c->state == CONTAINER_PAUSED ||
	       c->state == CONTAINER_RESTARTING;
}

static void write_age(struct strbuf *sb, int64_t from_ns, int64_t now_ns)
{
	format_human_duration(sb, now_ns > from_ns ? (now_ns - from_ns) / 1000000000 : 0);
}

static void write_ended(
	struct strbuf *sb, const struct container *c, const char *word, int64_t now_ns)
{
	strbuf_addf(sb, "%s (%d) ", word, c->exit_code);
	write_age(sb, c->finished_ns, now_ns);
	strbuf_add_str(sb, " ago");
}

static const char *up_suffix(const struct container *c)
{
	if (c->state == CONTAINER_PAUSED)
		return " (Paused)";
	switch (c->health) {
	case HEALTH_STARTING: return " (health: starting)";
	case HEALTH_HEALTHY: return " (healthy)";
	case HEALTH_UNHEALTHY: return " (unhealthy)";
	default: return "";
	}
}

void container_write_status(struct strbuf *sb, const struct container *c, int64_t now_ns)
{
	switch ((enum container_state)c->state) {
	case CONTAINER_RUNNING:
	case CONTAINER_PAUSED:
		strbuf_add_str(sb, "Up ");
		write_age(sb, c->started_ns ? c->started_ns : c->created_ns, now_ns);
		strbuf_add_str(sb, up_suffix(c));
		return;
	case CONTAINER_RESTARTING: write_ended(sb, c, "Restarting", now_ns); return;
	case CONTAINER_REMOVING: strbuf_add_str(sb, "Removal In Progress"); return;
	case CONTAINER_DEAD: strbuf_add_str(sb, "Dead"); return;
	case CONTAINER_PENDING:
	case CONTAINER_CREATED: strbuf_add_str(sb, "Created"); return;
	case CONTAINER_EXITED:
		if (c->finished_ns)
			write_ended(sb, c, "Exited", now_ns);
		return;
	}
}

void container_set_interned(const char **member, const char *value)
{
	const char *fresh = intern(value);

	intern_unref(*member);
	*member = fresh;
}

bool container_text_is_plain(const char *s)
{
	for (; *s; s++) {
		unsigned char b = (unsigned char)*s;

		if (b < ' ' || b >= 0x7f || b == '"' || b == '\\' || b == '<' || b == '>' ||
			b == '&')
			return false;
	}
	return true;
}

static bool labels_are_plain(const struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		if (!container_text_is_plain(labels->items[i].key) ||
			!container_text_is_plain(labels->items[i].value))
			return false;
	}
	return true;
}

void container_set_labels(struct container *c, yyjson_val *labels)
{
	const char *swarm_id;
	size_t len;

	labels_finish(&c->labels);
	labels_from_json(&c->labels, labels);
	c->labels_are_plain = labels_are_plain(&c->labels);
	swarm_id = labels_get(&c->labels, LABEL_SWARM_ID);
	len = swarm_id ? strlen(swarm_id) : 0;
	/* a longer one was not given by a manager, and a cut one would be somebody else's */
	if (len >= sizeof(c->swarm_id))
		len = 0;
	if (len)
		memcpy(c->swarm_id, swarm_id, len);
	c->swarm_id[len] = '\0';
}

static const char *intern_member(yyjson_val *obj, const char *key)
{
	return intern(json_get_str(obj, key, ""));
}

/* What is none would be one in lists of networks, where it is written as it is. */
static const char *intern_address(yyjson_val *obj, const char *key)
{
	const char *address = json_get_str(obj, key, "");

	return intern(container_ip_is_valid(address) ? address : "");
}

static uint8_t prefix_length(yyjson_val *obj, const char *key)
{
	int64_t n = json_get_int(obj, key, 0);

	return n >= 0 && n <= 128 ? (uint8_t)n : 0;
}

static void read_network(struct container_network *ret, const char *name, yyjson_val *endpoint)
{
	*ret = (struct container_network){
		.name = intern(name),
		.network_id = intern_member(endpoint, "NetworkID"),
		.endpoint_id = intern_member(endpoint, "EndpointID"),
		.mac = intern_member(endpoint, "MacAddress"),
		.ipv4 = intern_address(endpoint, "IPAddress"),
		.ipv6 = intern_address(endpoint, "GlobalIPv6Address"),
		.ipv4_len = prefix_length(endpoint, "IPPrefixLen"),
		.ipv6_len = prefix_length(endpoint, "GlobalIPv6PrefixLen"),
	};
}

void container_set_networks(struct container *c, yyjson_val *networks)
{
	size_t room = min_of(yyjson_obj_size(networks), (size_t)UINT16_MAX);
	yyjson_obj_iter iter;
	yyjson_val *key;

	clear_networks(c);
	if (room == 0)
		return;
	c->networks = xcalloc(room, sizeof(*c->networks));
	yyjson_obj_iter_init(networks, &iter);
	while (c->networks_count < room && (key = yyjson_obj_iter_next(&iter)))
		read_network(&c->networks[c->networks_count++], yyjson_get_str(key),
			yyjson_obj_iter_get_val(key));
}

static struct container_mount read_mount(yyjson_val *mount)
{
	bool has_name = *json_get_str(mount, "Name", "") != '\0';

	return (struct container_mount){
		.type = intern_member(mount, "Type"),
		.name = intern_member(mount, "Name"),
		.destination = intern_member(mount, "Destination"),
		.driver = intern_member(mount, "Driver"),
		.source = has_name ? intern("") : intern_member(mount, "Source"),
	};
}

void container_set_mounts(struct container *c, yyjson_val *mounts)
{
	size_t room = min_of(yyjson_arr_size(mounts), (size_t)UINT16_MAX);
	yyjson_arr_iter iter;
	yyjson_val *mount;

	clear_mounts(c);
	if (room == 0)
		return;
	c->mounts = xcalloc(room, sizeof(*c->mounts));
	yyjson_arr_iter_init(mounts, &iter);
	while (c->mounts_count < room && (mount = yyjson_arr_iter_next(&iter)))
		c->mounts[c->mounts_count++] = read_mount(mount);
}

bool container_id_is_valid(const char *id)
{
	size_t len = strlen(id);

	if (len == 0 || len >= sizeof(((struct container *)NULL)->id) || *id == '.')
		return false;
	for (const char *p = id; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
			return false;
	}
	return true;
}

bool container_ip_is_valid(const char *ip)
{
	struct in6_addr any;

	return inet_pton(AF_INET, ip, &any) == 1 || inet_pton(AF_INET6, ip, &any) == 1;
}

bool container_ip_is_unspecified(const char *ip)
{
	struct in6_addr addr;

	if (inet_pton(AF_INET6, ip, &addr) == 1)
		return IN6_IS_ADDR_UNSPECIFIED(&addr);
	return inet_pton(AF_INET, ip, &addr) == 1 && addr.s6_addr32[0] == 0;
}
