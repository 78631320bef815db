/* manager/acknowledged.c - the record of a container follows what its engine has answered. */
#include "manager/acknowledged.h"

#include "base/clock.h"
#include "manager/desired.h"
#include "manager/manager.h"
#include "manager/retire.h"

static void change(struct container *c, enum deed deed, const char *name)
{
	switch (deed) {
	case DEED_START:
		c->state = CONTAINER_RUNNING;
		c->started_ns = clock_wall_ns();
		break;
	case DEED_STOP:
		c->state = CONTAINER_EXITED;
		c->finished_ns = 0; /* not known; it did not end because its node did */
		break;
	case DEED_RENAME: container_rename(c, name); break;
	case DEED_NONE: break;
	}
}

void acknowledged_removal(struct manager *m, struct engine *e, const char *container_id)
{
	struct container *c = engine_find_container(e, container_id);

	if (c)
		engine_remove_container(e, c);
	if (desired_forget(m->desired, e, container_id))
		retire_start(m, NULL);
}

void acknowledged_change(struct manager *m, struct engine *e, const char *container_id,
	enum deed deed, const char *name)
{
	struct container *c = engine_find_container(e, container_id);

	if (!c || deed == DEED_NONE || (deed == DEED_RENAME && !(name && *name)))
		return; /* no engine takes an empty name */
	engine_before_change(e, c);
	change(c, deed, name);
	engine_after_change(e, c);
	desired_keep(m->desired, c, NULL, NULL);
}
