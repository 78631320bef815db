/* manager/waiting.c - the rules of manager/reschedule.c, said to a person. */
#include "manager/waiting.h"

#include <string.h>

#include "base/mem.h"
#include "docker/policy.h"
#include "manager/candidates.h"
#include "manager/hold.h"
#include "manager/move_told.h"
#include "manager/replacement.h"

/* The volume that keeps it where it is, for the caller to free; NULL: none does. */
static char *find_volume(const struct container *c)
{
	struct container_config config = { 0 };
	char *found = NULL;

	if (!replacement_config(c->blueprint, container_name(c), &config, NULL))
		return NULL;
	if (config.volumes.count && !policy_begins_afresh(&config.labels))
		found = xstrdup(config.volumes.items[0]);
	config_finish(&config);
	return found;
}

static char *reason_of_hold(const struct manager *m)
{
	struct outage o;

	switch (hold_now(m, &o)) {
	case HOLD_NOTHING: break;
	case HOLD_NOT_LEADING: return xstrdup("another manager leads, and brings it back");
	case HOLD_SETTLING:
		return xstrdup("this manager has just begun to lead, and looks first who is there");
	case HOLD_SHARE:
		return xasprintf("%zu of %zu nodes do not answer, and it may be the manager that "
				 "is cut off: it is made anew when more of them answer "
				 "(swarm.reschedule-share)",
			o.gone, o.all);
	}
	return NULL;
}

/* As it was told last. */
static const char *last_failure(const struct manager *m, const struct container *c)
{
	const struct journal *j = bus_journal(m->cluster->bus);
	const struct journal_entry *e = NULL;

	while ((e = journal_older(j, e, JOURNAL_MOVE))) {
		if (strcmp(e->event.actor_id, c->id) == 0 &&
			strcmp(e->event.action, "reschedule_failed") == 0)
			return event_attribute(&e->event, "reason");
	}
	return NULL;
}

static char *reason_of_its_own(const struct manager *m, const struct container *c)
{
	const char *node = c->engine->name, *told;
	auto_free char *volume = c->blueprint ? find_volume(c) : NULL;
	char *held;

	if (!c->blueprint || !*container_name(c))
		return xstrdup("it has no policy that makes it anew elsewhere (-e "
			       "reschedule:on-node-failure)");
	if (candidate_must_stay(c))
		return xasprintf("at most one copy of it may run: `docker node rm --force %s` says "
				 "that nothing of that node runs any more",
			node);
	held = reason_of_hold(m);
	if (held)
		return held;
	if (volume)
		return xasprintf("its volume %s is there (the label " LABEL_RESCHEDULE_VOLUMES
				 "=fresh lets it begin with an empty one)",
			volume);
	told = last_failure(m, c);
	if (told)
		return xasprintf("it could not be made anew, and is tried again: %s", told);
	return xstrdup("it is being made anew on another node");
}

char *waiting_reason(const struct manager *m, const struct container *c)
{
	const struct engine *e = c->engine;

	if (engine_is_healthy(e))
		return NULL;
	auto_free char *why = reason_of_its_own(m, c);

	return xasprintf("its node %s %s; %s", e->name,
		e->lost ? "was declared lost" : "does not answer", why);
}

void waiting_tell(struct manager *m, struct engine *e)
{
	size_t told = 0;

	for (size_t i = 0; i < e->containers_count && told < WAITING_TOLD_MAX; i++) {
		const struct container *c = e->containers[i];

		if (e->state != ENGINE_UNHEALTHY || !c->blueprint || !candidate_must_stay(c))
			continue;
		auto_free char *why = waiting_reason(m, c);

		move_tell(m, "reschedule_waits",
			&(struct move_told){ c->id, container_name(c), NULL, e->name, e }, why);
		told++;
	}
}
