/* manager/image_holders.c - engines by what they call the image. */
#include "manager/image_holders.h"

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

void image_holders_add(struct image_holders *h, struct engine *e, const char *reference)
{
	h->items = xreallocarray(h->items, h->count + 1, sizeof(*h->items));
	h->items[h->count++] = (struct image_holder){
		.engine = engine_ref(e),
		.reference = xstrdup_null(reference),
	};
}

void image_holders_finish(struct image_holders *h)
{
	for (size_t i = 0; i < h->count; i++) {
		engine_unref(h->items[i].engine);
		free(h->items[i].reference);
	}
	free(h->items);
	*h = (struct image_holders){ 0 };
}

static bool is_older(const struct image_holder *h, struct api_version than)
{
	return api_version_compare(h->engine->remote.range.max, than) < 0;
}

void image_holders_prefer(struct image_holders *h, struct api_version since)
{
	struct image_holder *sorted = xcalloc(h->count + 1, sizeof(*sorted));
	size_t count = 0;

	for (size_t i = 0; i < h->count; i++) {
		if (!is_older(&h->items[i], since))
			sorted[count++] = h->items[i];
	}
	for (size_t i = 0; i < h->count; i++) {
		if (is_older(&h->items[i], since))
			sorted[count++] = h->items[i];
	}
	free(h->items);
	h->items = sorted;
}

const struct image_holder *image_holders_older(
	const struct image_holders *h, struct api_version than)
{
	for (size_t i = 0; i < h->count; i++) {
		if (is_older(&h->items[i], than))
			return &h->items[i];
	}
	return NULL;
}

bool image_holders_find(struct image_holders *ret, struct cluster *cluster, const char *name,
	enum image_match how, struct error *err)
{
	size_t count;
	auto_free struct image_found *found = image_find_all(cluster, name, how, &count, err);

	if (!found)
		return false;
	*ret = (struct image_holders){ 0 };
	for (size_t i = 0; i < count; i++)
		image_holders_add(ret, found[i].engine, found[i].reference);
	return true;
}

/* --- several images --- */

static bool engine_has(const struct engine *e, const char *name)
{
	return image_is_on(e, name, IMAGE_MATCH_ANY_TAG);
}

static bool engine_has_all(const struct engine *e, const struct strv *names)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!engine_has(e, names->items[i]))
			return false;
	}
	return true;
}

static bool is_anywhere(const struct cluster *cluster, const char *name)
{
	const struct engine *e;

	cluster_each (e, cluster, CLUSTER_HEALTHY) {
		if (engine_has(e, name))
			return true;
	}
	return false;
}

static bool check_anywhere(
	const struct cluster *cluster, const struct strv *names, struct error *err)
{
	auto_strv struct strv missing = STRV_INIT;

	for (size_t i = 0; i < names->count; i++) {
		if (!is_anywhere(cluster, names->items[i]))
			strv_add(&missing, names->items[i]);
	}
	if (missing.count == 0)
		return true;
	auto_free char *all = strv_join(names, " ");
	auto_free char *nowhere = strv_join(&missing, " ");

	return error_set(err, ERROR_NOT_FOUND,
		"Unable to find a healthy engine containing all images: [%s]: no such image: %s",
		all, nowhere);
}

bool image_holders_common(struct image_holders *ret, struct cluster *cluster,
	const struct strv *names, struct error *err)
{
	struct image_holders found = { 0 };
	size_t count;
	struct engine **engines = cluster_sorted_engines(cluster, &count);

	for (size_t i = 0; i < count; i++) {
		if (engine_is_healthy(engines[i]) && engine_has_all(engines[i], names))
			image_holders_add(&found, engines[i], NULL);
	}
	free(engines);
	if (found.count == 0 && !check_anywhere(cluster, names, err))
		return false;
	*ret = found;
	return true;
}

static size_t count_had(const struct engine *e, const struct strv *names)
{
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++)
		count += engine_has(e, names->items[i]);
	return count;
}

size_t image_holders_count_missing(const struct engine *e, const struct strv *names)
{
	return names->count - count_had(e, names);
}

struct engine *image_holders_most(struct cluster *cluster, const struct strv *names)
{
	struct engine *most = NULL;
	size_t count;
	struct engine **engines = cluster_sorted_engines(cluster, &count);

	for (size_t i = 0; i < count; i++) {
		if (engine_is_healthy(engines[i]) &&
			(!most || count_had(engines[i], names) > count_had(most, names)))
			most = engines[i];
	}
	free(engines);
	return most;
}

struct engine *image_holders_source(struct cluster *cluster, const struct engine *to,
	const struct strv *names, struct strv *ret_names)
{
	auto_strv struct strv lacking = STRV_INIT;
	struct engine *source;

	for (size_t i = 0; i < names->count; i++) {
		if (!engine_has(to, names->items[i]))
			strv_add(&lacking, names->items[i]);
	}
	source = image_holders_most(cluster, &lacking);
	for (size_t i = 0; source && i < lacking.count; i++) {
		if (engine_has(source, lacking.items[i]))
			strv_add(ret_names, lacking.items[i]);
	}
	return ret_names->count ? source : NULL;
}

static void add_healthy(struct image_holders *h, struct cluster *cluster, size_t start,
	bool (*accepts)(const struct engine *e, enum remote_kind kind), enum remote_kind kind)
{
	for (size_t i = 0; i < cluster->engines_count; i++) {
		struct engine *e = cluster->engines[(start + i) % cluster->engines_count];

		if (engine_is_healthy(e) && accepts(e, kind))
			image_holders_add(h, e, NULL);
	}
}

static bool is_kind(const struct engine *e, enum remote_kind kind)
{
	return e->remote.kind == kind;
}

static bool is_other_kind(const struct engine *e, enum remote_kind kind)
{
	return e->remote.kind != kind;
}

bool image_holders_any_engine(struct image_holders *ret, struct cluster *cluster,
	enum remote_kind preferred, struct error *err)
{
	const struct engine *first = cluster_any_healthy(cluster);
	struct image_holders found = { 0 };
	size_t start = 0;

	if (!first)
		return error_set(
			err, ERROR_UNAVAILABLE, "No healthy node available in the cluster");
	while (cluster->engines[start] != first)
		start++;
	add_healthy(&found, cluster, start, is_kind, preferred);
	add_healthy(&found, cluster, start, is_other_kind, preferred);
	*ret = found;
	return true;
}
