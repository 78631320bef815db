/*
 * cluster/engine_private.h - what only the rooms of cluster/ do with an engine.
 */
#pragma once

#include "cluster/engine.h"

/* One reference for the caller; starts to look for the daemon.  NULL with err when the address is
 * malformed. */
struct engine *engine_create(
	struct cluster *cluster, struct engine_terms *terms, const char *addr, struct error *err);
/* Gone from discovery; the caller's reference stays. */
void engine_disconnect(struct engine *e);

/* Pending -> healthy. */
void engine_register(struct engine *e);
/* Back to pending, with the reason; what it showed is forgotten.  No event tells of it: its
 * containers are not known to be dead, and nobody should start them elsewhere. */
void engine_suspend(struct engine *e, const char *reason);
/* All records that the daemon showed; reservations stay. */
void engine_drop_containers(struct engine *e);
void engine_drop_objects(struct engine *e);
/* Nobody finds them any more. */
void engine_hide_reservations(struct engine *e);
/* As engine_set_images and its like, with marks (owned) that have been made and linked before. */
void engine_take_images(
	struct engine *e, struct image *items, size_t count, struct index_marks *marks);
void engine_take_networks(
	struct engine *e, struct network *items, size_t count, struct index_marks *marks);
void engine_take_volumes(
	struct engine *e, struct volume *items, size_t count, struct index_marks *marks);
/* A warning that the engine can cause as often as it likes: so many a minute, then silence until
 * the minute is over. */
void engine_warn(struct engine *e, const char *msg, const char *field, const char *value);
/* Something came from it. */
void engine_note_heard(struct engine *e);
/* Tells the listeners that its containers are others than before. */
void engine_tell_containers(struct engine *e);
/* What is known of it may be wrong: tells the listeners. */
void engine_doubt(struct engine *e);
