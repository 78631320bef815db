/*
 * discovery/node_list.h - members named in the URL itself; for discovery/ only.
 */
#pragma once

#include "discovery/discovery.h"

/* "host:port,10.0.0.[10:20]:2375,unix:///run/docker.sock"; appends to ret.  Blanks are not
 * trimmed; one malformed or empty item is an error for the whole list.  An item whose range runs
 * backwards is none: ret_flaw says that it stands for nothing. */
bool node_list_parse(const char *text, struct strv *ret, struct error *ret_flaw, struct error *err);

bool node_list_check(
	const struct discovery_url *url, const struct strv *options, struct error *err);
struct discovery *node_list_create(const struct discovery_config *config);
