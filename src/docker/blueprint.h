/*
 * docker/blueprint.h - what a container was asked to be, from what its engine says it is.
 *
 * The text is the body of a create request that makes the same container on another engine: same
 * configuration, labels, ports and networks with aliases and fixed addresses, and nothing that
 * belonged to the old copy (a host name made from its id, addresses that the engine chose).
 */
#pragma once

#include "docker/container.h"

/* The body for these labels is worth keeping: they have a policy that makes it anew. */
bool blueprint_is_wanted(const struct labels *labels);
/* From an inspect document; the view tells the CPUs behind its shares.  Caller frees. */
char *blueprint_from_inspect(yyjson_val *inspect, const struct container_view *view) must_check;
