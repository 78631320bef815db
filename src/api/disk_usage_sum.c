/* api/disk_usage_sum.c - two documents become one, member by member. */
#include "api/disk_usage_sum.h"

#include "base/map.h"
#include "base/mem.h"

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
