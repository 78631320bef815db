/*
 * cluster/bus.h - events on their way from the engines to whoever listens.
 *
 * A listener is called in order, after the cluster's own state already shows what the event says.
 * It must not block, nor change who is a member; it may unsubscribe anybody.  A bounded history
 * serves `since`.
 */
#pragma once

#include "base/listeners.h"
#include "docker/event.h"

struct engine;

enum {
	BUS_HISTORY = 1024,
	BUS_HISTORY_BYTES = 8 * 1024 * 1024, /* a single event may have a megabyte */
};

struct bus;

struct bus_listener {
	/* e and engine are borrowed for the call; engine may be NULL for events about the cluster.
	 */
	void (*handle_event)(
		struct bus_listener *l, const struct docker_event *e, struct engine *engine);
	struct listeners_link link; /* private */
};

/* Listens to the engines and says of their states what clients hear. */
struct bus *bus_create(struct listeners *engines);
void bus_destroy(struct bus *bus);
void bus_subscribe(struct bus *bus, struct bus_listener *l);
/* Any number of times; a zeroed listener is fine. */
void bus_unsubscribe(struct bus_listener *l);
size_t bus_listeners(const struct bus *bus);
/* Remembers (a copy, with the node's facts) and calls every listener. */
void bus_publish(struct bus *bus, const struct docker_event *e, struct engine *engine);
/* An event of the manager's own about this engine: "engine_connect", ... */
void bus_publish_own(struct bus *bus, const char *action, struct engine *engine);
/* Remembered events with since_ns <= time <= until_ns, oldest first. */
void bus_replay(const struct bus *bus, int64_t since_ns, int64_t until_ns,
	void (*handle)(void *arg, const struct docker_event *e, const struct event_node *node),
	void *arg);
