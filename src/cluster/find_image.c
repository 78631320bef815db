/* cluster/find_image.c - images by name and id. */
#include "cluster/find_image.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_private.h"
#include "cluster/image_came.h"
#include "cluster/image_same.h"
#include "docker/answer.h"
#include "docker/name.h"
#include "docker/reference.h"

/* Tags of one repository lie beside each other, and are one key. */
static void index_names(struct index_marks *m, const struct finders *f, const struct image *i,
	const char **names, size_t count)
{
	const char *last = NULL;
	size_t last_len = 0;

	for (size_t n = 0; n < count; n++) {
		size_t len;
		const char *key = image_name_key(names[n], &len);

		if (last && len == last_len && memcmp(key, last, len) == 0)
			continue;
		index_marks_add(m, f->image_names, key, len, i);
		last = key;
		last_len = len;
	}
}

void find_image_index(struct index_marks *m, const struct finders *f, const struct image *i)
{
	const char *hex = image_id_hex(i->id);

	index_names(m, f, i, i->tags, i->tags_count);
	index_names(m, f, i, i->digests, i->digests_count);
	index_marks_add(m, f->image_ids, hex, strlen(hex), i);
}

/* --- gathering --- */

struct gathered {
	struct image_found *items; /* owned */
	size_t count, cap;
};

static void gather(struct gathered *g, const struct list *marks, const char *name,
	enum image_match how, enum answer wanted)
{
	const struct index_mark *m;

	index_each(m, marks)
	{
		const struct image *i = mark_image(m);
		enum answer rank = image_answers(i, name, how);

		if (rank > wanted || (wanted == ANSWER_NAME && rank != ANSWER_NAME))
			continue;
		array_reserve(g->items, g->count, g->cap);
		g->items[g->count++] = (struct image_found){
			.image = i,
			.engine = m->of->engine,
			.reference =
				rank == ANSWER_NAME ? image_find_reference(i, name, how) : i->id,
		};
	}
}

static void add_same(void *arg, struct engine *e, const struct image *i)
{
	struct gathered *g = arg;

	array_reserve(g->items, g->count, g->cap);
	g->items[g->count++] = (struct image_found){ .image = i, .engine = e, .reference = i->id };
}

/* What was found by its id, in the other kind of store. */
static void gather_same(struct gathered *g)
{
	const struct image_found *named = NULL;

	for (size_t i = 0; i < g->count && !named; i++) {
		if (g->items[i].image->tags_count + g->items[i].image->digests_count > 0)
			named = &g->items[i];
	}
	if (named && named->reference == named->image->id)
		image_same_each(named->engine, named->image, add_same, g);
}

static void gather_names(
	struct gathered *g, const struct finders *f, const char *name, enum image_match how)
{
	size_t len;
	const char *key = image_name_key(name, &len);

	gather(g, index_find(f->image_names, key, len), name, how, ANSWER_NAME);
}

static void gather_ids(
	struct gathered *g, const struct finders *f, const char *name, enum image_match how)
{
	const struct list *marks;
	struct index_walk walk;

	index_walk_begin(&walk, f->image_ids, image_id_hex(name));
	while ((marks = index_walk_next(&walk)))
		gather(g, marks, name, how, ANSWER_PREFIX);
}

/* Names first; they win. */
static struct gathered gather_all(
	const struct cluster *cluster, const char *name, enum image_match how)
{
	struct gathered g = { 0 };

	gather_names(&g, cluster->finders, name, how);
	if (g.count == 0)
		gather_ids(&g, cluster->finders, name, how);
	return g;
}

/* Within one engine as in its list. */
static int compare_found(const void *x, const void *y)
{
	const struct image_found *a = x, *b = y;
	int order = 0;

	if (a->engine != b->engine) {
		order = compare_natural(a->engine->name, b->engine->name);
		return order ? order : compare_natural(a->engine->addr, b->engine->addr);
	}
	return a->image < b->image ? -1 : a->image > b->image;
}

static bool is_ambiguous(const struct gathered *g, const char *name)
{
	for (size_t i = 1; i < g->count; i++) {
		if (image_has_id_prefix(g->items[i].image, name) &&
			g->items[i].reference == g->items[i].image->id &&
			g->items[i].image->id != g->items[0].image->id) /* interned */
			return true;
	}
	return false;
}

/* The first of each engine that can be asked. */
static size_t keep_holders(struct gathered *g)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->count; i++) {
		struct image_found f = g->items[i];

		if (engine_is_healthy(f.engine) &&
			(kept == 0 || g->items[kept - 1].engine != f.engine))
			g->items[kept++] = f;
	}
	return kept;
}

/* --- several of one name --- */

static int64_t came_ms(const struct image_found *f)
{
	return image_came_ms(f->image, f->reference);
}

static bool is_later(const struct image_found *a, const struct image_found *b)
{
	int64_t x = came_ms(a), y = came_ms(b);

	x = x < 0 ? -x : x;
	y = y < 0 ? -y : y;
	return x > y;
}

static bool is_same_image(const struct image_found *a, const struct image_found *b)
{
	return image_same_by_name(a->engine, a->image, b->engine, b->image);
}

/* The last of those on healthy engines, when it was made here; NULL. */
static const struct image_found *find_last(const struct gathered *g, const char *name)
{
	const struct image_found *last = NULL;

	for (size_t i = 0; i < g->count; i++) {
		const struct image_found *f = &g->items[i];

		if (engine_is_healthy(f->engine) &&
			image_has_reference(f->image, name, IMAGE_MATCH_TAG) &&
			(!last || is_later(f, last)))
			last = f;
	}
	return last && came_ms(last) > 0 ? last : NULL;
}

/* An engine's images, from the first on: has it another one of the name, and not this one? */
static bool are_outdated(const struct image_found *first, size_t count,
	const struct image_found *last, const char *name)
{
	bool has_another = false;

	for (size_t i = 0; i < count; i++) {
		if (is_same_image(&first[i], last))
			return false;
		has_another |= image_has_reference(first[i].image, name, IMAGE_MATCH_TAG);
	}
	return has_another;
}

static size_t count_same_engine(const struct gathered *g, size_t first)
{
	size_t end = first;

	while (end < g->count && g->items[end].engine == g->items[first].engine)
		end++;
	return end - first;
}

/* Without those of engines that have another one; all of an engine stand together. */
static void leave_last(struct gathered *g, const char *name)
{
	const struct image_found *found = find_last(g, name);
	struct image_found last;
	size_t kept = 0, count;

	if (!found)
		return;
	last = *found;
	for (size_t i = 0; i < g->count; i += count) {
		count = count_same_engine(g, i);
		if (are_outdated(&g->items[i], count, &last, name))
			continue;
		memmove(&g->items[kept], &g->items[i], count * sizeof(*g->items));
		kept += count;
	}
	g->count = kept;
}

bool image_find_last(const struct cluster *cluster, const char *name, struct strv *ret_ids)
{
	struct gathered g = { 0 };
	const struct image_found *last;
	bool differ = false;

	if (!cluster->finders->have_made_images)
		return false;
	gather_names(&g, cluster->finders, name, IMAGE_MATCH_TAG);
	last = find_last(&g, name);
	for (size_t i = 0; last && i < g.count; i++) {
		if (!is_same_image(&g.items[i], last))
			differ = true;
		else if (!strv_contains(ret_ids, g.items[i].image->id))
			strv_add(ret_ids, g.items[i].image->id);
	}
	free(g.items);
	return differ;
}

bool image_is_outdated(const struct engine *e, const char *name)
{
	struct gathered g = { 0 };
	const struct image_found *last;
	size_t own = 0;

	if (!e->cluster->finders->have_made_images)
		return false;
	gather_names(&g, e->cluster->finders, name, IMAGE_MATCH_TAG);
	auto_free struct image_found *items = xcalloc(g.count + 1, sizeof(*items));

	last = find_last(&g, name);
	for (size_t i = 0; last && i < g.count; i++) {
		if (g.items[i].engine == e)
			items[own++] = g.items[i];
	}
	bool outdated = last && are_outdated(items, own, last, name);

	free(g.items);
	return outdated;
}

static bool check(const struct gathered *g, const char *name, struct error *err)
{
	if (!name_check("image", name, err))
		return false;
	if (is_ambiguous(g, name))
		return error_set(
			err, ERROR_INVALID, "multiple IDs found with provided prefix: %s", name);
	if (g->count)
		return true;
	if (!reference_check(name, err))
		return false;
	auto_free char *missing = image_name_missing(name);

	return error_set(err, ERROR_NOT_FOUND, "No such image: %s", missing);
}

static struct image_found *find_holders(struct cluster *cluster, const char *name,
	enum image_match how, bool only_last, size_t *ret_count, struct error *err)
{
	struct gathered g = gather_all(cluster, name, how);
	const struct engine *silent;

	if (!check(&g, name, err)) {
		free(g.items);
		return NULL;
	}
	gather_same(&g);
	auto_free struct image_found *items = g.items;

	qsort(g.items, g.count, sizeof(*g.items), compare_found);
	if (only_last)
		leave_last(&g, name);
	silent = g.items[g.count - 1].engine;
	*ret_count = keep_holders(&g);
	if (*ret_count)
		return steal(items);
	error_set(err, ERROR_UNAVAILABLE, "Image %s is only on unhealthy node %s", name,
		silent->name);
	return NULL;
}

struct image_found *image_find_all(struct cluster *cluster, const char *name, enum image_match how,
	size_t *ret_count, struct error *err)
{
	return find_holders(cluster, name, how, false, ret_count, err);
}

struct image_found *image_find_last_all(struct cluster *cluster, const char *name,
	enum image_match how, size_t *ret_count, struct error *err)
{
	return find_holders(cluster, name, how, true, ret_count, err);
}

const struct image *image_find(
	const struct cluster *cluster, const char *name, enum image_match how)
{
	struct gathered g = gather_all(cluster, name, how);
	const struct image *first = g.count ? g.items[0].image : NULL;

	free(g.items);
	return first;
}

struct image_found *image_find_named(
	const struct cluster *cluster, const char *name, size_t *ret_count)
{
	struct gathered g = { 0 };

	gather_names(&g, cluster->finders, name, IMAGE_MATCH_TAG);
	*ret_count = g.count;
	return g.items;
}

struct image_found *image_find_any(
	const struct cluster *cluster, const char *name, size_t *ret_count)
{
	struct gathered g = { 0 };

	gather_names(&g, cluster->finders, name, IMAGE_MATCH_ANY_TAG);
	gather_ids(&g, cluster->finders, name, IMAGE_MATCH_ANY_TAG);
	*ret_count = g.count;
	return g.items;
}

const struct image *image_find_by_id(const struct cluster *cluster, const char *id)
{
	const char *hex = image_id_hex(id);
	const struct image *found = NULL;
	const struct index_mark *m;

	index_each(m, index_find(cluster->finders->image_ids, hex, strlen(hex)))
	{
		found = mark_image(m);
		if (*found->parent)
			return found;
	}
	return found;
}

bool image_is_somewhere(const struct cluster *cluster, const char *name, bool *ret_pushed)
{
	struct gathered g = { 0 };
	bool found = false, pushed = false;

	gather_names(&g, cluster->finders, name, IMAGE_MATCH_TAG);
	gather_ids(&g, cluster->finders, name, IMAGE_MATCH_TAG);
	for (size_t i = 0; i < g.count; i++) {
		if (!engine_is_healthy(g.items[i].engine))
			continue;
		found = true;
		pushed |= image_has_digest_of(g.items[i].image, name);
	}
	free(g.items);
	if (ret_pushed)
		*ret_pushed = pushed;
	return found;
}
