/*
 * docker/event_filter.c - which events a client asked for, by the rules of the engine.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/util.h"
#include "docker/event.h"
#include "docker/label.h"
#include "docker/reference.h"

static bool is_begun_by(const struct strv *values, const char *s)
{
	for (size_t i = 0; i < values->count; i++) {
		if (str_starts_with(s, values->items[i]))
			return true;
	}
	return false;
}

/* Words are whole, unless one of them stands for what has an argument: "exec_start" means every
 * "exec_start: sh", and then the others are beginnings, too. */
static bool action_matches(const struct docker_event *e, const struct list_filters *f)
{
	static const char *const with_arguments[] = { "exec_create", "exec_start",
		"health_status" };
	const struct strv *values = list_filters_get(f, "event");

	if (!values)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(with_arguments); i++) {
		if (strv_contains(values, with_arguments[i]))
			return is_begun_by(values, e->action);
	}
	return list_filters_has(f, "event", e->action);
}

static bool actor_matches(const struct docker_event *e, const struct strv *values)
{
	const char *name = event_attribute(e, "name");

	return is_begun_by(values, e->actor_id) || (name && is_begun_by(values, name));
}

/* "node-1/web", and the id that the manager gave. */
static bool container_matches(
	const struct docker_event *e, const struct event_node *node, const struct strv *values)
{
	const char *name = event_attribute(e, "name");
	const char *swarm_id = event_attribute(e, LABEL_SWARM_ID);
	size_t len = strlen(node->name);

	if (actor_matches(e, values) || (swarm_id && is_begun_by(values, swarm_id)))
		return true;
	for (size_t i = 0; name && i < values->count; i++) {
		const char *value = values->items[i];

		if (len && strncmp(value, node->name, len) == 0 && value[len] == '/' &&
			str_starts_with(name, value + len + 1))
			return true;
	}
	return false;
}

/* The engine's rule, on normalised names: equal, or equal but for the tag. */
static bool image_matches(const struct docker_event *e, const struct strv *values)
{
	const char *name = event_attribute(e, e->type == EVENT_IMAGE ? "name" : "image");

	for (size_t i = 0; i < values->count; i++) {
		const char *value = values->items[i];

		if (strcmp(value, e->actor_id) == 0 ||
			reference_answers(e->actor_id, value, IMAGE_MATCH_ANY_TAG))
			return true;
		if (name && reference_answers(name, value, IMAGE_MATCH_ANY_TAG))
			return true;
	}
	return false;
}

static bool labels_hold(const struct docker_event *e, const struct strv *values)
{
	for (size_t i = 0; values && i < values->count; i++) {
		const char *equals = strchr(values->items[i], '=');
		size_t len =
			equals ? (size_t)(equals - values->items[i]) : strlen(values->items[i]);
		auto_free char *key = xstrndup(values->items[i], len);
		const char *have = event_attribute(e, key);

		if (!have || (equals && strcmp(have, equals + 1) != 0))
			return false;
	}
	return true;
}

/* Engine events of swarm mode are about nodes, too: there the actor is one. */
static bool node_matches(
	const struct docker_event *e, const struct event_node *node, const struct strv *values)
{
	return !values || strv_contains(values, node->name) || strv_contains(values, node->id) ||
	       (strcmp(e->type_text, "node") == 0 && actor_matches(e, values));
}

/* Filters that name an actor pass only events about such an actor, since ids and names of others
 * do not begin so. */
static bool actors_match(const struct docker_event *e, const struct list_filters *f)
{
	static const char *const keys[] = { "config", "daemon", "network", "plugin", "secret",
		"service", "volume" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct strv *values = list_filters_get(f, keys[i]);

		if (values && !actor_matches(e, values))
			return false;
	}
	return true;
}

bool event_matches(
	const struct docker_event *e, const struct event_node *node, const struct list_filters *f)
{
	const struct strv *containers = list_filters_get(f, "container");
	const struct strv *images = list_filters_get(f, "image");
	const char *scope = json_get_str(yyjson_doc_get_root(e->doc), "scope", "local");

	return action_matches(e, f) && list_filters_has(f, "type", e->type_text) &&
	       list_filters_has(f, "scope", scope) && actors_match(e, f) &&
	       (!containers || container_matches(e, node, containers)) &&
	       (!images || image_matches(e, images)) &&
	       node_matches(e, node, list_filters_get(f, "node")) &&
	       labels_hold(e, list_filters_get(f, "label"));
}
