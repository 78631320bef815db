/* manager/node_settings.c - a sorted array, read anew when something that is kept has changed. */
#include "manager/node_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#define PREFIX "nodes/"

struct named {
	char *name; /* owned */
	struct node_setting setting;
};

struct node_settings {
	struct keep *keep; /* borrowed */
	struct keep_listener listener;
	struct listeners listeners;
	struct named *items; /* owned; by name */
	size_t count, cap;
};

/* --- at rest --- */

void node_setting_finish(struct node_setting *ns)
{
	labels_finish(&ns->labels);
	*ns = (struct node_setting){ 0 };
}

bool node_setting_parse(struct node_setting *ret, const char *text, struct error *err)
{
	auto_json yyjson_doc *doc = json_parse(text, strlen(text), err);
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *word = json_get_str(root, "Availability", "");
	struct node_setting ns = { 0 };

	if (!doc)
		return false;
	if (!availability_parse(word, &ns.availability))
		return error_set(err, ERROR_INVALID, "invalid Availability: \"%s\"", word);
	labels_from_json(&ns.labels, json_get_obj(root, "Labels"));
	ns.version = (uint64_t)max_of(json_get_int(root, "Version", 0), (int64_t)0);
	ns.updated_at_ns = json_get_int(root, "UpdatedAt", 0);
	*ret = ns;
	return true;
}

static char *format(enum availability availability, const struct labels *labels, uint64_t version)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc), *to;

	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_str(doc, root, "Availability", availability_text(availability));
	to = yyjson_mut_obj_add_obj(doc, root, "Labels");
	for (size_t i = 0; i < labels->count; i++)
		yyjson_mut_obj_add_val(doc, to, labels->items[i].key,
			yyjson_mut_strcpy(doc, labels->items[i].value));
	yyjson_mut_obj_add_uint(doc, root, "Version", version);
	yyjson_mut_obj_add_sint(doc, root, "UpdatedAt", clock_wall_ns());
	return json_doc_text(doc, NULL);
}

/* --- in memory --- */

static void forget_all(struct node_settings *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->items[i].name);
		node_setting_finish(&s->items[i].setting);
	}
	s->count = 0;
}

/* What is kept comes in the order of its keys, which have one prefix. */
static void read_all(struct node_settings *s)
{
	struct keep_entry entry;

	forget_all(s);
	keep_each(&entry, s->keep, PREFIX)
	{
		auto_error struct error err = ERROR_INIT;
		struct node_setting ns;

		if (!node_setting_parse(&ns, entry.value, &err)) {
			log_warn("What was said about node %s is ignored: %s",
				entry.key + strlen(PREFIX), error_text(&err));
			continue;
		}
		array_reserve(s->items, s->count, s->cap);
		s->items[s->count++] = (struct named){ xstrdup(entry.key + strlen(PREFIX)), ns };
	}
}

static int compare_name(const void *name, const void *item)
{
	return strcmp(name, ((const struct named *)item)->name);
}

const struct node_setting *node_settings_get(const struct node_settings *s, const char *name)
{
	static const struct node_setting usual = { .availability = AVAILABILITY_ACTIVE };
	const struct named *found =
		s->count ? bsearch(name, s->items, s->count, sizeof(*s->items), compare_name)
			 : NULL;

	return found ? &found->setting : &usual;
}

void node_settings_put(struct node_settings *s, const char *name, enum availability availability,
	const struct labels *labels, struct keep_write *w, struct task *t)
{
	auto_free char *key = xasprintf(PREFIX "%s", name);
	auto_free char *text =
		format(availability, labels, node_settings_get(s, name)->version + 1);

	keep_put(s->keep, key, text, w, t);
	read_all(s);
}

/* --- listeners --- */

static void handle_change(struct keep_listener *l)
{
	struct node_settings *s = container_of(l, struct node_settings, listener);
	struct listeners_round round;
	struct listeners_link *link;

	read_all(s);
	listeners_begin(&s->listeners, &round);
	while ((link = listeners_next(&round))) {
		struct node_settings_listener *to =
			container_of(link, struct node_settings_listener, link);

		to->handle_change(to);
	}
}

void node_settings_listen(struct node_settings *s, struct node_settings_listener *l)
{
	listeners_add(&s->listeners, &l->link);
}

void node_settings_unlisten(struct node_settings_listener *l)
{
	listeners_remove(&l->link);
}

struct node_settings *node_settings_create(struct keep *keep)
{
	struct node_settings *s = xnew(struct node_settings);

	s->keep = keep;
	s->listener = (struct keep_listener){ .prefix = PREFIX, .handle_change = handle_change };
	listeners_init(&s->listeners);
	keep_listen(keep, &s->listener);
	read_all(s);
	return s;
}

void node_settings_destroy(struct node_settings *s)
{
	if (!s)
		return;
	keep_unlisten(&s->listener);
	listeners_finish(&s->listeners);
	forget_all(s);
	free(s->items);
	free(s);
}
