/*
 * cluster/bus.c - listeners in order of their coming, and a ring of what was said.
 */
#include "cluster/bus.h"

#include "base/mem.h"
#include "cluster/engine.h"

struct remembered {
	struct docker_event event;
	char *name, *id, *addr, *ip; /* of the node, as it was then; owned */
	size_t bytes;
};

struct bus {
	struct listeners listeners;
	struct engine_listener engines;
	struct remembered *history; /* owned ring of BUS_HISTORY */
	size_t first, count, bytes;
};

/* What clients hear of an engine's state; NULL: nothing. */
static const char *action_of(enum engine_state before, enum engine_state now)
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

static void tell_state(struct engine_listener *l, struct engine *e, enum engine_state before)
{
	struct bus *bus = container_of(l, struct bus, engines);
	const char *action = action_of(before, e->state);

	if (action)
		bus_publish_own(bus, action, e);
}

struct bus *bus_create(struct listeners *engines)
{
	struct bus *bus = xnew(struct bus);

	listeners_init(&bus->listeners);
	bus->engines.handle_state = tell_state;
	listeners_add(engines, &bus->engines.link);
	bus->history = xcalloc(BUS_HISTORY, sizeof(*bus->history));
	return bus;
}

static void remembered_finish(struct remembered *r)
{
	event_finish(&r->event);
	free(r->name);
	free(r->id);
	free(r->addr);
	free(r->ip);
	*r = (struct remembered){ 0 };
}

void bus_destroy(struct bus *bus)
{
	if (!bus)
		return;
	engine_unlisten(&bus->engines);
	listeners_finish(&bus->listeners);
	for (size_t i = 0; i < bus->count; i++)
		remembered_finish(&bus->history[(bus->first + i) % BUS_HISTORY]);
	free(bus->history);
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

static void forget_oldest(struct bus *bus)
{
	struct remembered *r = &bus->history[bus->first];

	bus->bytes -= r->bytes;
	remembered_finish(r);
	bus->first = (bus->first + 1) % BUS_HISTORY;
	bus->count--;
}

static struct remembered *next_place(struct bus *bus, size_t bytes)
{
	while (bus->count == BUS_HISTORY ||
		(bus->count > 0 && bus->bytes + bytes > BUS_HISTORY_BYTES))
		forget_oldest(bus);
	return &bus->history[(bus->first + bus->count++) % BUS_HISTORY];
}

static void remember(struct bus *bus, const struct docker_event *e, const struct engine *engine)
{
	struct event_node node = { "", "", "", "" };
	size_t bytes = event_bytes(e);
	struct remembered *r = next_place(bus, bytes);

	if (engine)
		node = engine_event_node(engine);
	r->bytes = bytes;
	bus->bytes += bytes;
	event_copy(&r->event, e);
	r->name = xstrdup(node.name);
	r->id = xstrdup(node.id);
	r->addr = xstrdup(node.addr);
	r->ip = xstrdup(node.ip);
}

void bus_publish(struct bus *bus, const struct docker_event *e, struct engine *engine)
{
	struct listeners_round round;
	struct listeners_link *link;

	remember(bus, e, engine);
	listeners_begin(&bus->listeners, &round);
	while ((link = listeners_next(&round))) {
		struct bus_listener *l = container_of(link, struct bus_listener, link);

		l->handle_event(l, e, engine);
	}
}

void bus_publish_own(struct bus *bus, const char *action, struct engine *engine)
{
	struct docker_event e;

	event_init_own(&e, action);
	bus_publish(bus, &e, engine);
	event_finish(&e);
}

void bus_replay(const struct bus *bus, int64_t since_ns, int64_t until_ns,
	void (*handle)(void *arg, const struct docker_event *e, const struct event_node *node),
	void *arg)
{
	for (size_t i = 0; i < bus->count; i++) {
		const struct remembered *r = &bus->history[(bus->first + i) % BUS_HISTORY];
		struct event_node node = { r->name, r->id, r->addr, r->ip };

		if (r->event.time_ns >= since_ns && r->event.time_ns <= until_ns)
			handle(arg, &r->event, &node);
	}
}
