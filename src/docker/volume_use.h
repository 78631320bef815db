/*
 * docker/volume_use.h - which volumes of a node are, or were, in somebody's hands.
 *
 * Containers, those being made included, count by the names of what they mount.  A volume that was
 * created here and that nothing has mounted yet is fresh: it is known to be empty, so that another
 * of its name, elsewhere, would be the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"

struct container;
struct volume;

struct volume_use {
	const char *name;  /* interned */
	size_t containers; /* that mount it; 0 only of a fresh one */
	bool fresh;
	UT_hash_handle hh; /* by the address of the name */
};

struct volume_uses {
	struct volume_use *items; /* owned hash */
	size_t fresh;             /* how many are */
};

/* NULL when nothing mounts it and it is not fresh.  The name is interned. */
const struct volume_use *volume_use_of(const struct volume_uses *u, const char *name);
/* Around every change of a container's mounts or of the set of containers. */
void volume_uses_add(struct volume_uses *u, const struct container *c);
void volume_uses_remove(struct volume_uses *u, const struct container *c);
/* It has just been created; nothing happens when something mounts it. */
void volume_uses_note_fresh(struct volume_uses *u, const char *name);
/* What is no longer among these, which are sorted (docker/objects.h), is not fresh any more. */
void volume_uses_keep_fresh(struct volume_uses *u, const struct volume *volumes, size_t count);
void volume_uses_finish(struct volume_uses *u);
