/*
 * kv/consul_answer.h - what Consul says, as data; no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "kv/entries.h"

/* The lock marker that every write to a member or leader key carries: classic managers refuse keys
 * with other flags. */
#define CONSUL_FLAGS "3304740253564472344"

/*
 * The array of GET /v1/kv/DIR/?recurse.  Keys of entries are what follows directory and a slash;
 * markers of folders and what is outside of directory do not count.
 */
bool consul_parse_entries(
	yyjson_val *answer, const char *directory, struct kv_entries *ret, struct error *err);

/* The array of GET /v1/kv/KEY. */
struct consul_key {
	const char *session; /* NULL when nobody holds it; lives as long as the answer */
	bool value_is_right; /* and the flags are */
};
bool consul_parse_key(
	yyjson_val *answer, const char *value, struct consul_key *ret, struct error *err);

/* The same, for a key that is held for its value. */
struct consul_holder {
	const char *session; /* NULL when nobody holds it; lives as long as the answer */
	char *value;         /* for the caller to free */
};
bool consul_parse_holder(yyjson_val *answer, struct consul_holder *ret, struct error *err);

/* {"ID": "..."} of session/create; lives as long as the answer. */
bool consul_parse_session(yyjson_val *answer, const char **ret_id, struct error *err);
/* TTL of the array of session/renew, in ms; 0 when it does not say. */
int64_t consul_parse_renewed_ttl(yyjson_val *answer);
