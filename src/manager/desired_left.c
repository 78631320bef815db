/*
 * manager/desired_left.c - the old copies on nodes out of reach, of what was made anew elsewhere.
 *
 * The label with the epoch says which of two copies is the old one.  When the new one has been
 * removed there is only the old, and nothing but a note tells that nobody wants it any more:
 * "left/<engine id>|<swarm id>", from the move until the node has returned.
 */
#include <string.h>

#include "base/strv.h"
#include "cluster/cluster.h"
#include "manager/desired_private.h"

static char *left_key(const char *engine_id, const char *swarm_id)
{
	return xasprintf("left/%s|%s", engine_id, swarm_id);
}

void desired_leave_behind(struct desired *d, const char *swarm_id, const char *engine_id)
{
	auto_free char *key = left_key(engine_id, swarm_id);

	if (*swarm_id)
		keep_put(d->manager->keep, key, "{}", NULL, NULL);
}

bool desired_is_left_over(const struct desired *d, const struct container *c)
{
	auto_free char *key = left_key(c->engine->id, c->swarm_id);

	return *c->swarm_id && desired_may_change(d) && !desired_find(d, c->swarm_id) &&
	       keep_get(d->manager->keep, key);
}

static bool has_old_copy(const struct desired *d, const struct engine *e, const char *swarm_id)
{
	const struct wanted *w = desired_find(d, swarm_id);

	for (size_t i = 0; i < e->containers_count; i++) {
		const struct container *c = e->containers[i];

		if (strcmp(c->swarm_id, swarm_id) == 0 && !(w && strcmp(c->id, w->id) == 0))
			return true;
	}
	return false;
}

void desired_settle(struct desired *d, const struct engine *e)
{
	auto_free char *prefix = left_key(e->id, "");
	auto_strv struct strv over = STRV_INIT;
	struct keep_entry entry;

	if (!desired_may_change(d))
		return;
	keep_each(&entry, d->manager->keep, prefix)
	{
		if (!has_old_copy(d, e, entry.key + strlen(prefix)))
			strv_add(&over, entry.key);
	}
	for (size_t i = 0; i < over.count; i++)
		keep_drop(d->manager->keep, over.items[i], NULL, NULL);
}
