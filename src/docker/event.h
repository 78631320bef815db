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
	EVENT_SWARM, /* made by the manager: engine_connect, engine_disconnect, engine_reconnect */
};

struct docker_event { /* libevent has the shorter name */
	enum event_type type;
	char *type_text; /* "container" */
	char *action; /* "exec_start: sh", as received (Podman's words already turned into Docker's)
		       */
	char *actor_id;
	int64_t time_ns;
	yyjson_doc *doc; /* the whole event as received; owned; NULL for the manager's own */
};

/* One JSON object.  Podman's spellings are normalised (remove -> destroy, volume and network ids
 * from attributes); init, cleanup and sync are reported with `ignore` set. */
bool event_parse(struct docker_event *ret, const char *text, size_t len, bool *ret_ignore,
	struct error *err);
void event_init_own(struct docker_event *ret, const char *action);
void event_finish(struct docker_event *e);
/* About how much memory an event that was parsed holds. */
size_t event_bytes(const struct docker_event *e);
void event_copy(struct docker_event *to, const struct docker_event *from);
/* The action up to ':' ("exec_create", "health_status"). */
bool event_action_is(const struct docker_event *e, const char *word);
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
