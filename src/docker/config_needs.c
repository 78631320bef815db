/*
 * docker/config_needs.c - what a container needs: resources, ports, and what must be beside it.
 */
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "docker/config.h"
#include "docker/config_private.h"
#include "docker/needs.h"

/* --- resources --- */

/* Requests older than HostConfig had these at the top; what is there wins. */
void config_move_legacy_resources(struct container_config *c, struct config_reader *r)
{
	static const char *const numbers[] = { "Memory", "MemorySwap", "CpuShares" };
	yyjson_mut_val *root = config_root(c);
	const char *cpuset = config_read_str(r, root, "", "Cpuset");

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int64_t n = config_read_int(r, root, "", numbers[i]);

		yyjson_mut_obj_remove_key(root, numbers[i]);
		if (n != 0)
			config_put(c->doc, config_ensure_object(c, root, "HostConfig"), numbers[i],
				yyjson_mut_sint(c->doc, n));
	}
	yyjson_mut_obj_remove_key(root, "Cpuset");
	if (*cpuset)
		config_put(c->doc, config_ensure_object(c, root, "HostConfig"), "CpusetCpus",
			yyjson_mut_str(c->doc, cpuset));
}

void config_read_resources(
	struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
{
	c->cpu = (struct cpu_request){
		.nano_cpus = config_read_int(r, host, "HostConfig.", "NanoCpus"),
		.quota_us = config_read_int(r, host, "HostConfig.", "CpuQuota"),
		.period_us = config_read_int(r, host, "HostConfig.", "CpuPeriod"),
		.shares = config_read_int(r, host, "HostConfig.", "CpuShares"),
	};
	int64_t memory = config_read_int(r, host, "HostConfig.", "Memory");

	c->nano_cpus = needs_nano_cpus(&c->cpu);
	c->memory_bytes =
		needs_memory(memory, config_read_int(r, host, "HostConfig.", "MemoryReservation"));
}

/* --- ports --- */

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

void config_read_ports(struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
{
	struct port_reader p = { .json = r, .config = c };
	yyjson_mut_val *bindings = config_read_object(r, host, "HostConfig.", "PortBindings"), *key;
	yyjson_mut_obj_iter iter;

	c->publishes_all = config_read_bool(r, host, "HostConfig.", "PublishAllPorts");
	yyjson_mut_obj_iter_init(bindings, &iter);
	while (!r->failed && (key = yyjson_mut_obj_iter_next(&iter)))
		read_bindings(&p, yyjson_mut_get_str(key), yyjson_mut_obj_iter_get_val(key));
}

void config_read_exposed(struct container_config *c, struct config_reader *r)
{
	yyjson_mut_val *exposed = config_read_object(r, config_root(c), "", "ExposedPorts"), *key;
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

/* --- neighbours: namespaces, volumes, networks --- */

void config_read_namespaces(
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
void config_read_binds(struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
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

void config_read_mounts(struct container_config *c, struct config_reader *r, yyjson_mut_val *host)
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
	yyjson_mut_val *networking = config_read_object(r, config_root(c), "", "NetworkingConfig");

	return config_read_object(r, networking, "NetworkingConfig.", "EndpointsConfig");
}

void config_read_networks(struct container_config *c, struct config_reader *r)
{
	yyjson_mut_val *key, *endpoints = endpoints_of(c, r);
	yyjson_mut_obj_iter iter;

	yyjson_mut_obj_iter_init(endpoints, &iter);
	while ((key = yyjson_mut_obj_iter_next(&iter)))
		strv_add(&c->networks, yyjson_mut_get_str(key));
}
