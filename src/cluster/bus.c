/*
 * cluster/bus.c - listeners in order of their coming, and what engines' states are to clients.
 */
#include "cluster/bus.h"

#include "base/mem.h"
#include "cluster/engine.h"

struct bus {
	struct listeners listeners;
	struct engine_listener engines;
	struct journal *journal; /* owned */
};

/* --- engines --- */

/* In classic Swarm's words; NULL: nothing. */
static const char *classic_action(enum engine_state before, enum engine_state now)
{
	switch (now) {
	case ENGINE_HEALTHY:
		return before == ENGINE_PENDING ? "engine_connect" : "engine_reconnect";
	case ENGINE_UNHEALTHY: return "engine_disconnect";
	case ENGINE_DISCONNECTED: return before == ENGINE_HEALTHY ? "engine_disconnect" : NULL;
	/* Its containers are not known to be dead, and nobody should start them elsewhere. */
	case ENGINE_PENDING: break;
	}
	return NULL;
}

/* In those of engines' own swarm mode. */
static const char *node_action(enum engine_state before, enum engine_state now)
{
	if (now == ENGINE_DISCONNECTED)
		return "remove";
	return before == ENGINE_PENDING ? "create" : "update";
}

static const char *reason_of(const struct engine *e)
{
	if (e->state == ENGINE_DISCONNECTED)
		return "it was taken out of discovery";
	return !engine_is_healthy(e) && *e->last_error ? e->last_error : NULL;
}

static void tell_node(struct bus *bus, const char *action, const char *old, const char *new,
	const char *reason, struct engine *e)
{
	bus_publish_own(bus, JOURNAL_NODE,
		&(struct event_own){ EVENT_NODE, action, engine_node_id(e),
			{ { "name", e->name }, { "state.old", old }, { "state.new", new },
				{ "reason", reason } } },
		e);
}

static void handle_state(struct engine_listener *l, struct engine *e, enum engine_state before)
{
	struct bus *bus = container_of(l, struct bus, engines);
	const char *classic = classic_action(before, e->state);

	if (classic)
		bus_publish_own(bus, JOURNAL_NODE, &(struct event_own){ EVENT_SWARM, classic }, e);
	if (before != ENGINE_PENDING || e->state == ENGINE_HEALTHY)
		tell_node(bus, node_action(before, e->state),
			before == ENGINE_PENDING ? NULL : engine_node_state(before),
			e->state == ENGINE_DISCONNECTED ? NULL : engine_node_state(e->state),
			reason_of(e), e);
}

static void handle_lost(struct engine_listener *l, struct engine *e)
{
	tell_node(container_of(l, struct bus, engines), "update", "down", "lost",
		"somebody said that nothing of it runs any more", e);
}

/* --- the bus --- */

struct bus *bus_create(struct listeners *engines)
{
	struct bus *bus = xnew(struct bus);

	listeners_init(&bus->listeners);
	bus->engines.handle_state = handle_state;
	bus->engines.handle_lost = handle_lost;
	listeners_add(engines, &bus->engines.link);
	bus->journal = journal_create();
	return bus;
}

void bus_destroy(struct bus *bus)
{
	if (!bus)
		return;
	engine_unlisten(&bus->engines);
	listeners_finish(&bus->listeners);
	journal_destroy(bus->journal);
	free(bus);
}

void bus_subscribe(struct bus *bus, struct bus_listener *l)
{
	listeners_add(&bus->listeners, &l->link);
}

void bus_unsubscribe(struct bus_listener *l)
{
	listeners_remove(&l->link);
}

size_t bus_listeners(const struct bus *bus)
{
	return bus->listeners.count;
}

struct journal *bus_journal(const struct bus *bus)
{
	return bus->journal;
}

static void tell_all(struct bus *bus, const struct docker_event *e, struct engine *engine)
{
	struct listeners_round round;
	struct listeners_link *link;

	listeners_begin(&bus->listeners, &round);
	while ((link = listeners_next(&round))) {
		struct bus_listener *l = container_of(link, struct bus_listener, link);

		l->handle_event(l, e, engine);
	}
}

void bus_publish(struct bus *bus, const struct docker_event *e, struct engine *engine)
{
	enum journal_kind kind = event_is_of_life(e) ? JOURNAL_CREATE : JOURNAL_OBJECT;

	journal_add(bus->journal, kind, e, engine);
	tell_all(bus, e, engine);
}

void bus_publish_own(
	struct bus *bus, enum journal_kind kind, const struct event_own *own, struct engine *engine)
{
	struct docker_event e;

	event_init_own(&e, own);
	journal_add(bus->journal, kind, &e, engine);
	tell_all(bus, &e, engine);
	event_finish(&e);
}
