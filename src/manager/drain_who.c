/*
 * manager/drain_who.c - which containers may leave a drained node, and why others stay.
 */
#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/engine.h"
#include "docker/policy.h"
#include "manager/drain_private.h"

#define SHARED_NETWORK "container:"

static bool shares_network(const struct container *c)
{
	if (str_starts_with(c->network_mode, SHARED_NETWORK))
		return true;
	for (size_t i = 0; i < c->engine->containers_count; i++) {
		const char *mode = c->engine->containers[i]->network_mode;

		if (str_starts_with(mode, SHARED_NETWORK) &&
			strcmp(mode + strlen(SHARED_NETWORK), c->id) == 0)
			return true;
	}
	return false;
}

/* What has a name that somebody gave it. */
static bool has_named_volume(const struct container *c)
{
	for (size_t i = 0; i < c->mounts_count; i++) {
		const struct container_mount *m = &c->mounts[i];

		if (strcmp(m->type, "volume") == 0 && !id_is_hex(m->name, ID_HEX_LEN))
			return true;
	}
	return false;
}

const char *drain_why_it_stays(const struct container *c)
{
	if (!c->blueprint)
		return "no reschedule policy";
	if (has_named_volume(c) && !policy_begins_afresh(&c->labels))
		return "named volume";
	return shares_network(c) ? "shared network" : NULL;
}

bool drain_may_leave(const struct container *c)
{
	return c->state != CONTAINER_PENDING && c->state != CONTAINER_REMOVING &&
	       *container_name(c) && !drain_why_it_stays(c);
}

bool drain_may_overlap(const struct container *c)
{
	static const char *const addresses[] = { "\"IPv4Address\":\"", "\"IPv6Address\":\"",
		"\"MacAddress\":\"" };

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		if (strstr(c->blueprint, addresses[i]))
			return false;
	}
	return policy_of(&c->labels) != POLICY_AT_MOST_ONCE;
}
