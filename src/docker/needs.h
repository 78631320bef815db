/*
 * docker/needs.h - what a container asks of its host, computed alike for the create request and
 * for the inspect document of an existing one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "docker/port.h"

#define NANO_PER_CPU INT64_C(1000000000)
/* More than any host has (35184 CPUs, 32 TiB), and so little that 262143 containers of one engine
 * can ask for it and their sum is still a number. */
#define NEEDS_MAX (INT64_MAX >> 18)

struct cpu_request {
	int64_t nano_cpus, quota_us, period_us;
	int64_t shares; /* a number of CPUs; 0 for none, and when they are a weight */
};

/* NanoCpus, else quota by period, else shares; never negative, at most NEEDS_MAX. */
int64_t needs_nano_cpus(const struct cpu_request *r);
/* Memory, else the reservation; never negative, at most NEEDS_MAX. */
int64_t needs_memory(int64_t memory_bytes, int64_t reservation_bytes);
/*
 * Shares are a number of CPUs, up to that of the largest engine.  More is an engine's own weight:
 * it is passed as it is and reserves nothing.  An engine's list tells both as weights, so the swarm
 * id of a container says which it was: a label of its own would be shown, and be inherited by
 * images that are committed from the container.
 */
bool needs_shares_are_weight(int64_t shares, int64_t most_cpus);
bool needs_swarm_id_says_weight(const char *swarm_id);
/* swarm_id has 64 digits. */
void needs_swarm_id_say_weight(char *swarm_id);
/* A number of CPUs as the engine's weight, ceil(n * 1024 / cpus), and back. */
int64_t needs_shares_to_engine(int64_t shares, int64_t engine_cpus);
int64_t needs_shares_from_engine(int64_t weight, int64_t engine_cpus);
/* One binding: the host's address and port as written.  False when the port is none; address is
 * interned on success. */
bool needs_binding(struct port_use *ret, enum port_protocol protocol, const char *host_ip,
	const char *host_port);
/* A key of ExposedPorts. */
bool needs_exposed(struct port_use *ret, const char *key);
