/* manager/move_told.c - a move as an event. */
#include "manager/move_told.h"

#include <string.h>

#include "base/mem.h"

void move_tell(
	struct manager *m, const char *action, const struct move_told *what, const char *reason)
{
	bus_publish_own(m->cluster->bus, JOURNAL_MOVE,
		&(struct event_own){ EVENT_SWARM, action, what->id,
			{ { "name", what->name }, { "old.id", what->old_id },
				{ "from", what->from },
				{ "to", what->moved ? what->about->name : NULL },
				{ "reason", reason } } },
		what->about);
}

bool move_tell_reason(struct manager *m, const char *action, const struct move_told *what,
	const char *reason, char **told)
{
	if (*told && strcmp(*told, reason) == 0)
		return false;
	free(*told);
	*told = xstrdup(reason);
	move_tell(m, action, what, reason);
	return true;
}
