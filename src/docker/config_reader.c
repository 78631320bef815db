/* docker/config_reader.c - each getter remembers the first member of a wrong type. */
#include "docker/config_reader.h"

#include <string.h>

#include "base/util.h"

bool config_reader_fail(
	struct config_reader *r, const char *where, const char *key, const char *type)
{
	if (!r->failed)
		error_set(r->err, ERROR_INVALID, "invalid JSON: %s%s must be %s", where, key, type);
	r->failed = true;
	return false;
}

const char *config_plain_str(yyjson_mut_val *val)
{
	const char *s = yyjson_mut_get_str(val);

	return s && strlen(s) == yyjson_mut_get_len(val) ? s : NULL;
}

void config_put(yyjson_mut_doc *doc, yyjson_mut_val *obj, const char *key, yyjson_mut_val *val)
{
	yyjson_mut_obj_put(obj, yyjson_mut_str(doc, key), val);
}

/* The last value of the key, which is the only one afterwards. */
static yyjson_mut_val *read_member(struct config_reader *r, yyjson_mut_val *obj, const char *key)
{
	yyjson_mut_val *name, *last = NULL;
	yyjson_mut_obj_iter iter;
	size_t seen = 0;

	yyjson_mut_obj_iter_init(obj, &iter);
	while ((name = yyjson_mut_obj_iter_next(&iter))) {
		if (!yyjson_mut_equals_str(name, key))
			continue;
		last = yyjson_mut_obj_iter_get_val(name);
		seen++;
	}
	if (seen > 1) { /* a copy: a value is linked into its object and cannot be put twice */
		last = yyjson_mut_val_mut_copy(r->doc, last);
		config_put(r->doc, obj, key, last);
	}
	return yyjson_mut_is_null(last) ? NULL : last;
}

/* What is done for each of them may look at all of them, and is one piece of work. */
static size_t ceiling_of(const char *key)
{
	static const struct {
		const char *key;
		size_t count;
	} ceilings[] = {
		{ "affinity", 256 },
		{ "Binds", 1024 },
		{ "constraint", 256 },
		{ "EndpointsConfig", 1024 },
		{ "ExposedPorts", 64 * 1024 }, /* there are no more */
		{ "Mounts", 1024 },
		{ "PortBindings", 64 * 1024 },
		{ "reschedule", 256 },
		{ "whitelist", 256 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ceilings); i++) {
		if (strcmp(ceilings[i].key, key) == 0)
			return ceilings[i].count;
	}
	return 16 * 1024;
}

bool config_check_count(struct config_reader *r, const char *where, const char *key, size_t count)
{
	if (count <= ceiling_of(key))
		return true;
	if (!r->failed)
		error_set(r->err, ERROR_INVALID, "%s%s has %zu entries; %zu are taken at most",
			where, key, count, ceiling_of(key));
	r->failed = true;
	return false;
}

yyjson_mut_val *config_read_object(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key)
{
	yyjson_mut_val *val = read_member(r, obj, key);

	if (!val || yyjson_mut_is_obj(val))
		return config_check_count(r, where, key, yyjson_mut_obj_size(val)) ? val : NULL;
	config_reader_fail(r, where, key, "an object");
	return NULL;
}

yyjson_mut_val *config_read_array(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key)
{
	yyjson_mut_val *val = read_member(r, obj, key);

	if (!val || yyjson_mut_is_arr(val))
		return config_check_count(r, where, key, yyjson_mut_arr_size(val)) ? val : NULL;
	config_reader_fail(r, where, key, "an array");
	return NULL;
}

const char *config_read_str(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key)
{
	yyjson_mut_val *val = read_member(r, obj, key);
	const char *s = config_plain_str(val);

	if (val && !s)
		config_reader_fail(r, where, key, "a string");
	return s ? s : "";
}

int64_t config_read_int(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key)
{
	yyjson_mut_val *val = read_member(r, obj, key);

	if (!val)
		return 0;
	if (yyjson_mut_is_sint(val))
		return yyjson_mut_get_sint(val);
	if (yyjson_mut_is_uint(val) && yyjson_mut_get_uint(val) <= INT64_MAX)
		return (int64_t)yyjson_mut_get_uint(val);
	config_reader_fail(r, where, key, "an integer of 64 bits");
	return 0;
}

bool config_read_bool(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key)
{
	yyjson_mut_val *val = read_member(r, obj, key);

	if (val && !yyjson_mut_is_bool(val))
		config_reader_fail(r, where, key, "true or false");
	return yyjson_mut_get_bool(val);
}

void config_read_strv(struct config_reader *r, yyjson_mut_val *obj, const char *where,
	const char *key, struct strv *ret)
{
	yyjson_mut_val *array = config_read_array(r, obj, where, key), *item;
	yyjson_mut_arr_iter iter;

	yyjson_mut_arr_iter_init(array, &iter);
	while ((item = yyjson_mut_arr_iter_next(&iter))) {
		const char *s = config_plain_str(item);

		if (s)
			strv_add(ret, s);
		else if (!config_reader_fail(r, where, key, "an array of strings"))
			return;
	}
}
