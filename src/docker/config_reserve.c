/*
 * docker/config_reserve.c - the reservation that a create request makes on an engine.
 */
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "docker/config.h"
#include "docker/container_facts.h"

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

/* Named volumes: whoever comes next finds them where they will be. */
static void reserve_volumes(struct container *reserved, const struct strv *names)
{
	reserved->mounts = xcalloc(names->count + 1, sizeof(*reserved->mounts));
	for (size_t i = 0; i < names->count && i < UINT16_MAX; i++)
		reserved->mounts[reserved->mounts_count++] = (struct container_mount){
			.type = intern("volume"),
			.name = intern(names->items[i]),
			.destination = intern(""),
			.driver = intern(""),
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
	reserve_volumes(reserved, &c->volumes);
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
