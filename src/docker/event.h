/*
 * docker/event.h - one event of an engine, or of the manager itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "docker/listfilter.h"
#include "docker/version.h"

enum event_type {
	EVENT_OTHER,
	EVENT_CONTAINER,
	EVENT_IMAGE,
	EVENT_NETWORK,
	EVENT_VOLUME,
	EVENT_DAEMON,
	EVENT_NODE,  /* of the engines' own swarm mode, or made by the manager in its words */
	EVENT_SWARM, /* made by the manager: engine_connect, reschedule, ... */
};

struct docker_event { /* libevent has the shorter name */
	enum event_type type;
	char *type_text; /* "container" */
	char *action; /* "exec_start: sh", as received (Podman's words already turned into Docker's)
		       */
	char *actor_id;
	int64_t time_ns;
	yyjson_doc *doc; /* the whole event as received; owned; of the manager's own: NULL, or its
			    Actor's attributes and scope alone */
};

/* What the manager has to say itself. */
struct event_own {
	enum event_type type; /* EVENT_NODE or EVENT_SWARM */
	const char *action;
	const char *actor_id; /* NULL: "" */
	/* Up to the first without a key; those without a value are left out. */
	struct {
		const char *key, *value;
	} attributes[8];
};

/* One JSON object.  Podman's spellings are normalised (remove -> destroy, volume and network ids
 * from attributes); init, cleanup and sync are reported with `ignore` set. */
bool event_parse(struct docker_event *ret, const char *text, size_t len, bool *ret_ignore,
	struct error *err);
/* It happens now. */
void event_init_own(struct docker_event *ret, const struct event_own *own);
void event_finish(struct docker_event *e);
/* About how much memory an event that was parsed holds. */
size_t event_bytes(const struct docker_event *e);
void event_copy(struct docker_event *to, const struct docker_event *from);
/* The action up to ':' ("exec_create", "health_status"). */
bool event_action_is(const struct docker_event *e, const char *word);
/* A container was created, or is gone. */
bool event_is_of_life(const struct docker_event *e);
const char *event_attribute(const struct docker_event *e, const char *name); /* NULL when absent */

/* As a client sees it: node.* attributes, the `node` object and, below
 * API 1.52, from/status/id.  Ends with a newline. */
struct event_node {
	const char *name, *id, *addr, *ip;
};
void event_write(struct strbuf *sb, const struct docker_event *e, const struct event_node *node,
	struct api_version client);
/* All filters of today's API, and `node`; unknown keys hide nothing, as in the engine. */
bool event_matches(
	const struct docker_event *e, const struct event_node *node, const struct list_filters *f);
