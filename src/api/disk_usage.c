/* api/disk_usage.c - every node is asked, and what several of them have is counted once. */
#include "api/disk_usage.h"

#include "api/disk_usage_shape.h"

#include <string.h>

#include "api/gather.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"

enum { DF_TIMEOUT_MS = 120 * 1000 }; /* engines walk their disks for it */

/* --- adding up --- */

static void add_number(yyjson_mut_val *sum, yyjson_mut_val *more)
{
	int64_t total;

	if (yyjson_mut_is_real(sum) || yyjson_mut_is_real(more))
		yyjson_mut_set_real(sum, yyjson_mut_get_num(sum) + yyjson_mut_get_num(more));
	else if (!__builtin_add_overflow(
			 yyjson_mut_get_sint(sum), yyjson_mut_get_sint(more), &total))
		yyjson_mut_set_sint(sum, total);
}

static void join_lists(yyjson_mut_val *sum, yyjson_mut_val *more)
{
	yyjson_mut_val *item;

	while ((item = yyjson_mut_arr_remove_first(more)))
		yyjson_mut_arr_append(sum, item);
}

/* Engines name the members, and a stranger may name very many: looked up, not searched. */
struct member {
	UT_hash_handle hh;
	yyjson_mut_val *value;
};

static void note_member(struct member **members, yyjson_mut_val *key, yyjson_mut_val *value)
{
	struct member *m = xnew(struct member);

	m->value = value;
	HASH_ADD_KEYPTR(hh, *members, yyjson_mut_get_str(key), yyjson_mut_get_len(key), m);
}

static yyjson_mut_val *find_member(struct member *members, yyjson_mut_val *key)
{
	struct member *m;

	HASH_FIND(hh, members, yyjson_mut_get_str(key), yyjson_mut_get_len(key), m);
	return m ? m->value : NULL;
}

static struct member *note_members(yyjson_mut_val *object)
{
	struct member *members = NULL;
	yyjson_mut_val *key, *value;
	size_t i, max;

	yyjson_mut_obj_foreach(object, i, max, key, value)
	{
		if (!find_member(members, key))
			note_member(&members, key, value);
	}
	return members;
}

static void free_members(struct member *members)
{
	struct member *m, *next;

	HASH_ITER (hh, members, m, next) {
		HASH_DEL(members, m);
		free(m);
	}
}

/* What it holds; where it stands stays. */
static void become(yyjson_mut_val *value, const yyjson_mut_val *other)
{
	value->tag = other->tag;
	value->uni = other->uni;
}

/* The members of `more` move over. */
static void merge_objects(yyjson_mut_doc *doc, yyjson_mut_val *sum, yyjson_mut_val *more)
{
	struct member *members = note_members(sum);
	yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(more);
	yyjson_mut_val *key;

	while ((key = yyjson_mut_obj_iter_next(&iter))) {
		yyjson_mut_val *value = yyjson_mut_obj_iter_remove(&iter);
		yyjson_mut_val *there = find_member(members, key);

		if (!there) {
			yyjson_mut_obj_add(sum, key, value);
			note_member(&members, key, value);
		} else if (yyjson_mut_is_null(there)) {
			become(there, value); /* null says as little as nothing */
		} else {
			disk_usage_add(doc, there, value);
		}
	}
	free_members(members);
}

void disk_usage_add(yyjson_mut_doc *doc, yyjson_mut_val *sum, yyjson_mut_val *more)
{
	if (yyjson_mut_is_num(sum) && yyjson_mut_is_num(more))
		add_number(sum, more);
	else if (yyjson_mut_is_arr(sum) && yyjson_mut_is_arr(more))
		join_lists(sum, more);
	else if (yyjson_mut_is_obj(sum) && yyjson_mut_is_obj(more))
		merge_objects(doc, sum, more);
}

/* --- whose it is --- */

static yyjson_mut_val *with_node(yyjson_mut_doc *doc, const char *node, const char *name)
{
	auto_free char *text = xasprintf("%s%s%s", node, *name == '/' ? "" : "/", name);

	return yyjson_mut_strcpy(doc, text);
}

/* From API 1.52 on a name is told without its node, too: docker 29 shows such names only. */
static void name_container(
	yyjson_mut_doc *doc, yyjson_mut_val *container, const char *node, struct api_version client)
{
	auto_free char *rooted = xasprintf("/%s", node);
	yyjson_mut_val *names = yyjson_mut_obj_get(container, "Names"), *name;
	yyjson_mut_val *told = yyjson_mut_arr(doc);
	size_t i, max;

	if (!yyjson_mut_is_arr(names))
		return;
	yyjson_mut_arr_foreach(names, i, max, name)
	{
		const char *text = yyjson_mut_get_str(name);

		if (!text)
			continue;
		yyjson_mut_arr_append(told, with_node(doc, rooted, text));
		if (!api_version_before(client, 1, 52))
			yyjson_mut_arr_append(told, yyjson_mut_str(doc, text));
	}
	yyjson_mut_obj_replace(container, yyjson_mut_str(doc, "Names"), told);
}

static void name_volume(yyjson_mut_doc *doc, yyjson_mut_val *volume, const char *node,
	struct api_version client maybe_unused)
{
	yyjson_mut_val *name = yyjson_mut_obj_get(volume, "Name");
	yyjson_mut_val *driver = yyjson_mut_obj_get(volume, "Driver");

	if (yyjson_mut_is_str(name) && yyjson_mut_equals_str(driver, "local"))
		yyjson_mut_obj_replace(volume, yyjson_mut_str(doc, "Name"),
			with_node(doc, node, yyjson_mut_get_str(name)));
}

struct usage_list {
	const char *key, *usage; /* "Containers", or "Items" of "ContainerUsage" */
	void (*name_node)(yyjson_mut_doc *doc, yyjson_mut_val *item, const char *node,
		struct api_version client);
};

static void name_items(const struct usage_list *kind, yyjson_mut_doc *doc, yyjson_mut_val *list,
	const char *node, struct api_version client)
{
	yyjson_mut_val *item;
	size_t i, max;

	yyjson_mut_arr_foreach(list, i, max, item) kind->name_node(doc, item, node, client);
}

void disk_usage_name_node(
	yyjson_mut_doc *doc, yyjson_mut_val *answer, const char *node, struct api_version client)
{
	static const struct usage_list kinds[] = {
		{ "Containers", "ContainerUsage", name_container },
		{ "Volumes", "VolumeUsage", name_volume },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		yyjson_mut_val *usage = yyjson_mut_obj_get(answer, kinds[i].usage);

		name_items(&kinds[i], doc, yyjson_mut_obj_get(answer, kinds[i].key), node, client);
		name_items(&kinds[i], doc, yyjson_mut_obj_get(usage, "Items"), node, client);
	}
}

/* --- the endpoint --- */

static char *merge_answers(struct gather *g, size_t *ret_len, struct error *err maybe_unused)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *sum = yyjson_mut_obj(doc);

	yyjson_mut_doc_set_root(doc, sum);
	for (size_t i = 0; i < g->fanout.count; i++) {
		struct fanout_item *item = &g->fanout.items[i];
		yyjson_val *answer = yyjson_doc_get_root(item->call.json);
		yyjson_mut_val *copy;

		if (!yyjson_is_obj(answer))
			continue;
		copy = yyjson_val_mut_copy(doc, answer);
		disk_usage_fit(
			doc, copy, g->rq, remote_version(&item->engine->remote, g->rq->version));
		disk_usage_name_node(doc, copy, item->engine->name, g->rq->version);
		disk_usage_add(doc, sum, copy);
	}
	return json_doc_text(doc, ret_len);
}

void disk_usage(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	struct gather *g;

	if (!disk_usage_check_types(rq, &err)) {
		reply_error(rq, &err);
		return;
	}
	g = gather_create(rq, merge_answers);
	g->timeout_ms = DF_TIMEOUT_MS;
	gather_add_healthy(g);
	gather_start(g, "/system/df");
}
