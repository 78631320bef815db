/*
 * cmd/place_body.h - flags of `docker run`, as far as they decide about a place, made into the body
 * of a create.
 */
#pragma once

#include <yyjson.h>

#include "base/error.h"
#include "base/strv.h"

struct place_wish {
	struct strv env, labels, publish, volumes, volumes_from, links;
	char *name, *platform, *network, *memory, *cpus, *gpus; /* NULL or "": not given */
	int64_t cpu_shares;
};

/* image and command as in `docker run IMAGE [COMMAND...]`.  Of an -e without a value the variable
 * of this process counts, as with docker.  NULL: what is malformed is named. */
yyjson_mut_doc *place_body(const struct place_wish *w, const char *image, char *const *command,
	size_t command_count, struct error *err) must_check;
