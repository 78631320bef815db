/*
 * docker/name.h - what a client may write to name a thing.
 *
 * A name may be the thing's own, or "node/name", or "<engine id>/name"; names and engine ids hold
 * slashes themselves.  Wherever one is looked up, both limits hold, so that the work of a look-up
 * has a bound whatever a client sends.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

enum {
	/* Engines take 255 bytes in the repository of an image or in the name of a volume; the
	 * longest that means something is a node, a registry, a repository, a tag and a digest. */
	NAME_BYTES_MAX = 1024,
	/* An engine's id ends with its socket's path, of which a kernel takes 107 bytes. */
	NAME_SLASHES_MAX = 64,
};

/* ERROR_INVALID `container name is longer than 1024 bytes`, with the kind as given; the name itself
 * is not repeated.  Long texts are not read to their end. */
bool name_check(const char *kind, const char *name, struct error *err) must_check;
/* What could be the name if all before the first slash were the node: "web" of "node-1/web"; NULL
 * without a slash. */
const char *name_after_slash(const char *name);
/* The node ("" for none; malloc'd) and, borrowed from `written`, the name. */
char *name_split(const char *written, const char **ret_name) must_check;
