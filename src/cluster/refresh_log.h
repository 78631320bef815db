/*
 * cluster/refresh_log.h - in which order an engine's record was asked for.
 *
 * Every refresh gets a number when it starts.  A record remembers the number of the refresh that
 * told its newest facts (container::seen), a removed record leaves a note for as long as a refresh
 * from before is under way, and lists that are replaced as a whole remember one number each.  So an
 * older answer, however late, never overwrites a newer one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

enum object_kind {
	OBJECT_IMAGES,
	OBJECT_NETWORKS,
	OBJECT_VOLUMES,
	OBJECT_KINDS,
};

struct removal {
	char id[65];
	uint64_t order;
};

struct refresh_log {
	uint64_t order;           /* last number given */
	struct list places;       /* refresh_place::link, oldest first */
	struct removal *removals; /* owned */
	size_t removals_count, removals_cap;
	uint64_t objects_seen[OBJECT_KINDS];
};

/* Of a refresh under way. */
struct refresh_place {
	uint64_t order;
	struct list link; /* refresh_log::places */
};

struct refresh_log *refresh_log_create(void);
/* Nobody is under way any more. */
void refresh_log_destroy(struct refresh_log *log);
void refresh_log_enter(struct refresh_log *log, struct refresh_place *place);
void refresh_log_leave(struct refresh_log *log, struct refresh_place *place);
/* A container is no longer there. */
void refresh_log_removal(struct refresh_log *log, const char *id);
/* Removed after the refresh with this number began? */
bool refresh_log_removed_since(const struct refresh_log *log, const char *id, uint64_t order);
