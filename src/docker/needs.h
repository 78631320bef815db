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
	int64_t shares; /* a number of CPUs */
};

/* NanoCpus, else quota by period, else shares; never negative, at most NEEDS_MAX. */
int64_t needs_nano_cpus(const struct cpu_request *r);
/* Memory, else the reservation; never negative, at most NEEDS_MAX. */
int64_t needs_memory(int64_t memory_bytes, int64_t reservation_bytes);
/* A number of CPUs as the engine's weight, ceil(n * 1024 / cpus), and back. */
int64_t needs_shares_to_engine(int64_t shares, int64_t engine_cpus);
int64_t needs_shares_from_engine(int64_t weight, int64_t engine_cpus);
/* One binding: the host's address and port as written.  False when the port is none; address is
 * interned on success. */
bool needs_binding(struct port_use *ret, enum port_protocol protocol, const char *host_ip,
	const char *host_port);
/* A key of ExposedPorts. */
bool needs_exposed(struct port_use *ret, const char *key);
