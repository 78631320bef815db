/*
 * api/networks_merge.h - one network document out of what several engines say.
 *
 * Each engine of an overlay network lists its own containers and the peers it sees.  Pure.
 */
#pragma once

#include <stddef.h>
#include <yyjson.h>

#include "base/util.h"

/*
 * The first document, with the Containers and Peers of all; text, free() it.
 *
 * Left out: the load balancer that every node of an overlay adds (lb-...), and of several entries
 * with one endpoint id all but one, preferring a key that is a container's (stale keys are
 * "ep-<endpoint id>").
 */
char *networks_merge(yyjson_val *const *documents, size_t count, size_t *ret_len) must_check;
