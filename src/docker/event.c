/*
 * docker/event.c - events, from an engine's dialect to what a client reads.
 */
#include "docker/event.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/reference.h"

static const struct {
	const char *text;
	enum event_type type;
} event_types[] = {
	{ "container", EVENT_CONTAINER },
	{ "image", EVENT_IMAGE },
	{ "network", EVENT_NETWORK },
	{ "volume", EVENT_VOLUME },
	{ "daemon", EVENT_DAEMON },
	{ "node", EVENT_NODE },
	{ "swarm", EVENT_SWARM },
};

static enum event_type parse_type(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(event_types); i++) {
		if (strcmp(text, event_types[i].text) == 0)
			return event_types[i].type;
	}
	return EVENT_OTHER;
}

static yyjson_val *root_of(const struct docker_event *e)
{
	return yyjson_doc_get_root(e->doc);
}

static yyjson_val *attributes_of(const struct docker_event *e)
{
	return json_get_obj(json_get_obj(root_of(e), "Actor"), "Attributes");
}

const char *event_attribute(const struct docker_event *e, const char *name)
{
	return json_get_str(attributes_of(e), name, NULL);
}

static const char *attribute_or(
	const struct docker_event *e, const char *name, const char *otherwise)
{
	const char *value = event_attribute(e, name);

	return value ? value : otherwise;
}

/* Docker says "destroy"; its own "remove" is only of networks of the engines' swarm mode, which
 * have an id. */
static const char *normal_action(enum event_type type, const char *action, const char *actor_id)
{
	bool gone = type == EVENT_CONTAINER || type == EVENT_VOLUME ||
		    (type == EVENT_NETWORK && !*actor_id);

	return gone && strcmp(action, "remove") == 0 ? "destroy" : action;
}

/* Podman names volumes and networks only in their attributes. */
static const char *normal_actor(const struct docker_event *e, const char *actor_id)
{
	const char *name;

	if (*actor_id || (e->type != EVENT_VOLUME && e->type != EVENT_NETWORK))
		return actor_id;
	name = attribute_or(e, "name", "");
	return *name ? name : attribute_or(e, "network", "");
}

/* Podman's steps between those that Docker knows. */
static bool is_ignored(const struct docker_event *e)
{
	static const char *const words[] = { "init", "cleanup", "sync" };

	for (size_t i = 0; e->type == EVENT_CONTAINER && i < ARRAY_SIZE(words); i++) {
		if (strcmp(e->action, words[i]) == 0)
			return true;
	}
	return false;
}

static int64_t read_time_ns(yyjson_val *root)
{
	int64_t ns = json_get_int(root, "timeNano", 0), s;

	if (ns > 0)
		return ns;
	s = json_get_int(root, "time", 0);
	return s > 0 && s <= INT64_MAX / NS_PER_S ? s * NS_PER_S : 0;
}

static void read_event(struct docker_event *e)
{
	yyjson_val *root = root_of(e);
	yyjson_val *actor = json_get_obj(root, "Actor");
	const char *status = json_get_str(root, "status", "");
	const char *action = json_get_str(root, "Action", status);
	const char *id = json_get_str(actor, "ID", json_get_str(root, "id", ""));

	e->type_text = xstrdup(json_get_str(root, "Type", ""));
	e->type = parse_type(e->type_text);
	e->action = xstrdup(normal_action(e->type, action, id));
	e->actor_id = xstrdup(normal_actor(e, id));
	e->time_ns = read_time_ns(root);
}

bool event_parse(
	struct docker_event *ret, const char *text, size_t len, bool *ret_ignore, struct error *err)
{
	struct docker_event e = { .doc = json_parse(text, len, err) };

	if (!e.doc)
		return error_wrap(err, "event");
	if (!yyjson_is_obj(root_of(&e))) {
		event_finish(&e);
		return error_set(err, ERROR_PROTOCOL, "event: not a JSON object");
	}
	read_event(&e);
	*ret_ignore = is_ignored(&e);
	*ret = e;
	return true;
}

static const char *text_of_type(enum event_type type)
{
	for (size_t i = 0; i < ARRAY_SIZE(event_types); i++) {
		if (event_types[i].type == type)
			return event_types[i].text;
	}
	return "";
}

static void add_own_attributes(
	yyjson_mut_doc *doc, yyjson_mut_val *root, const struct event_own *own)
{
	yyjson_mut_val *actor = yyjson_mut_obj_add_obj(doc, root, "Actor");
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, actor, "Attributes");

	for (size_t i = 0; i < ARRAY_SIZE(own->attributes) && own->attributes[i].key; i++) {
		if (own->attributes[i].value)
			yyjson_mut_obj_add_str(
				doc, to, own->attributes[i].key, own->attributes[i].value);
	}
}

/* Engines say of what concerns all of them that its scope is the swarm. */
static yyjson_doc *own_doc(const struct event_own *own)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);

	yyjson_mut_doc_set_root(doc, root);
	add_own_attributes(doc, root, own);
	if (own->type == EVENT_NODE)
		yyjson_mut_obj_add_str(doc, root, "scope", "swarm");
	return yyjson_mut_doc_imut_copy(doc, NULL);
}

void event_init_own(struct docker_event *ret, const struct event_own *own)
{
	*ret = (struct docker_event){
		.type = own->type,
		.type_text = xstrdup(text_of_type(own->type)),
		.action = xstrdup(own->action),
		.actor_id = xstrdup(own->actor_id ? own->actor_id : ""),
		.time_ns = clock_wall_ns(),
		.doc = own_doc(own),
	};
}

void event_finish(struct docker_event *e)
{
	free(e->type_text);
	free(e->action);
	free(e->actor_id);
	yyjson_doc_free(e->doc);
	*e = (struct docker_event){ 0 };
}

size_t event_bytes(const struct docker_event *e)
{
	enum { VALUE_BYTES = 16 }; /* of yyjson, on every machine */

	return sizeof(*e) + yyjson_doc_get_read_size(e->doc) +
	       yyjson_doc_get_val_count(e->doc) * VALUE_BYTES;
}

static yyjson_doc *copy_doc(yyjson_doc *doc)
{
	auto_json_mut yyjson_mut_doc *copy = yyjson_doc_mut_copy(doc, NULL);
	yyjson_doc *fixed = yyjson_mut_doc_imut_copy(copy, NULL);

	assert(fixed);
	return fixed;
}

void event_copy(struct docker_event *to, const struct docker_event *from)
{
	*to = (struct docker_event){
		.type = from->type,
		.type_text = xstrdup(from->type_text),
		.action = xstrdup(from->action),
		.actor_id = xstrdup(from->actor_id),
		.time_ns = from->time_ns,
		.doc = from->doc ? copy_doc(from->doc) : NULL,
	};
}

bool event_action_is(const struct docker_event *e, const char *word)
{
	size_t len = strlen(word);

	return strncmp(e->action, word, len) == 0 &&
	       (e->action[len] == '\0' || e->action[len] == ':');
}

bool event_is_of_life(const struct docker_event *e)
{
	return e->type == EVENT_CONTAINER &&
	       (event_action_is(e, "create") || event_action_is(e, "destroy"));
}

/* --- writing --- */

static void add_key(struct strbuf *sb, const char *key)
{
	if (sb->buf[sb->len - 1] != '{')
		strbuf_add_char(sb, ',');
	strbuf_add_json_str(sb, key, strlen(key));
	strbuf_add_char(sb, ':');
}

static void add_member(struct strbuf *sb, const char *key, const char *value)
{
	add_key(sb, key);
	strbuf_add_json_str(sb, value, strlen(value));
}

static bool has_legacy_fields(const struct docker_event *e)
{
	return e->type == EVENT_CONTAINER || e->type == EVENT_IMAGE || e->type == EVENT_SWARM;
}

/* What older clients read: rebuilt for the kinds of which engines sent it. */
static void add_legacy(struct strbuf *sb, const struct docker_event *e, const char *node_name)
{
	yyjson_val *root = root_of(e);
	bool rebuilt = has_legacy_fields(e);
	const char *status = *json_get_str(root, "status", "") || rebuilt ? e->action : "";
	const char *id = json_get_str(root, "id", rebuilt ? e->actor_id : "");
	const char *from = e->type == EVENT_CONTAINER ? attribute_or(e, "image", "") : "";

	if (e->type == EVENT_SWARM)
		from = "swarm";
	from = json_get_str(root, "from", from);
	if (*status)
		add_member(sb, "status", status);
	if (*id)
		add_member(sb, "id", id);
	auto_free char *where = xasprintf("%s node:%s", from, node_name);
	add_member(sb, "from", where);
}

struct attribute {
	const char *key;
	yyjson_val *value; /* of the engine, or */
	const char *text;  /* ours */
};

static int compare_attributes(const void *a, const void *b)
{
	return strcmp(((const struct attribute *)a)->key, ((const struct attribute *)b)->key);
}

static size_t gather_attributes(struct attribute *to, yyjson_val *attributes)
{
	yyjson_obj_iter iter;
	yyjson_val *key;
	size_t count = 0;

	yyjson_obj_iter_init(attributes, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		const char *name = yyjson_get_str(key);

		if (!str_starts_with(name, "node."))
			to[count++] =
				(struct attribute){ name, yyjson_obj_iter_get_val(key), NULL };
	}
	return count;
}

static void add_attributes(
	struct strbuf *sb, const struct docker_event *e, const struct event_node *node)
{
	const struct attribute ours[] = {
		{ "node.addr", NULL, node->addr },
		{ "node.id", NULL, node->id },
		{ "node.ip", NULL, node->ip },
		{ "node.name", NULL, node->name },
	};
	yyjson_val *theirs = attributes_of(e);
	auto_free struct attribute *all =
		xcalloc(yyjson_obj_size(theirs) + ARRAY_SIZE(ours), sizeof(*all));
	size_t count = gather_attributes(all, theirs);

	memcpy(all + count, ours, sizeof(ours));
	count += ARRAY_SIZE(ours);
	qsort(all, count, sizeof(*all), compare_attributes);
	add_key(sb, "Attributes");
	strbuf_add_char(sb, '{');
	for (size_t i = 0; i < count; i++) {
		if (!all[i].value) {
			add_member(sb, all[i].key, all[i].text);
			continue;
		}
		add_key(sb, all[i].key);
		json_write(sb, all[i].value);
	}
	strbuf_add_char(sb, '}');
}

static void add_actor(
	struct strbuf *sb, const struct docker_event *e, const struct event_node *node)
{
	add_key(sb, "Actor");
	strbuf_add_char(sb, '{');
	add_member(sb, "ID", e->actor_id);
	add_attributes(sb, e, node);
	strbuf_add_char(sb, '}');
}

/* What an engine says beyond the members that are written here. */
static void add_unknown(struct strbuf *sb, yyjson_val *root)
{
	static const char *const known[] = { "status", "id", "from", "Type", "Action", "Actor",
		"scope", "time", "timeNano", "node" };
	yyjson_obj_iter iter;
	yyjson_val *key;

	yyjson_obj_iter_init(root, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		bool mine = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			mine = mine || yyjson_equals_str(key, known[i]);
		if (mine)
			continue;
		add_key(sb, yyjson_get_str(key));
		json_write(sb, yyjson_obj_iter_get_val(key));
	}
}

static void add_node(struct strbuf *sb, const struct event_node *node)
{
	add_key(sb, "node");
	strbuf_add_char(sb, '{');
	add_member(sb, "Name", node->name);
	add_member(sb, "Id", node->id);
	add_member(sb, "Addr", node->addr);
	add_member(sb, "Ip", node->ip);
	strbuf_add_char(sb, '}');
}

void event_write(struct strbuf *sb, const struct docker_event *e, const struct event_node *node,
	struct api_version client)
{
	const char *scope = json_get_str(root_of(e), "scope", "");

	strbuf_add_char(sb, '{');
	if (api_version_before(client, 1, 52))
		add_legacy(sb, e, node->name);
	add_member(sb, "Type", e->type_text);
	add_member(sb, "Action", e->action);
	add_actor(sb, e, node);
	if (*scope)
		add_member(sb, "scope", scope);
	add_key(sb, "time");
	strbuf_addf(sb, "%lld", (long long)(e->time_ns / NS_PER_S));
	add_key(sb, "timeNano");
	strbuf_addf(sb, "%lld", (long long)e->time_ns);
	add_unknown(sb, root_of(e));
	add_node(sb, node);
	strbuf_add_str(sb, "}\n");
}
