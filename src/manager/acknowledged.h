/*
 * manager/acknowledged.h - what an engine has answered, when it could not be read back.
 *
 * An engine that fails right after its answer leaves us with the record of before.  The client has
 * been told, so the record is changed by what is known: else a container that was removed would be
 * made anew, or one come back under its old name.  What comes from the engine later counts more.
 */
#pragma once

struct engine;
struct manager;

enum deed {
	DEED_NONE, /* nothing that is known without a reading */
	DEED_START,
	DEED_STOP,
	DEED_RENAME,
	DEED_REMOVE,
};

/* A container that is not known is left alone.  name: the new one, with or without '/'; NULL if it
 * was not said. */
void acknowledged_apply(struct manager *m, struct engine *e, const char *container_id,
	enum deed deed, const char *name);
