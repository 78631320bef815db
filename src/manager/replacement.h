/*
 * manager/replacement.h - the configuration of a container that is made anew elsewhere.
 */
#pragma once

#include "docker/config.h"

/* The same container, one epoch later, from its blueprint. */
bool replacement_config(
	const char *body, const char *name, struct container_config *ret, struct error *err);
