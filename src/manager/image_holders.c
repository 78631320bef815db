/* manager/image_holders.c - engines by what they call the image. */
#include "manager/image_holders.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "docker/image_name.h"
#include "docker/reference.h"

void image_holders_add(
	struct image_holders *h, struct engine *e, const char *reference, const struct image *found)
{
	h->items = xreallocarray(h->items, h->count + 1, sizeof(*h->items));
	h->items[h->count++] = (struct image_holder){
		.engine = engine_ref(e),
		.reference = xstrdup_null(reference),
		.id = xstrdup(found ? found->id : ""),
	};
}

void image_holders_finish(struct image_holders *h)
{
	for (size_t i = 0; i < h->count; i++) {
		engine_unref(h->items[i].engine);
		free(h->items[i].reference);
		free(h->items[i].id);
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

static bool take_found(struct image_holders *ret, const struct image_found *found, size_t count)
{
	if (!found)
		return false;
	*ret = (struct image_holders){ 0 };
	for (size_t i = 0; i < count; i++)
		image_holders_add(ret, found[i].engine, found[i].reference, found[i].image);
	return true;
}

bool image_holders_find(struct image_holders *ret, struct cluster *cluster, const char *name,
	enum image_match how, struct error *err)
{
	size_t count = 0;
	auto_free struct image_found *found = image_find_all(cluster, name, how, &count, err);

	return take_found(ret, found, count);
}

bool image_holders_find_last(struct image_holders *ret, struct cluster *cluster, const char *name,
	enum image_match how, struct error *err)
{
	size_t count = 0;
	auto_free struct image_found *found = image_find_last_all(cluster, name, how, &count, err);

	return take_found(ret, found, count);
}

/* --- several images --- */

/* Who has which of them. */
struct holdings {
	struct engine **engines; /* healthy, in natural order of names; owned */
	size_t engines_count, names_count;
	struct holding {
		const struct engine *engine;
		size_t row;
	} * rows;  /* by engine, for finding them; owned */
	bool *has; /* a row for each engine, as in engines; owned */
};

static int compare_holdings(const void *x, const void *y)
{
	const struct holding *a = x, *b = y;

	return ((uintptr_t)a->engine > (uintptr_t)b->engine) -
	       ((uintptr_t)a->engine < (uintptr_t)b->engine);
}

static bool *holdings_row(const struct holdings *h, const struct engine *e)
{
	struct holding key = { .engine = e };
	const struct holding *found =
		bsearch(&key, h->rows, h->engines_count, sizeof(*h->rows), compare_holdings);

	return found ? &h->has[found->row * h->names_count] : NULL;
}

static void read_name(struct holdings *h, const struct cluster *cluster, const char *name, size_t n)
{
	size_t count;
	auto_free struct image_found *found = image_find_any(cluster, name, &count);

	for (size_t i = 0; i < count; i++) {
		bool *row = holdings_row(h, found[i].engine);

		if (row)
			row[n] = true;
	}
}

static void holdings_read(struct holdings *h, struct cluster *cluster, const struct strv *names)
{
	size_t count;

	*h = (struct holdings){ .names_count = names->count };
	h->engines = cluster_sorted_engines(cluster, &count);
	for (size_t i = 0; i < count; i++) {
		if (engine_is_healthy(h->engines[i]))
			h->engines[h->engines_count++] = h->engines[i];
	}
	h->rows = xcalloc(h->engines_count, sizeof(*h->rows));
	h->has = xcalloc(h->engines_count * names->count, sizeof(*h->has));
	for (size_t i = 0; i < h->engines_count; i++)
		h->rows[i] = (struct holding){ .engine = h->engines[i], .row = i };
	qsort(h->rows, h->engines_count, sizeof(*h->rows), compare_holdings);
	for (size_t n = 0; n < names->count; n++)
		read_name(h, cluster, names->items[n], n);
}

static void holdings_finish(struct holdings *h)
{
	free(h->engines);
	free(h->rows);
	free(h->has);
}

static size_t count_had(const struct holdings *h, size_t engine)
{
	size_t count = 0;

	for (size_t n = 0; n < h->names_count; n++)
		count += h->has[engine * h->names_count + n];
	return count;
}

static bool is_anywhere(const struct holdings *h, size_t n)
{
	for (size_t i = 0; i < h->engines_count; i++) {
		if (h->has[i * h->names_count + n])
			return true;
	}
	return false;
}

/* Of several the first, as engines do. */
static bool check_anywhere(const struct holdings *h, const struct strv *names, struct error *err)
{
	for (size_t n = 0; n < names->count; n++) {
		if (is_anywhere(h, n))
			continue;
		if (!reference_check(names->items[n], err))
			return false;
		auto_free char *missing = image_name_missing(names->items[n]);

		return error_set(err, ERROR_NOT_FOUND, "No such image: %s", missing);
	}
	return true;
}

bool image_holders_common(struct image_holders *ret, struct cluster *cluster,
	const struct strv *names, struct error *err)
{
	struct image_holders found = { 0 };
	struct holdings h;
	bool ok;

	holdings_read(&h, cluster, names);
	for (size_t i = 0; i < h.engines_count; i++) {
		if (count_had(&h, i) == names->count)
			image_holders_add(&found, h.engines[i], NULL, NULL);
	}
	ok = found.count || check_anywhere(&h, names, err);
	holdings_finish(&h);
	if (ok)
		*ret = found;
	return ok;
}

size_t image_holders_count_missing(
	struct cluster *cluster, const struct engine *e, const struct strv *names)
{
	struct holdings h;
	const bool *row;
	size_t missing = names->count;

	holdings_read(&h, cluster, names);
	row = holdings_row(&h, e);
	for (size_t n = 0; row && n < names->count; n++)
		missing -= row[n];
	holdings_finish(&h);
	return missing;
}

struct engine *image_holders_most(struct cluster *cluster, const struct strv *names)
{
	struct engine *most = NULL;
	struct holdings h;
	size_t had = 0;

	holdings_read(&h, cluster, names);
	for (size_t i = 0; i < h.engines_count; i++) {
		size_t count = count_had(&h, i);

		if (!most || count > had) {
			most = h.engines[i];
			had = count;
		}
	}
	holdings_finish(&h);
	return most;
}

/* Those of the names that e has, or has not. */
static void select_names(struct cluster *cluster, const struct engine *e, const struct strv *names,
	bool has, struct strv *ret)
{
	struct holdings h;
	const bool *row;

	holdings_read(&h, cluster, names);
	row = holdings_row(&h, e);
	for (size_t n = 0; n < names->count; n++) {
		if ((row && row[n]) == has)
			strv_add(ret, names->items[n]);
	}
	holdings_finish(&h);
}

struct engine *image_holders_source(struct cluster *cluster, const struct engine *to,
	const struct strv *names, struct strv *ret_names)
{
	auto_strv struct strv lacking = STRV_INIT;
	struct engine *source;

	select_names(cluster, to, names, false, &lacking);
	source = image_holders_most(cluster, &lacking);
	if (source)
		select_names(cluster, source, &lacking, true, ret_names);
	return ret_names->count ? source : NULL;
}

static void add_healthy(struct image_holders *h, struct cluster *cluster, size_t start,
	bool (*accepts)(const struct engine *e, enum remote_kind kind), enum remote_kind kind)
{
	for (size_t i = 0; i < cluster->engines_count; i++) {
		struct engine *e = cluster->engines[(start + i) % cluster->engines_count];

		if (engine_is_healthy(e) && accepts(e, kind))
			image_holders_add(h, e, NULL, NULL);
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
