/*
 * cluster/bus.h - events on their way from the engines to whoever listens.
 *
 * A listener is called in order, after the cluster's own state already shows what the event says.
 * It must not block, nor change who is a member; it may unsubscribe anybody.  The journal has what
 * was said: who reads there is only woken by the bus.
 */
#pragma once

#include "base/listeners.h"
#include "cluster/journal.h"
#include "docker/event.h"

struct engine;
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
/* Lent as long as the bus. */
struct journal *bus_journal(const struct bus *bus);
/* Of an engine: into the journal, and to every listener. */
void bus_publish(struct bus *bus, const struct docker_event *e, struct engine *engine);
/* The manager's own, about this engine (NULL: about none). */
void bus_publish_own(struct bus *bus, enum journal_kind kind, const struct event_own *own,
	struct engine *engine);
