/*
 * api/time_param.h - points in time as Docker clients write them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Unix seconds with an optional fraction; RFC 3339, of which the time of day, its end, or the zone
 * may be missing (then it is this machine's); or a duration before now ("10m").  key is for the
 * error text only.
 */
bool time_param_parse(const char *key, const char *s, int64_t *ret_ns, struct error *err);
