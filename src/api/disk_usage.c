/* api/disk_usage.c - every node is asked, and what they say is added up. */
#include "api/disk_usage.h"

#include "api/disk_usage_part.h"
#include "api/gather.h"
#include "api/reply.h"
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

/* --- the endpoint --- */

struct usage_parts {
	struct disk_usage_part *items; /* owned; one for each engine that is asked */
	size_t count;
};

static bool take_piece(void *arg, size_t i, const struct json_piece *piece, struct error *err)
{
	struct usage_parts *parts = arg;

	return disk_usage_part_take(&parts->items[i], piece, err);
}

static size_t parts_bytes(const void *arg)
{
	const struct usage_parts *parts = arg;
	size_t bytes = 0;

	for (size_t i = 0; i < parts->count; i++)
		bytes += disk_usage_part_bytes(&parts->items[i]);
	return bytes;
}

static void parts_destroy(void *arg)
{
	struct usage_parts *parts = arg;

	for (size_t i = 0; i < parts->count; i++)
		disk_usage_part_finish(&parts->items[i]);
	free(parts->items);
	free(parts);
}

static void read_parts(struct gather *g)
{
	static const struct fanout_reader reader = {
		.open = disk_usage_opened,
		.take = take_piece,
		.bytes = parts_bytes,
		.finish = parts_destroy,
	};
	struct usage_parts *parts = xnew(struct usage_parts);

	parts->count = g->fanout.count;
	parts->items = xcalloc(parts->count + 1, sizeof(*parts->items));
	for (size_t i = 0; i < parts->count; i++) {
		const struct engine *e = g->fanout.items[i].engine;

		disk_usage_part_init(&parts->items[i], g->rq, e->name,
			remote_version(&e->remote, g->rq->version));
	}
	fanout_read(&g->fanout, &reader, parts);
}

/* What an engine said before it failed is no part of it. */
static void write_sum(struct gather *g, struct evbuffer *to)
{
	struct usage_parts *parts = g->fanout.reader_arg;

	for (size_t i = 0; i < parts->count; i++) {
		if (error_is_set(&g->fanout.items[i].err))
			disk_usage_part_finish(&parts->items[i]);
	}
	disk_usage_write(to, parts->items, parts->count);
}

void disk_usage(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	struct gather *g;

	if (!disk_usage_check_types(rq, &err)) {
		reply_error(rq, &err);
		return;
	}
	g = gather_create(rq, NULL);
	g->write = write_sum;
	g->timeout_ms = DF_TIMEOUT_MS;
	gather_add_healthy(g);
	read_parts(g);
	gather_start(g, "/system/df");
}
