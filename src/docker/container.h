/*
 * docker/container.h - a container at rest: one compact record, no trees.
 *
 * The fields that placement, look-up and list filters need, repeated strings interned, and the
 * engine's own list entry as text with holes for what is computed when somebody asks: Names,
 * State, Status; and Labels, which would lie here twice.  Port addresses and Created are fixed when
 * the entry is stored.
 *
 * Facts come from two answers of the engine: the list entry and the inspect document.  A PENDING
 * record is a reservation made by placing: it has no id and no entry, is hidden from lists, and
 * holds its name, ports and resources.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "base/strv.h"
#include "docker/label.h"
#include "docker/port.h"
#include "docker/version.h"

struct service_facts;
struct engine; /* only a pointer here; cluster/ knows it */

enum container_state {
	CONTAINER_PENDING, /* reserved, not made yet */
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_RESTARTING,
	CONTAINER_REMOVING,
	CONTAINER_EXITED,
	CONTAINER_DEAD,
};

enum container_health {
	HEALTH_NONE,
	HEALTH_STARTING,
	HEALTH_HEALTHY,
	HEALTH_UNHEALTHY,
};

struct container_network {
	const char *name, *network_id, *endpoint_id; /* interned; "" when unknown */
	const char *mac, *ipv4, *ipv6;               /* interned; "" ; addresses without length */
	uint8_t ipv4_len, ipv6_len;
};

struct container_mount {
	const char *type, *name, *destination, *driver; /* interned; "" when absent */
	const char *source; /* interned; of what has no name: a path of the host */
};

struct container {
	char id[65];           /* "" while pending */
	char swarm_id[65];     /* label com.docker.swarm.id; "" when none */
	struct engine *engine; /* borrowed: the engine whose list holds it */
	size_t position;       /* in the engine's array; private to cluster/ */

	const char **names; /* owned array of owned strings with leading '/', the first is the name;
			       link aliases follow */
	uint16_t names_count;
	uint8_t state;  /* enum container_state */
	uint8_t health; /* enum container_health */
	bool inspected; /* the facts below "from inspect" are known */
	bool auto_remove;
	bool host_network;     /* NetworkMode is host */
	bool labels_are_plain; /* need no escape in JSON */
	bool tty;              /* from inspect: its output is no multiplexed stream */
	int32_t exit_code;
	int32_t failing_streak; /* of health checks, when inspected last */

	const char *image;        /* interned, as in the list entry */
	const char *image_id;     /* interned */
	const char *network_mode; /* interned */
	struct labels labels;
	int64_t created_ns;  /* engine time, shifted by the clock difference; whole seconds until it
				is  inspected */
	int64_t place_ns;    /* private to cluster/find_container.c: created_ns, unless it changed
				while    somebody walked */
	bool placed;         /* likewise: place_ns is set */
	int64_t started_ns;  /* from inspect; 0 = never */
	int64_t finished_ns; /* from inspect; 0 = not yet */

	/* From inspect (or from the create request while pending): what it holds. */
	int64_t nano_cpus;
	int64_t memory_bytes;
	struct port_use *ports; /* requested bindings and actual ports */
	uint16_t ports_count;
	struct port_use *exposed; /* host network only: ports it listens on, as container ports */
	uint16_t exposed_count;

	struct container_network *networks;
	struct container_mount *mounts;
	uint16_t networks_count, mounts_count;

	char *blueprint; /* owned; of a container that may move (docker/blueprint.h), else NULL */
	struct service_facts *services; /* owned; NULL: nobody registers services, or it does not
					   run */

	char *entry; /* owned; the list entry with holes; NULL while pending */
	uint32_t entry_len;
	/* Holes: text is inserted at these offsets, which come in any order. */
	uint32_t names_at, state_at, status_at;
	uint32_t labels_at; /* 0: they stand in the text, because not all are strings */

	/* Private to cluster/: where it stands in the look-up, which refresh told the newest facts,
	 * and which one the newest inspect. */
	struct list by_prefix, by_swarm_prefix;
	uint64_t seen, read;
};

struct container *container_create(void) must_check;
void container_destroy(struct container *c);

/* Its first name is this one, with or without '/'; aliases stay. */
void container_rename(struct container *c, const char *name);

/* How the engine's facts are turned into the manager's. */
struct container_view {
	const char *engine_ip;  /* replaces 0.0.0.0, :: in published ports; an IP literal or NULL
				   (leave) */
	int64_t clock_shift_ns; /* manager minus engine, 0 when below 2 s */
	int64_t engine_cpus;    /* to read CpuShares back as CPUs */
	bool keeps_services;    /* services are registered: what that needs is kept */
};
/* Replace everything that the list entry tells.  Keys that nobody here knows stay in the text.
 * Fails on a shape that is no list entry (no Id). */
bool container_set_entry(struct container *c, yyjson_val *entry, const struct container_view *view,
	struct error *err);
/* Replace everything that inspect tells (and the names, labels, networks and state it shares with
 * the entry). */
bool container_set_inspect(struct container *c, yyjson_val *inspect,
	const struct container_view *view, struct error *err);

/* Derived. */
const char *container_name(const struct container *c); /* first name without '/', "" when none */
/* ERROR_CONFLICT in the engine's words, which clients look for: the name is this container's, or
 * that of one that is being made.  Returns false. */
bool container_name_conflict(const struct container *c, const char *name, struct error *err);
bool container_is_running(const struct container *c);         /* running, paused or restarting */
const char *container_state_text(const struct container *c);  /* "running", ... */
const char *container_health_text(const struct container *c); /* "none", ... */
bool container_health_parse(const char *s, enum container_health *ret);
/* "Up 5 minutes (healthy)". */
void container_write_status(struct strbuf *sb, const struct container *c, int64_t now_ns);

/* One object of GET /containers/json. */
struct container_listing {
	const char *node_name;
	const char *node_ip; /* for labels of containers on the host's network; NULL: none */
	bool host_down;      /* the engine is not healthy: Status is "Host Down" */
	struct api_version
		version; /* of the client: from 1.52 on Names holds "/name" beside "/node/name" */
	int64_t now_ns;
};
void container_write_entry(
	struct strbuf *sb, const struct container *c, const struct container_listing *l);
