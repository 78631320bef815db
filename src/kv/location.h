/*
 * kv/location.h - where a store is: "host,host:port/prefix", the part of its URL after "://".
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"

struct kv_location {
	struct strv servers; /* "host:port" each, in the order given */
	char *prefix;        /* cleaned; "" when there is none; owned */
};

#define KV_LOCATION_INIT ((struct kv_location){ 0 })

/*
 * Split at the first slash; a server without a port gets default_port.  The prefix is taken
 * literally (no URL decoding), then cleaned.  Errors name the server that is wrong.
 */
bool kv_location_parse(
	struct kv_location *ret, const char *rest, const char *default_port, struct error *err);
void kv_location_finish(struct kv_location *location);

/*
 * prefix and path as one key: repeated slashes collapse, "." and ".." are resolved, and none
 * of the stores wants a slash at either end.  ".." never leads above the top.
 */
char *kv_join(const char *prefix, const char *path) must_check;
