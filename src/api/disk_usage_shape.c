/* api/disk_usage_shape.c - between the lists of today and the members of older versions. */
#include "api/disk_usage_shape.h"

#include <string.h>

#include "base/parse.h"

static int64_t get_int(yyjson_mut_val *object, const char *key)
{
	return yyjson_mut_get_sint(yyjson_mut_obj_get(object, key));
}

static bool get_flag(yyjson_mut_val *object, const char *key)
{
	return yyjson_mut_get_bool(yyjson_mut_obj_get(object, key));
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; text && i < count; i++) {
		if (strcmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* --- the kinds, as the docker command counted them when it got lists only --- */

/* Layers that only images without containers have; the sum of all comes from elsewhere. */
static void count_image(struct usage *u, yyjson_mut_val *image)
{
	int64_t size = get_int(image, "Size"), shared = get_int(image, "SharedSize");

	if (get_int(image, "Containers") <= 0)
		return;
	u->active++;
	if (size >= 0 && shared >= 0)
		u->reclaimable -= size - shared;
}

static void count_container(struct usage *u, yyjson_mut_val *container)
{
	static const char *const states[] = { "running", "paused", "restarting" };
	bool active = is_one_of(yyjson_mut_get_str(yyjson_mut_obj_get(container, "State")), states,
		ARRAY_SIZE(states));

	u->active += active;
	u->size += get_int(container, "SizeRw");
	if (!active)
		u->reclaimable += get_int(container, "SizeRw");
}

static void count_volume(struct usage *u, yyjson_mut_val *volume)
{
	yyjson_mut_val *data = yyjson_mut_obj_get(volume, "UsageData");
	int64_t size = get_int(data, "Size");

	size = size > 0 ? size : 0; /* -1: not known */
	u->active += get_int(data, "RefCount") > 0;
	u->size += size;
	if (get_int(data, "RefCount") == 0)
		u->reclaimable += size;
}

static void count_cache(struct usage *u, yyjson_mut_val *record)
{
	bool in_use = get_flag(record, "InUse");

	u->active += in_use;
	if (get_flag(record, "Shared"))
		return; /* counted with the images */
	u->size += get_int(record, "Size");
	if (!in_use)
		u->reclaimable += get_int(record, "Size");
}

const struct disk_usage_kind disk_usage_kinds[DISK_USAGE_KINDS] = {
	{ "image", "Images", "ImageUsage", "ImageUsage.Items", "LayersSize", count_image },
	{ "container", "Containers", "ContainerUsage", "ContainerUsage.Items", NULL,
		count_container },
	{ "volume", "Volumes", "VolumeUsage", "VolumeUsage.Items", NULL, count_volume },
	{ "build-cache", "BuildCache", "BuildCacheUsage", "BuildCacheUsage.Items", NULL,
		count_cache },
};

static void remove_kind(yyjson_mut_val *answer, const struct disk_usage_kind *kind)
{
	yyjson_mut_obj_remove_key(answer, kind->list);
	if (kind->sum)
		yyjson_mut_obj_remove_key(answer, kind->sum);
}

/* --- one object for each --- */

/* Members that are 0 are left out, as engines do. */
static void add_number(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, int64_t n)
{
	if (n != 0)
		yyjson_mut_obj_add_sint(doc, object, key, n);
}

static void add_usage(yyjson_mut_doc *doc, yyjson_mut_val *answer,
	const struct disk_usage_kind *kind, struct usage u, bool with_items)
{
	yyjson_mut_val *object;

	if (!yyjson_mut_obj_get(answer, kind->list) || yyjson_mut_obj_get(answer, kind->usage))
		return;
	if (kind->sum) {
		u.size = get_int(answer, kind->sum);
		u.reclaimable += u.size;
	}
	object = yyjson_mut_obj_add_obj(doc, answer, kind->usage);
	add_number(doc, object, "ActiveCount", u.active);
	add_number(doc, object, "TotalCount", u.total);
	add_number(doc, object, "Reclaimable", u.reclaimable);
	add_number(doc, object, "TotalSize", u.size);
	if (with_items && u.total)
		yyjson_mut_obj_add_arr(doc, object, "Items");
}

/* --- what was asked for --- */

static bool is_type(const char *text)
{
	for (size_t i = 0; i < DISK_USAGE_KINDS; i++) {
		if (strcmp(disk_usage_kinds[i].type, text) == 0)
			return true;
	}
	return false;
}

bool disk_usage_check_types(const struct request *rq, struct error *err)
{
	for (size_t i = 0; i < rq->query.count; i++) {
		const struct query_param *param = &rq->query.params[i];

		if (strcmp(param->key, "type") == 0 && !is_type(param->value))
			return error_set(
				err, ERROR_INVALID, "unknown object type: %s", param->value);
	}
	return true;
}

static bool wants_type(const struct query *q, const char *type)
{
	bool any = false;

	for (size_t i = 0; i < q->count; i++) {
		if (strcmp(q->params[i].key, "type") != 0)
			continue;
		any = true;
		if (strcmp(q->params[i].value, type) == 0)
			return true;
	}
	return !any;
}

void disk_usage_fit(yyjson_mut_doc *doc, yyjson_mut_val *answer, const struct request *rq,
	struct api_version engine, const struct usage counts[DISK_USAGE_KINDS])
{
	bool verbose = parse_query_bool(query_get(&rq->query, "verbose"));
	bool new_shape =
		!api_version_before(rq->version, 1, 52) && api_version_before(engine, 1, 52);

	for (size_t i = 0; i < DISK_USAGE_KINDS; i++) {
		if (api_version_before(engine, 1, 42) &&
			!wants_type(&rq->query, disk_usage_kinds[i].type))
			remove_kind(answer, &disk_usage_kinds[i]);
		if (!new_shape)
			continue;
		add_usage(doc, answer, &disk_usage_kinds[i], counts[i], verbose);
		if (verbose)
			remove_kind(answer, &disk_usage_kinds[i]);
	}
	if (new_shape && verbose)
		yyjson_mut_obj_remove_key(answer, "BuilderSize");
}
