/*
 * manager/acknowledged.h - what an engine has answered to a client counts.
 *
 * An engine that fails right after its answer leaves us with the record of before.  The client has
 * been told, so the record, and what is kept, are changed by what is known: else a container that
 * was removed would be made anew, or one come back under its old name.  What comes from the engine
 * later counts more.
 */
#pragma once

struct engine;
struct manager;

/* It is gone, and so shall be what older copies of it there are: on nodes that answer at once, on
 * others when they return. */
void acknowledged_removal(struct manager *m, struct engine *e, const char *container_id);

enum deed {
	DEED_NONE, /* nothing that is known without a reading */
	DEED_START,
	DEED_STOP,
	DEED_RENAME,
};

/* It could not be read back.  A container that is not known is left alone.  name: the new one, with
 * or without '/'; NULL if it was not said. */
void acknowledged_change(struct manager *m, struct engine *e, const char *container_id,
	enum deed deed, const char *name);
