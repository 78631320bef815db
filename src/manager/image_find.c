#include "manager/image_find.h"

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

/* --- one engine --- */

/* The engine's own spelling of the name: Podman writes "docker.io/library/busybox:latest". */
static const char *find_by_name(const struct engine *e, const char *wanted, enum image_match how)
{
	for (size_t i = 0; i < e->images_count; i++) {
		const char *name = image_find_reference(&e->images[i], wanted, how);

		if (name)
			return name;
	}
	return NULL;
}

/* The full id; *ret_many when the prefix fits several images. */
static const char *find_by_id(const struct engine *e, const char *prefix, bool *ret_many)
{
	const char *id = NULL;

	for (size_t i = 0; i < e->images_count; i++) {
		if (!image_has_id_prefix(&e->images[i], prefix))
			continue;
		*ret_many = *ret_many || (id && id != e->images[i].id); /* interned */
		id = e->images[i].id;
	}
	return id;
}

/* --- the cluster --- */

struct search {
	const char *name;
	enum image_match how;
	struct image_holders *holders;
	const char *id;           /* by id: the one that was found */
	bool ambiguous;           /* by id: there was another */
	struct engine *unhealthy; /* has it, but cannot be asked */
};

static void found_on(struct search *s, struct engine *e, const char *reference)
{
	if (engine_is_healthy(e))
		image_holders_add(s->holders, e, reference);
	else
		s->unhealthy = e;
}

static void search_names(struct search *s, struct engine **engines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = find_by_name(engines[i], s->name, s->how);

		if (name)
			found_on(s, engines[i], name);
	}
}

static void search_ids(struct search *s, struct engine **engines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *id = find_by_id(engines[i], s->name, &s->ambiguous);

		if (!id)
			continue;
		s->ambiguous = s->ambiguous || (s->id && s->id != id);
		s->id = id;
		found_on(s, engines[i], id);
	}
}

static bool check_search(const struct search *s, struct error *err)
{
	if (s->ambiguous)
		return error_set(
			err, ERROR_INVALID, "multiple IDs found with provided prefix: %s", s->name);
	if (s->holders->count > 0)
		return true;
	if (s->unhealthy)
		return error_set(err, ERROR_UNAVAILABLE, "Image %s is only on unhealthy node %s",
			s->name, s->unhealthy->name);
	return error_set(err, ERROR_NOT_FOUND, "No such image: %s", s->name);
}

bool image_find_holders(struct image_holders *ret, struct cluster *cluster, const char *name,
	enum image_match how, struct error *err)
{
	struct image_holders found = { 0 };
	struct search s = { .name = name, .how = how, .holders = &found };
	size_t count;
	struct engine **engines = cluster_sorted_engines(cluster, &count);

	search_names(&s, engines, count);
	if (found.count == 0 && !s.unhealthy)
		search_ids(&s, engines, count);
	free(engines);
	if (!check_search(&s, err)) {
		image_holders_finish(&found);
		return false;
	}
	*ret = found;
	return true;
}

const struct image *image_find(
	const struct cluster *cluster, const char *name, enum image_match how)
{
	const struct image *by_id = NULL;

	for (size_t i = 0; i < cluster->engines_count; i++) {
		const struct engine *e = cluster->engines[i];

		for (size_t k = 0; k < e->images_count; k++) {
			if (image_has_reference(&e->images[k], name, how))
				return &e->images[k];
			if (!by_id && image_has_id_prefix(&e->images[k], name))
				by_id = &e->images[k];
		}
	}
	return by_id;
}

static void look_at_engine(
	const struct engine *e, const char *name, bool *ret_found, bool *ret_pushed)
{
	for (size_t k = 0; k < e->images_count; k++) {
		if (!image_has_name(&e->images[k], name, IMAGE_MATCH_TAG))
			continue;
		*ret_found = true;
		*ret_pushed |= image_has_digest_of(&e->images[k], name);
	}
}

bool image_is_somewhere(const struct cluster *cluster, const char *name, bool *ret_pushed)
{
	bool found = false, pushed = false;

	for (size_t i = 0; i < cluster->engines_count; i++) {
		if (engine_is_healthy(cluster->engines[i]))
			look_at_engine(cluster->engines[i], name, &found, &pushed);
	}
	if (ret_pushed)
		*ret_pushed = pushed;
	return found;
}

/* --- several images --- */

static bool engine_has(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->images_count; i++) {
		if (image_has_name(&e->images[i], name, IMAGE_MATCH_ANY_TAG))
			return true;
	}
	return false;
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
	for (size_t i = 0; i < cluster->engines_count; i++) {
		if (engine_is_healthy(cluster->engines[i]) && engine_has(cluster->engines[i], name))
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

bool image_find_common(struct image_holders *ret, struct cluster *cluster, const struct strv *names,
	struct error *err)
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

size_t image_count_missing(const struct engine *e, const struct strv *names)
{
	return names->count - count_had(e, names);
}

struct engine *image_find_most(struct cluster *cluster, const struct strv *names)
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

struct engine *image_find_source(struct cluster *cluster, const struct engine *to,
	const struct strv *names, struct strv *ret_names)
{
	auto_strv struct strv lacking = STRV_INIT;
	struct engine *source;

	for (size_t i = 0; i < names->count; i++) {
		if (!engine_has(to, names->items[i]))
			strv_add(&lacking, names->items[i]);
	}
	source = image_find_most(cluster, &lacking);
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

bool image_find_any_engine(struct image_holders *ret, struct cluster *cluster,
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
