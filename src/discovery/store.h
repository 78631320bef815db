/*
 * discovery/store.h - members in a store (consul://, etcd://, zk://); for discovery/ only.
 *
 * Layout and values are those of classic Swarm: under the prefix of the
 * URL and kv.path, one entry a member, whose value is its address.  Only values count; what is no
 * address is skipped and logged by its key.  Watching writes nothing.
 */
#pragma once

#include "discovery/discovery.h"

bool store_check(const struct discovery_url *url, const struct strv *options, struct error *err);
struct discovery *store_create(const struct discovery_config *config);
struct registration *store_enroll(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, const struct registration_config *config, struct error *err);

/* The addresses among entries, in their order; ret_bad gets "key: why" of what is none.  Empty
 * values are in neither: a classic agent writes one before it writes its address. */
struct kv_entries;
void store_read_members(
	const struct kv_entries *entries, struct strv *ret_members, struct strv *ret_bad);
