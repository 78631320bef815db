/*
 * cluster/bus.c - listeners in order of their coming, and a ring of what was said.
 *
 * A listener may unsubscribe itself or others while an event is delivered, and what it does may
 * publish another event.  So every delivery under way keeps its place where unsubscribing sees it.
 */
#include "cluster/bus.h"

#include "base/mem.h"
#include "cluster/engine.h"

struct remembered {
	struct docker_event event;
	char *name, *id, *addr, *ip; /* of the node, as it was then; owned */
	size_t bytes;
};

/* A delivery under way, on the stack of bus_publish. */
struct delivery {
	struct list *next;
	struct delivery *outer;
};

struct bus {
	struct list listeners; /* bus_listener::link */
	size_t listeners_count;
	struct delivery *deliveries; /* innermost first */
	struct remembered *history;  /* owned ring of BUS_HISTORY */
	size_t first, count, bytes;
};

struct bus *bus_create(void)
{
	struct bus *bus = xnew(struct bus);

	list_init(&bus->listeners);
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
	struct bus_listener *l, *tmp;

	if (!bus)
		return;
	list_for_each_safe (l, tmp, &bus->listeners, link)
		bus_unsubscribe(l);
	for (size_t i = 0; i < bus->count; i++)
		remembered_finish(&bus->history[(bus->first + i) % BUS_HISTORY]);
	free(bus->history);
	free(bus);
}

void bus_subscribe(struct bus *bus, struct bus_listener *l)
{
	l->bus = bus;
	list_push_back(&bus->listeners, &l->link);
	bus->listeners_count++;
}

void bus_unsubscribe(struct bus_listener *l)
{
	struct bus *bus = steal(l->bus);

	if (!bus)
		return;
	for (struct delivery *d = bus->deliveries; d; d = d->outer) {
		if (d->next == &l->link)
			d->next = l->link.next;
	}
	list_remove(&l->link);
	bus->listeners_count--;
}

size_t bus_listeners(const struct bus *bus)
{
	return bus->listeners_count;
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
	struct delivery d = { .next = bus->listeners.next, .outer = bus->deliveries };

	remember(bus, e, engine);
	bus->deliveries = &d;
	while (d.next != &bus->listeners) {
		struct bus_listener *l = container_of(d.next, struct bus_listener, link);

		d.next = l->link.next;
		l->handle_event(l, e, engine);
	}
	bus->deliveries = d.outer;
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
