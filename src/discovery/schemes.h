/*
 * discovery/schemes.h - which schemes there are, and what each can do.
 *
 * The table is the only place that knows them all.
 */
#pragma once

#include "discovery/discovery.h"

extern const struct discovery_scheme discovery_schemes[];
extern const size_t discovery_schemes_count;

/* "scheme://rest"; without a scheme it is a list of nodes.  "discovery service not supported" when
 * the scheme is unknown; names are case-sensitive. */
bool schemes_parse_url(struct discovery_url *ret, const char *text, struct error *err);
