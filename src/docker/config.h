/*
 * docker/config.h - the body of POST /containers/create.
 *
 * The document is kept whole and edited in place, so that fields nobody here knows reach the
 * engine. What decides about placement is read out once.  Expressions are moved from Env to labels
 * when the config is parsed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "base/strv.h"
#include "docker/container.h"
#include "docker/label.h"
#include "docker/needs.h"
#include "docker/port.h"

struct container_config {
	yyjson_mut_doc *doc; /* owned */
	char *name;          /* owned; wanted name without '/', "" for none */
	char *platform;      /* owned; "linux/arm64" from the query, "" for none */
	const char *image;   /* in doc */
	char swarm_id[65];   /* "" until config_set_swarm_id, unless the request brought one */
	struct strv affinities, constraints, whitelists, policies;
	struct labels labels; /* including those written for the expressions */

	int64_t nano_cpus; /* see docs: NanoCpus, else quota/period, else CpuShares as a number of
			      CPUs */
	int64_t memory_bytes;   /* Memory, else MemoryReservation */
	struct cpu_request cpu; /* as in the request */
	bool shares_are_weight; /* see config_weigh_shares */
	struct port_use *ports; /* PortBindings */
	char **port_texts;      /* the host port of each as written, for error texts; may be "" */
	size_t ports_count;
	bool publishes_all;       /* PublishAllPorts, and config_bind_exposed was not called yet */
	struct port_use *exposed; /* ExposedPorts */
	char **exposed_texts;     /* "80/tcp" */
	size_t exposed_count;
	bool host_network;
	struct strv volumes_from, links; /* as written */
	const char *network_mode;        /* in doc; "" when absent */
	struct strv
		shared_namespaces; /* "container:x" of NetworkMode, IpcMode, PidMode, as written */
	struct strv volumes;       /* named volumes of Binds and Mounts */
	struct strv networks;      /* keys of EndpointsConfig */
	bool auto_remove;
};

/* Engines' words for a document that says nothing of what is to run. */
#define CONFIG_TEXT_EMPTY "config cannot be empty in order to create a container"

/* Parse and check.  Texts: CONFIG_TEXT_EMPTY for `null`; JSON_TEXT_EMPTY for an empty body; "too
 * many reschedule policies", "invalid reschedule policy: x". */
bool config_parse(struct container_config *ret, const char *body, size_t len, const char *name,
	const char *platform, struct error *err);
/* It says nothing beside what is about the host and networks: engines refuse that. */
bool config_is_empty(const struct container_config *c);
void config_finish(struct container_config *c);
/* Unless the request has it. */
void config_add_label(struct container_config *c, const char *key, const char *value);
/* In any case. */
void config_set_label(struct container_config *c, const char *key, const char *value);
void config_set_swarm_id(struct container_config *c, const char *id);
/* Replace a name in VolumesFrom, Links, "container:" modes by what the engine knows (the
 * dependency's full id). */
void config_resolve_dependency(
	struct container_config *c, const char *written, const char *engine_name);
/* NetworkMode and EndpointsConfig keys "node/net" -> "net". */
void config_rename_network(struct container_config *c, const char *from, const char *to);
/* A number of choose(arg, protocol), 0 for none, to each binding that leaves the host's port to the
 * engine. */
void config_choose_ports(struct container_config *c,
	uint16_t (*choose)(void *arg, enum port_protocol protocol), void *arg);
/* What PublishAllPorts means, said in full: a binding, with the port left to the engine, for each
 * port that is exposed here or by the image, whose ExposedPorts these are. */
void config_bind_exposed(struct container_config *c, yyjson_val *of_image);
/* True with what every engine refuses here, whatever its size, in its words: references that are
 * none and memory that contradicts itself.  An engine says so itself; this is for when none is
 * found. */
bool config_refusal(const struct container_config *c, struct error *err);
bool config_has_node_constraint(const struct container_config *c); /* hard node== */
/* HostConfig.CpuShares is a weight (docker/needs.h) when it is more than the CPUs of any engine,
 * or when its swarm id says so. */
void config_weigh_shares(struct container_config *c, int64_t most_cpus);
/* What an engine with that many CPUs is asked, a copy: CpuShares = ceil(n * 1024 / cpus) when n >
 * 0.
 */
yyjson_mut_doc *config_document(const struct container_config *c, int64_t engine_cpus) must_check;
/* A PENDING container with the name, labels, ports and resources of the config. */
struct container *config_reserve(const struct container_config *c) must_check;
/* "constraint:x==y" entries of an environment-like list go to the matching list (also for build
 * arguments). */
bool config_split_expression(const char *env, struct strv *affinities, struct strv *constraints,
	struct strv *whitelists, struct strv *policies);
