/*
 * docker/label.h - key=value pairs of engines, containers, images, networks and volumes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <yyjson.h>

struct label {
	const char *key, *value; /* interned */
};

struct labels {
	struct label *items; /* owned; in the order received */
	size_t count;
};

void labels_finish(struct labels *l);
void labels_copy(struct labels *to, const struct labels *from);
void labels_add(struct labels *l, const char *key, const char *value);
/* For many: room for so many more, and one that takes of it. */
void labels_reserve(struct labels *l, size_t more);
void labels_append(struct labels *l, const char *key, const char *value);
void labels_set(struct labels *l, const char *key, const char *value); /* replaces, or appends */
void labels_sort(struct labels *l);                                    /* by key */
/* NULL when absent; of a key that came twice the last counts, as for every Docker client. */
const char *labels_get(const struct labels *l, const char *key);
/* The same by an interned key (intern_find). */
const char *labels_find(const struct labels *l, const char *key);
/* From a JSON object of strings, appended (null gives none; a null value is ""). */
void labels_from_json(struct labels *l, yyjson_val *object);
/* A filter value: "key" (present) or "key=value" (equal). */
bool labels_match(const struct labels *l, const char *filter);

/* Labels with a meaning of their own; the names are those of classic Swarm. */
#define LABEL_SWARM_ID    "com.docker.swarm.id"
#define LABEL_AFFINITIES  "com.docker.swarm.affinities"
#define LABEL_CONSTRAINTS "com.docker.swarm.constraints"
#define LABEL_WHITELISTS  "com.docker.swarm.whitelists"
#define LABEL_RESCHEDULE  "com.docker.swarm.reschedule-policies"
/* Whether a container with named volumes may be made anew without what is in them. */
#define LABEL_RESCHEDULE_VOLUMES "com.docker.swarm.reschedule-volumes"
#define RESCHEDULE_VOLUMES_FRESH "fresh"
/* How often a container was made anew on another node: of two copies the higher one counts. */
#define LABEL_EPOCH    "com.docker.swarm.reschedule.epoch"
#define LABEL_PRIORITY "com.docker.swarm.priority"
/* How many nodes a local volume is made on: one, unless the value says so. */
#define LABEL_VOLUMES      "com.docker.swarm.volumes"
#define VOLUMES_EVERY_NODE "every-node"
/* The project of Compose, the session of Testcontainers that something belongs to. */
#define LABEL_COMPOSE_PROJECT "com.docker.compose.project"
#define LABEL_TESTCONTAINERS  "org.testcontainers.sessionId"
/* Whether the published ports of a container answer at the manager, whatever its own rule. */
#define LABEL_RELAY "com.docker.swarm.relay"
/* Shown, but not at rest: of containers on their node's network, which have no address of their
 * own.
 */
#define LABEL_NODE_NAME "com.docker.swarm.node.name"
#define LABEL_NODE_ADDR "com.docker.swarm.node.addr"
/* Of networks that spread over engines (docker/objects.h); our own. */
#define LABEL_NETWORK_ID   "com.docker.swarm.network.id"
#define LABEL_NETWORK_IPAM "com.docker.swarm.network.ipam"
