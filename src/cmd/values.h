/*
 * cmd/values.h - what option values mean; no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"
#include "docker/version.h"

/* A duration of the option --name; "invalid --name: <reason>". */
bool value_duration(const char *name, const char *text, int64_t *ret_ns, struct error *err);
/* Rounded up, so that a short time never becomes none. */
int64_t value_ns_to_ms(int64_t ns);
/* A size in bytes, as engines take them: "65536", "512m", "2g"; units of 1024. */
bool value_size(const char *name, const char *text, uint64_t *ret, struct error *err);
/* The same of memory for this process: at least 16m. */
bool value_bytes(const char *name, const char *text, size_t *ret, struct error *err);
/* --heartbeat of join and manage: at least one second. */
bool value_heartbeat(const char *text, int64_t *ret_ns, struct error *err);
/* Address that others are told: "--advertise should be of the form ip:port or hostname:port". */
bool value_advertise(const char *text, struct error *err);
/* "--discovery-opt must contain key=value strings". */
bool value_discovery_options(const struct strv *options, struct error *err);
/* An IP address as --name, or a name of this host where those are allowed; "*" and "" give "", all
 * addresses.  The result is the caller's. */
bool value_ip(const char *name, const char *text, bool may_resolve, char **ret, struct error *err);
/* An address of -H: "unsupported protocol: \"x\"", "address X: missing port in address". */
bool value_host(const char *text, struct error *err);
/* The first of them that others can reach by TCP, as an IP literal; "" for all addresses; caller
 * frees. */
bool value_listening_ip(const struct strv *hosts, char **ret, struct error *err);

struct cluster_options {
	double overcommit;              /* > -1; 0.05 */
	uint32_t create_retry;          /* 0 */
	struct api_version api_version; /* the newest offered to clients; API_VERSION_MAX */
	const char *together; /* "KEY,KEY!" of sched_keep_together, '!' for hard; "" ; in options */
	bool volumes_everywhere;
	double reschedule_share; /* 0 to 1; 0.5 */
};
/* Of all of them, for the help. */
extern const char *const value_cluster_option_lines[];
/* "key=value" each; of a repeated key the first counts.  Unknown keys are errors. */
bool value_cluster_options(
	const struct strv *options, struct cluster_options *ret, struct error *err);

/*
 * The <discovery> argument of a command: the only word, else $SWARM_DISCOVERY.
 * Errors: "discovery required to <purpose>. See 'N command --help'.", and more than one word.
 */
struct invocation;
bool value_discovery(const struct invocation *in, const struct strv *words, const char *purpose,
	const char **ret_text, struct error *err);
