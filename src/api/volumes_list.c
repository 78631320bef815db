/* api/volumes_list.c - GET /volumes, from memory. */
#include "api/volumes.h"

#include <string.h>

#include "api/object_list.h"
#include "base/map.h"
#include "base/mem.h"
#include "cluster/find_volume.h"
#include "docker/listfilter.h"

/* One row of the answer. */
struct listed {
	char *name; /* as shown; owned */
	const struct volume *volume;
	struct strv nodes; /* names of all engines that show it */
	bool used;         /* a container on one of these engines mounts it */
	UT_hash_handle hh; /* by name */
};

/* A volume of this name on this engine is mounted by a container. */
struct mounted {
	const char *name; /* in a container's record */
	UT_hash_handle hh;
};

struct volumes_list {
	struct list_filters filters;
	bool dangling;          /* the filter's value, when it is there */
	struct listed *volumes; /* hash, in the order of the engines' names */
};

static void list_finish(struct volumes_list *l)
{
	struct listed *v, *tmp;

	HASH_ITER (hh, l->volumes, v, tmp) {
		HASH_DEL(l->volumes, v);
		strv_finish(&v->nodes);
		free(v->name);
		free(v);
	}
	list_filters_finish(&l->filters);
}

/* --- filters --- */

static bool list_init_filters(struct volumes_list *l, const char *text, struct error *err)
{
	static const char *const accepted[] = { "dangling", "driver", "label", "name", "node",
		NULL };

	return (list_filters_parse(&l->filters, text, err) ||
		       error_wrap(err, "error reading volume filters")) &&
	       list_filters_check(&l->filters, accepted, err) &&
	       list_filters_flag(&l->filters, "dangling", false, &l->dangling, err);
}

static bool is_on_some_node(const struct volumes_list *l, const struct listed *v)
{
	const struct strv *nodes = list_filters_get(&l->filters, "node");

	for (size_t i = 0; nodes && i < nodes->count; i++) {
		if (strv_contains(&v->nodes, nodes->items[i]))
			return true;
	}
	return !nodes;
}

/* As its node knows it, or as it is shown: "^data$" means the volumes of that name on all nodes. */
static bool is_named(const struct volumes_list *l, const struct listed *v)
{
	for (size_t i = 0; i < v->nodes.count; i++) {
		if (list_filters_match_name(&l->filters, v->nodes.items[i], v->volume->name))
			return true;
	}
	return false;
}

static bool matches(const struct volumes_list *l, const struct listed *v)
{
	if (list_filters_get(&l->filters, "dangling") && v->used == l->dangling)
		return false;
	return list_filters_has(&l->filters, "driver", v->volume->driver) && is_named(l, v) &&
	       object_list_has_labels(&l->filters, "label", &v->volume->labels) && is_on_some_node(l, v);
}

/* --- gathering --- */

static struct mounted *find_mounted(const struct engine *e)
{
	struct mounted *mounted = NULL, *m;

	for (size_t i = 0; i < e->containers_count; i++) {
		const struct container *c = e->containers[i];

		for (size_t k = 0; k < c->mounts_count; k++) {
			const char *name = c->mounts[k].name;

			HASH_FIND_STR(mounted, name, m);
			if (m || !*name)
				continue;
			m = xnew(struct mounted);
			m->name = name;
			HASH_ADD_KEYPTR(hh, mounted, name, strlen(name), m);
		}
	}
	return mounted;
}

static void free_mounted(struct mounted *mounted)
{
	struct mounted *m, *tmp;

	HASH_ITER (hh, mounted, m, tmp) {
		HASH_DEL(mounted, m);
		free(m);
	}
}

static struct listed *find_or_add(
	struct volumes_list *l, const struct engine *e, const struct volume *volume)
{
	auto_strbuf struct strbuf name = STRBUF_INIT;
	struct listed *v;

	volume_write_name(&name, volume, e);
	HASH_FIND_STR(l->volumes, name.buf, v);
	if (v)
		return v;
	v = xnew(struct listed);
	v->name = strbuf_steal(&name);
	v->volume = volume;
	HASH_ADD_KEYPTR(hh, l->volumes, v->name, strlen(v->name), v);
	return v;
}

static void gather_engine(struct volumes_list *l, const struct engine *e)
{
	struct mounted *mounted = find_mounted(e), *m;

	for (size_t i = 0; i < e->volumes_count; i++) {
		struct listed *v = find_or_add(l, e, &e->volumes[i]);

		HASH_FIND_STR(mounted, e->volumes[i].name, m);
		v->used |= m != NULL;
		strv_add(&v->nodes, e->name);
	}
	free_mounted(mounted);
}

static void gather_volumes(struct volumes_list *l, struct cluster *cluster)
{
	size_t count;
	struct engine **engines = cluster_sorted_engines(cluster, &count);

	for (size_t i = 0; i < count; i++) {
		if (engine_is_validated(engines[i]))
			gather_engine(l, engines[i]);
	}
	free(engines);
}

/* --- writing --- */

/* The engine's entry with a name of our own. */
static void write_volume(struct strbuf *sb, const struct listed *v)
{
	static const char *const ours[] = { "Name", NULL };

	strbuf_add_str(sb, "{\"Name\":");
	strbuf_add_json_str(sb, v->name, strlen(v->name));
	object_list_write_members(sb, v->volume->entry, ours);
	strbuf_add_char(sb, '}');
}

static void write_list(struct strbuf *sb, const struct volumes_list *l)
{
	const char *separator = "";
	struct listed *v, *tmp;

	strbuf_add_str(sb, "{\"Volumes\":[");
	HASH_ITER (hh, l->volumes, v, tmp) {
		if (!matches(l, v))
			continue;
		strbuf_add_str(sb, separator);
		write_volume(sb, v);
		separator = ",";
	}
	strbuf_add_str(sb, "],\"Warnings\":null}\n");
}

bool volumes_write_list(
	struct cluster *cluster, const char *filters, struct strbuf *to, struct error *err)
{
	struct volumes_list l = { 0 };
	bool valid = list_init_filters(&l, filters, err);

	if (valid) {
		gather_volumes(&l, cluster);
		write_list(to, &l);
	}
	list_finish(&l);
	return valid;
}

void volumes_list(struct request *rq)
{
	object_list_reply(rq, volumes_write_list);
}
