/* api/volumes_list.c - GET /volumes, from memory: rows by the name that is shown. */
#include "api/volumes.h"

#include <string.h>

#include "api/object_list.h"
#include "cluster/find_volume.h"
#include "docker/listfilter.h"

struct volumes_list {
	struct object_list list;
	struct list_filters filters;
	bool dangling; /* the filter's value, when it is there */
};

static struct volumes_list *volumes_of(struct object_list *l)
{
	return container_of(l, struct volumes_list, list);
}

static void finish(struct object_list *list)
{
	list_filters_finish(&volumes_of(list)->filters);
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

static bool is_on_some_node(const struct volumes_list *l, const struct object_row *row)
{
	const struct strv *nodes = list_filters_get(&l->filters, "node");

	for (size_t i = 0; nodes && i < nodes->count; i++) {
		if (strv_contains(&row->nodes, nodes->items[i]))
			return true;
	}
	return !nodes;
}

/* By names as nodes know them, too: "^data$" means the volumes of that name on all nodes. */
static bool matches(const struct volumes_list *l, const struct object_row *row)
{
	const struct volume *v = row->thing;

	if (list_filters_get(&l->filters, "dangling") && row->used == l->dangling)
		return false;
	return list_filters_has(&l->filters, "driver", v->driver) &&
	       object_row_is_named(row, &l->filters, v->name) &&
	       object_list_has_labels(&l->filters, "label", &v->labels) && is_on_some_node(l, row);
}

/* --- gathering and writing --- */

static void gather_volume(struct object_list *list, const struct held_list *of, size_t i)
{
	const struct volume *volume = (const struct volume *)of->things + i;
	const struct volume_use *use = volume_use_of(&of->engine->volume_uses, volume->name);
	auto_strbuf struct strbuf name = STRBUF_INIT;
	struct object_row *row;

	volume_write_name(&name, volume, of->engine);
	row = object_list_row(list, name.buf, of->engine);
	if (!row->thing)
		row->thing = volume;
	row->used |= use && use->containers > 0; /* on one of these engines */
}

/* The engine's entry with a name of our own. */
static void write_volume(struct object_list *list, const struct object_row *row, struct strbuf *sb)
{
	static const char *const ours[] = { "Name", NULL };
	const struct volume *v = row->thing;

	if (!matches(volumes_of(list), row))
		return;
	strbuf_add_str(sb, "{\"Name\":");
	strbuf_add_json_str(sb, row->key, strlen(row->key));
	object_list_write_members(sb, v->entry, ours);
	strbuf_add_char(sb, '}');
}

const struct object_list_kind volumes_list_kind = {
	.size = sizeof(struct volumes_list),
	.objects = OBJECT_VOLUMES,
	.before = "{\"Volumes\":[",
	.after = "],\"Warnings\":null}\n",
	.init = read_filters,
	.gather = gather_volume,
	.write_row = write_volume,
	.finish = finish,
};

void volumes_list(struct request *rq)
{
	object_list_reply(rq, &volumes_list_kind);
}
