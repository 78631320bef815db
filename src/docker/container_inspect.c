/*
 * docker/container_inspect.c - what the inspect document adds to a record.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/mem.h"
#include "docker/blueprint.h"
#include "docker/container.h"
#include "docker/container_facts.h"
#include "docker/needs.h"
#include "docker/service_facts.h"

/* As engines do: paused wins over restarting, restarting over running. */
static enum container_state read_state(yyjson_val *state, enum container_state otherwise)
{
	if (json_get_bool(state, "Paused", false))
		return CONTAINER_PAUSED;
	if (json_get_bool(state, "Restarting", false))
		return CONTAINER_RESTARTING;
	if (json_get_bool(state, "Dead", false))
		return CONTAINER_DEAD;
	return container_state_parse(json_get_str(state, "Status", ""),
		json_get_bool(state, "Running", false) ? CONTAINER_RUNNING : otherwise);
}

static enum container_health read_health(yyjson_val *state)
{
	enum container_health health = HEALTH_NONE;

	container_health_parse(
		json_get_str(json_get_obj(state, "Health"), "Status", "none"), &health);
	return health;
}

/* 0: never, or at no time that an engine can mean. */
static int64_t read_shifted(yyjson_val *obj, const char *key, int64_t shift_ns)
{
	int64_t ns;

	if (!time_parse_rfc3339(json_get_str(obj, key, ""), &ns) || ns <= 0 ||
		__builtin_add_overflow(ns, shift_ns, &ns))
		return 0;
	return max_of(ns, INT64_C(0));
}

static int64_t read_time(yyjson_val *obj, const char *key, const struct container_view *view)
{
	return read_shifted(obj, key, view->clock_shift_ns);
}

static void set_state(struct container *c, yyjson_val *state, const struct container_view *view)
{
	c->state = (uint8_t)read_state(state,
		c->state == CONTAINER_PENDING ? CONTAINER_CREATED : (enum container_state)c->state);
	c->health = (uint8_t)read_health(state);
	c->failing_streak =
		(int32_t)json_get_int(json_get_obj(state, "Health"), "FailingStreak", 0);
	c->exit_code = (int32_t)json_get_int(state, "ExitCode", 0);
	c->started_ns = read_time(state, "StartedAt", view);
	c->finished_ns = read_time(state, "FinishedAt", view);
}

/* Only the name; link aliases stand in the list entry. */
static void set_name(struct container *c, const char *name)
{
	if (*name)
		container_rename(c, name);
}

static int compare_uses(const void *x, const void *y)
{
	const struct port_use *a = x, *b = y;

	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	if (a->any_address || b->any_address)
		return b->any_address - a->any_address;
	return strcmp(a->address, b->address);
}

/* Takes the reference to the address.  What the engine chooses itself holds nothing yet. */
static void add_port(struct container *c, size_t *cap, struct port_use use, bool is_given)
{
	bool holds_nothing = use.first == 0 || (is_given && use.first != use.last);

	if (holds_nothing || c->ports_count == UINT16_MAX) {
		intern_unref(use.address);
		return;
	}
	array_reserve(c->ports, c->ports_count, *cap);
	c->ports[c->ports_count++] = use;
}

/* A published port is told twice or thrice: as requested, and as bound for IPv4 and IPv6. */
static void drop_repeated_ports(struct container *c)
{
	uint16_t kept = 0;

	if (c->ports_count == 0)
		return;
	qsort(c->ports, c->ports_count, sizeof(*c->ports), compare_uses);
	for (uint16_t i = 0; i < c->ports_count; i++) {
		if (kept && compare_uses(&c->ports[kept - 1], &c->ports[i]) == 0)
			intern_unref(c->ports[i].address);
		else
			c->ports[kept++] = c->ports[i];
	}
	c->ports_count = kept;
	c->ports = xreallocarray(c->ports, kept, sizeof(*c->ports));
}

static bool has_binding(yyjson_val *ports, yyjson_val *key)
{
	return yyjson_arr_size(yyjson_obj_getn(ports, yyjson_get_str(key), yyjson_get_len(key))) >
	       0;
}

/* {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}, as PortBindings and Ports are written.  Of a
 * range that was asked for, only the port that was given counts once it is there: `given`, written
 * in the same way, or NULL. */
static void add_bindings(struct container *c, size_t *cap, yyjson_val *ports, yyjson_val *given)
{
	yyjson_obj_iter iter;
	yyjson_val *key, *binding;

	yyjson_obj_iter_init(ports, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		bool is_given = has_binding(given, key);
		enum port_protocol protocol;
		yyjson_arr_iter bindings;
		struct port_use use;
		uint16_t first, last;

		if (!port_parse(yyjson_get_str(key), &first, &last, &protocol))
			continue;
		yyjson_arr_iter_init(yyjson_obj_iter_get_val(key), &bindings);
		while ((binding = yyjson_arr_iter_next(&bindings))) {
			if (!needs_binding(&use, protocol, json_get_str(binding, "HostIp", ""),
				    json_get_str(binding, "HostPort", "")))
				continue;
			use.inside = first;
			add_port(c, cap, use, is_given);
		}
	}
}

static void set_exposed(struct container *c, yyjson_val *exposed)
{
	size_t room = min_of(yyjson_obj_size(exposed), (size_t)UINT16_MAX);
	yyjson_obj_iter iter;
	yyjson_val *key;

	if (room == 0)
		return;
	c->exposed = xcalloc(room, sizeof(*c->exposed));
	yyjson_obj_iter_init(exposed, &iter);
	while (c->exposed_count < room && (key = yyjson_obj_iter_next(&iter))) {
		if (needs_exposed(&c->exposed[c->exposed_count], yyjson_get_str(key)))
			c->exposed_count++;
	}
}

static void set_ports(struct container *c, yyjson_val *inspect)
{
	yyjson_val *host = json_get_obj(inspect, "HostConfig");
	yyjson_val *settings = json_get_obj(inspect, "NetworkSettings");
	size_t cap = 0;

	container_clear_ports(c);
	if (c->host_network) { /* the engine ignores bindings there */
		set_exposed(c, json_get_obj(json_get_obj(inspect, "Config"), "ExposedPorts"));
		return;
	}
	add_bindings(c, &cap, json_get_obj(host, "PortBindings"), json_get_obj(settings, "Ports"));
	add_bindings(c, &cap, json_get_obj(settings, "Ports"), NULL);
	drop_repeated_ports(c);
}

static void set_resources(struct container *c, yyjson_val *host, const struct container_view *view)
{
	struct cpu_request cpu = {
		.nano_cpus = json_get_int(host, "NanoCpus", 0),
		.quota_us = json_get_int(host, "CpuQuota", 0),
		.period_us = json_get_int(host, "CpuPeriod", 0),
	};

	if (!needs_swarm_id_says_weight(c->swarm_id))
		cpu.shares = needs_shares_from_engine(
			json_get_int(host, "CpuShares", 0), view->engine_cpus);
	c->nano_cpus = needs_nano_cpus(&cpu);
	c->memory_bytes = needs_memory(
		json_get_int(host, "Memory", 0), json_get_int(host, "MemoryReservation", 0));
}

static void set_host_config(
	struct container *c, yyjson_val *host, const struct container_view *view)
{
	container_set_interned(&c->network_mode, json_get_str(host, "NetworkMode", ""));
	c->host_network = strcmp(c->network_mode, "host") == 0;
	c->auto_remove = json_get_bool(host, "AutoRemove", false);
	set_resources(c, host, view);
}

/* Shifted by whole seconds, as the list entry is, so that both agree. */
static void set_created(struct container *c, yyjson_val *inspect, const struct container_view *view)
{
	int64_t ns = read_shifted(inspect, "Created", view->clock_shift_ns / NS_PER_S * NS_PER_S);

	if (ns)
		c->created_ns = ns;
}

/* Until the list entry comes, which says the image as it is shown. */
static void set_identity(
	struct container *c, yyjson_val *inspect, const struct container_view *view)
{
	if (!c->entry) {
		container_set_interned(
			&c->image, json_get_str(json_get_obj(inspect, "Config"), "Image", ""));
		container_set_interned(&c->image_id, json_get_str(inspect, "Image", ""));
	}
	set_created(c, inspect, view);
}

bool container_set_inspect(struct container *c, yyjson_val *inspect,
	const struct container_view *view, struct error *err)
{
	const char *id = json_get_str(inspect, "Id", "");
	yyjson_val *settings = json_get_obj(inspect, "NetworkSettings");

	if (!container_id_is_valid(id))
		return error_set(err, ERROR_PROTOCOL, "container of the engine without Id");
	snprintf(c->id, sizeof(c->id), "%s", id);
	set_identity(c, inspect, view);
	set_name(c, json_get_str(inspect, "Name", ""));
	set_state(c, json_get_obj(inspect, "State"), view);
	container_set_labels(c, json_get_obj(json_get_obj(inspect, "Config"), "Labels"));
	set_host_config(c, json_get_obj(inspect, "HostConfig"), view);
	set_ports(c, inspect);
	c->tty = json_get_bool(json_get_obj(inspect, "Config"), "Tty", false);
	container_set_networks(c, json_get_obj(settings, "Networks"));
	container_set_mounts(c, json_get_arr(inspect, "Mounts"));
	free(c->blueprint);
	c->blueprint =
		blueprint_is_wanted(&c->labels) ? blueprint_from_inspect(inspect, view) : NULL;
	service_facts_destroy(c->services);
	c->services = view->keeps_services ? service_facts_from_inspect(inspect) : NULL;
	c->inspected = true;
	return true;
}
