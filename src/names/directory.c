/* names/directory.c - names of containers and services, kept by engine. */
#include "names/directory.h"

#include <ctype.h>
#include <string.h>

#include "base/map.h"

#define LABEL_SERVICE "com.docker.compose.service"

struct directory_name {
	UT_hash_handle hh;
	char *text;          /* owned; in lower case */
	struct list entries; /* directory_entry::by_name */
	size_t count;
};

struct directory_node {
	UT_hash_handle hh;
	struct engine *engine; /* the key; borrowed: forgotten when it disconnects */
	struct list entries;   /* directory_entry::by_node */
	struct list stale;     /* directory::stale */
};

static void add_entry(struct directory *d, struct directory_node *node, const char *text,
	const struct container *c)
{
	struct directory_entry *entry = xnew(struct directory_entry);
	struct directory_name *name;

	HASH_FIND_STR(d->names, text, name);
	if (!name) {
		name = xnew(struct directory_name);
		name->text = xstrdup(text);
		list_init(&name->entries);
		HASH_ADD_KEYPTR(hh, d->names, name->text, strlen(name->text), name);
	}
	entry->name = name;
	entry->container = c;
	list_push_back(&name->entries, &entry->by_name);
	list_push_back(&node->entries, &entry->by_node);
	name->count++;
}

/* Above a name with dots are names that are there, too, although they lead nowhere. */
static void add_name(
	struct directory *d, struct directory_node *node, char *text, const struct container *c)
{
	for (char *s = text; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	add_entry(d, node, text, c);
	while ((text = strchr(text, '.'))) {
		text++;
		add_entry(d, node, text, NULL);
	}
}

static void add_container(
	struct directory *d, struct directory_node *node, const struct container *c)
{
	const char *service = labels_get(&c->labels, LABEL_SERVICE);
	const char *project = labels_get(&c->labels, LABEL_COMPOSE_PROJECT);

	if (c->state == CONTAINER_PENDING)
		return;
	if (*container_name(c)) {
		auto_free char *text = xstrdup(container_name(c));

		add_name(d, node, text, c);
	}
	if (service && *service && project && *project) {
		auto_free char *text = xasprintf("%s.%s", service, project);

		add_name(d, node, text, c);
	}
}

static void drop_entries(struct directory *d, struct directory_node *node)
{
	struct directory_entry *e, *next;

	list_for_each_safe (e, next, &node->entries, by_node) {
		struct directory_name *name = e->name;

		list_remove(&e->by_name);
		list_remove(&e->by_node);
		free(e);
		if (--name->count > 0)
			continue;
		HASH_DELETE(hh, d->names, name);
		free(name->text);
		free(name);
	}
}

static void drop_node(struct directory *d, struct directory_node *node)
{
	drop_entries(d, node);
	list_remove(&node->stale);
	HASH_DELETE(hh, d->nodes, node);
	free(node);
}

static void note_engine(struct directory *d, struct engine *e)
{
	struct directory_node *node;

	HASH_FIND_PTR(d->nodes, &e, node);
	if (!node) {
		node = xnew(struct directory_node);
		node->engine = e;
		list_init(&node->entries);
		list_init(&node->stale);
		HASH_ADD_PTR(d->nodes, engine, node);
	}
	if (list_empty(&node->stale))
		list_push_back(&d->stale, &node->stale);
	if (e->state == ENGINE_DISCONNECTED)
		drop_node(d, node);
}

static void handle_state(struct engine_listener *l, struct engine *e, enum engine_state before)
{
	(void)before;
	note_engine(container_of(l, struct directory, listener), e);
}

static void handle_containers(struct engine_listener *l, struct engine *e)
{
	if (e->state != ENGINE_DISCONNECTED)
		note_engine(container_of(l, struct directory, listener), e);
}

void directory_init(struct directory *d, struct cluster *cluster)
{
	struct engine *e;

	*d = (struct directory){ .cluster = cluster };
	d->listener.handle_state = handle_state;
	d->listener.handle_containers = handle_containers;
	list_init(&d->stale);
	cluster_listen(cluster, &d->listener);
	cluster_each (e, cluster, CLUSTER_ALL)
		note_engine(d, e);
}

void directory_finish(struct directory *d)
{
	struct directory_node *node, *next;

	engine_unlisten(&d->listener);
	HASH_ITER (hh, d->nodes, node, next)
		drop_node(d, node);
}

static void read_stale(struct directory *d)
{
	struct directory_node *node, *next;

	list_for_each_safe (node, next, &d->stale, stale) {
		drop_entries(d, node);
		list_remove(&node->stale);
		for (size_t i = 0; i < node->engine->containers_count; i++)
			add_container(d, node, node->engine->containers[i]);
	}
}

const struct list *directory_find(struct directory *d, const char *name, size_t *ret_count)
{
	struct directory_name *found;

	read_stale(d);
	HASH_FIND_STR(d->names, name, found);
	*ret_count = found ? found->count : 0;
	return found ? &found->entries : NULL;
}
