/*
 * discovery/store.h - members in a store (consul://, etcd://, zk://); for discovery/ only.
 *
 * Layout and values are those of classic Swarm (cli-discovery-ha.md 3): under the prefix of the
 * URL and kv.path, one entry a member, whose value is its address.  Only values count; what is no
 * address is skipped and logged by its key.  Watching writes nothing.
 */
#pragma once

#include "discovery/backend.h"

bool store_check_consul(const char *rest, const struct strv *options, struct error *err);
bool store_check_etcd(const char *rest, const struct strv *options, struct error *err);
bool store_check_zk(const char *rest, const struct strv *options, struct error *err);
struct discovery *store_create(const struct discovery_config *config);
struct registration *store_enroll_consul(struct loop *loop, const char *rest,
	const struct strv *options, const struct registration_config *config, struct error *err);
struct registration *store_enroll_etcd(struct loop *loop, const char *rest,
	const struct strv *options, const struct registration_config *config, struct error *err);
struct registration *store_enroll_zk(struct loop *loop, const char *rest,
	const struct strv *options, const struct registration_config *config, struct error *err);

/* The addresses among entries, in their order; ret_bad gets "key: why" of what is none.  Empty
 * values are in neither: a classic agent writes one before it writes its address. */
struct kv_entries;
void store_read_members(
	const struct kv_entries *entries, struct strv *ret_members, struct strv *ret_bad);
