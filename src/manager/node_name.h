/*
 * manager/node_name.h - names of things that each node has of its own: "node-1/data".
 */
#pragma once

#include "cluster/engine.h"

/* Whether `what` means the thing of that name on this engine: "data", "node-1/data" or "<engine
 * id>/data". */
bool node_name_means(const struct engine *e, const char *what, const char *name);
/* The node ("" for none; malloc'd) and, borrowed from `written`, the name. */
char *node_name_split(const char *written, const char **ret_name) must_check;
