/* manager/publish_ports.c - ports of a container that is about to be made. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "cluster/cluster.h"
#include "manager/manager.h"
#include "manager/placing.h"
#include "manager/publish_private.h"
#include "net/local.h"

enum { LOOK_TIMEOUT_MS = 30 * 1000 };

static bool is_relayed(const struct publish *p, const struct container_config *config)
{
	return p && !config->host_network && publish_relays(p, &config->labels);
}

/* --- choosing --- */

/* A bit for each port that some container of the pool has, or will have when it runs. */
struct taken_ports {
	struct publish *publish;
	uint8_t bits[2][(UINT16_MAX + 1) / 8]; /* PORT_TCP, PORT_UDP */
};

static void take(struct taken_ports *taken, const struct port_use *uses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (uses[i].protocol > PORT_UDP)
			continue;
		for (uint32_t port = uses[i].first; port && port <= uses[i].last; port++)
			taken->bits[uses[i].protocol][port / 8] |= (uint8_t)(1 << port % 8);
	}
}

static void take_all(struct taken_ports *taken, const struct container_config *config)
{
	struct engine *e;

	take(taken, config->ports, config->ports_count);
	cluster_each (e, taken->publish->manager->cluster, CLUSTER_ALL) {
		for (size_t i = 0; i < e->containers_count; i++) {
			const struct container *c = e->containers[i];

			take(taken, c->ports, c->ports_count);
			take(taken, c->exposed, c->exposed_count);
		}
	}
}

static uint16_t next_port(struct publish *p)
{
	p->chosen = p->chosen >= p->config.last ? p->config.first : (uint16_t)(p->chosen + 1);
	return p->chosen;
}

/* Also by a program of this host. */
static bool is_taken(const struct taken_ports *taken, enum port_protocol protocol, uint16_t port)
{
	const char *host = taken->publish->config.host;

	return taken->bits[protocol][port / 8] & 1 << port % 8 ||
	       !local_can_bind(*host ? host : "0.0.0.0", port,
		       protocol == PORT_UDP ? LOCAL_UDP : LOCAL_TCP);
}

/* Onward from the latest, so that what was given and is not seen yet is not given again. */
static uint16_t choose(void *arg, enum port_protocol protocol)
{
	struct taken_ports *taken = arg;
	struct publish *p = taken->publish;

	if (protocol > PORT_UDP)
		return 0;
	for (uint32_t i = p->config.first; i <= p->config.last; i++) {
		uint16_t port = next_port(p);

		if (!is_taken(taken, protocol, port))
			return port;
	}
	return 0; /* none is left: the engine finds one of its own */
}

void publish_choose(struct publish *p, struct container_config *config)
{
	struct taken_ports taken = { .publish = p };

	if (!is_relayed(p, config) || !p->config.first || !config->ports_count)
		return;
	take_all(&taken, config);
	config_choose_ports(config, choose, &taken);
}

/* --- all that the image exposes --- */

bool publish_needs_image(const struct publish *p, const struct container_config *config)
{
	return config->publishes_all && is_relayed(p, config) && p->config.first;
}

void publish_ask_image(struct call *call, const struct placing *placing, struct task *waiter)
{
	const struct remote *remote = &placing->engine->remote;
	auto_strbuf struct strbuf image = STRBUF_INIT;

	uri_encode_path(&image, placing->config.image);
	remote_call_init(call, remote, (struct api_version){ 0 }, "GET", "/images/%s/json",
		image.len ? image.buf : "");
	call->mode = CALL_JSON;
	call->head_timeout_ms = LOOK_TIMEOUT_MS;
	remote_send(call, remote, waiter);
}

void publish_learn_image(
	struct publish *p, const struct call *call, struct container_config *config)
{
	yyjson_val *image = yyjson_doc_get_root(call->json);

	if (!image || !publish_needs_image(p, config))
		return;
	config_bind_exposed(config, json_get_obj(json_get_obj(image, "Config"), "ExposedPorts"));
	publish_choose(p, config);
}

/* --- what another has --- */

/* Ports of one node are the engine's to refuse. */
static const struct container *find_other(
	const struct publish *p, const struct engine *e, const struct port_use *wanted)
{
	struct engine *other;

	cluster_each (other, p->manager->cluster, CLUSTER_HEALTHY) {
		for (size_t i = 0; other != e && i < other->containers_count; i++) {
			const struct container *c = other->containers[i];

			if (c->host_network || !publish_relays(p, &c->labels))
				continue;
			for (size_t k = 0; k < c->ports_count; k++) {
				if (c->ports[k].protocol == wanted->protocol &&
					c->ports[k].first == wanted->first &&
					c->ports[k].last == wanted->last)
					return c;
			}
		}
	}
	return NULL;
}

void publish_warn(const struct publish *p, const struct engine *e,
	const struct container_config *config, struct strv *warnings)
{
	for (size_t i = 0; is_relayed(p, config) && i < config->ports_count; i++) {
		const struct port_use *use = &config->ports[i];
		const struct container *other;

		if (!use->first || use->first != use->last || use->protocol > PORT_UDP)
			continue;
		other = find_other(p, e, use);
		if (!other || strcmp(other->swarm_id, config->swarm_id) == 0)
			continue;
		strv_take(warnings,
			xasprintf("Port %u/%s of the manager leads to container %s on node %s, "
				  "which has it already; this container answers at its node %s "
				  "only, or publish another port",
				use->first, use->protocol == PORT_UDP ? "udp" : "tcp",
				container_name(other), other->engine->name, e->name));
	}
}
