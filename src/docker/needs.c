/*
 * docker/needs.c - CPUs, memory and ports of a container.
 */
#include "docker/needs.h"

#include <assert.h>
#include <string.h>

#include "base/id.h"
#include "base/intern.h"
#include "base/util.h"
#include "docker/container_facts.h"

#define SHARES_PER_CPU        1024
#define DEFAULT_CPU_PERIOD_US 100000

/* a * b / c, rounded down and at most INT64_MAX; a, b >= 0, c > 0.  Whole parts first, so that only
 * what is really too large saturates (and no type wider than 64 bits is needed). */
static int64_t scale(int64_t a, int64_t b, int64_t c)
{
	int64_t whole, rest;

	if (__builtin_mul_overflow(a / c, b, &whole) || __builtin_mul_overflow(a % c, b, &rest) ||
		__builtin_add_overflow(whole, rest / c, &whole))
		return INT64_MAX;
	return whole;
}

static int64_t asked_nano_cpus(const struct cpu_request *r)
{
	if (r->nano_cpus > 0)
		return r->nano_cpus;
	if (r->quota_us > 0)
		return scale(r->quota_us, NANO_PER_CPU,
			r->period_us > 0 ? r->period_us : DEFAULT_CPU_PERIOD_US);
	if (r->shares > 0)
		return scale(r->shares, NANO_PER_CPU, 1);
	return 0;
}

int64_t needs_nano_cpus(const struct cpu_request *r)
{
	return min_of(asked_nano_cpus(r), NEEDS_MAX);
}

int64_t needs_memory(int64_t memory_bytes, int64_t reservation_bytes)
{
	int64_t asked = memory_bytes > 0 ? memory_bytes : reservation_bytes;

	return min_of(max_of(asked, INT64_C(0)), NEEDS_MAX);
}

bool needs_shares_are_weight(int64_t shares, int64_t most_cpus)
{
	return shares > most_cpus;
}

/* Of 2^48 ids made at random one ends so. */
static const char weight_mark[] = "3e1647000000";

bool needs_swarm_id_says_weight(const char *swarm_id)
{
	size_t len = strlen(swarm_id);

	return len == ID_HEX_LEN && strcmp(swarm_id + len - strlen(weight_mark), weight_mark) == 0;
}

void needs_swarm_id_say_weight(char *swarm_id)
{
	assert(strlen(swarm_id) == ID_HEX_LEN);
	memcpy(swarm_id + ID_HEX_LEN - strlen(weight_mark), weight_mark, strlen(weight_mark));
}

int64_t needs_shares_to_engine(int64_t shares, int64_t engine_cpus)
{
	int64_t weight;

	if (shares <= 0 || engine_cpus <= 0)
		return shares;
	weight = scale(shares, SHARES_PER_CPU, engine_cpus);
	/* rounded up: asked for something, never given less */
	if (weight < INT64_MAX && (shares % engine_cpus) * SHARES_PER_CPU % engine_cpus != 0)
		weight++;
	return weight;
}

int64_t needs_shares_from_engine(int64_t weight, int64_t engine_cpus)
{
	if (weight <= 0 || engine_cpus <= 0)
		return 0;
	return scale(weight, engine_cpus, SHARES_PER_CPU);
}

bool needs_binding(struct port_use *ret, enum port_protocol protocol, const char *host_ip,
	const char *host_port)
{
	uint16_t first, last;

	if (!port_range_parse(host_port, &first, &last))
		return false;
	*ret = (struct port_use){
		.protocol = (uint8_t)protocol,
		.first = first,
		.last = last,
		.any_address = !*host_ip || container_ip_is_unspecified(host_ip),
		.address = intern(host_ip),
	};
	return true;
}

bool needs_exposed(struct port_use *ret, const char *key)
{
	enum port_protocol protocol;
	uint16_t first, last;

	if (!port_parse(key, &first, &last, &protocol))
		return false;
	*ret = (struct port_use){
		.protocol = (uint8_t)protocol,
		.first = first,
		.last = last,
		.inside = first,
		.any_address = true,
		.address = intern(""),
	};
	return true;
}
