/* api/volumes_list.c - GET /volumes, from memory: rows by the name that is shown. */
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

struct volumes_list {
	struct object_list list;
	struct list_filters filters;
	bool dangling;          /* the filter's value, when it is there */
	struct listed *volumes; /* hash, in the order of the engines' names */
};

static struct volumes_list *volumes_of(struct object_list *l)
{
	return container_of(l, struct volumes_list, list);
}

static void free_listed(struct volumes_list *l, struct listed *v)
{
	HASH_DEL(l->volumes, v);
	strv_finish(&v->nodes);
	free(v->name);
	free(v);
}

static void finish(struct object_list *list)
{
	struct volumes_list *l = volumes_of(list);
	struct listed *v, *tmp;

	HASH_ITER (hh, l->volumes, v, tmp) {
		free_listed(l, v);
	}
	list_filters_finish(&l->filters);
}

/* --- filters --- */

static bool read_filters(struct object_list *list, const struct query *query, struct error *err)
{
	struct volumes_list *l = volumes_of(list);
	static const char *const accepted[] = { "dangling", "driver", "label", "name", "node",
		NULL };

	return (list_filters_parse(&l->filters, query_get(query, "filters"), err) ||
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
	       object_list_has_labels(&l->filters, "label", &v->volume->labels) &&
	       is_on_some_node(l, v);
}

/* --- gathering --- */

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
	l->list.bytes += sizeof(*v) + strlen(v->name);
	return v;
}

static void gather_volume(struct object_list *list, const struct held_list *of, size_t i)
{
	const struct volume *volume = (const struct volume *)of->things + i;
	const struct volume_use *use = volume_use_of(&of->engine->volume_uses, volume->name);
	struct listed *v = find_or_add(volumes_of(list), of->engine, volume);

	v->used |= use && use->containers > 0;
	strv_add(&v->nodes, of->engine->name);
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

static bool write_next(struct object_list *list, struct strbuf *to)
{
	struct volumes_list *l = volumes_of(list);
	struct listed *v = l->volumes; /* the first */

	if (!v)
		return false;
	if (matches(l, v))
		write_volume(to, v);
	free_listed(l, v);
	return true;
}

const struct object_list_kind volumes_list_kind = {
	.size = sizeof(struct volumes_list),
	.objects = OBJECT_VOLUMES,
	.before = "{\"Volumes\":[",
	.after = "],\"Warnings\":null}\n",
	.init = read_filters,
	.gather = gather_volume,
	.write = write_next,
	.finish = finish,
};

void volumes_list(struct request *rq)
{
	object_list_reply(rq, &volumes_list_kind);
}
