/* api/images_merge.c - images by id, their names and sizes joined as they come. */
#include "api/images_merge.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sorted.h"
#include "manager/fanout.h"

/* An entry that an engine told just now; lent by the fan-out. */
struct told {
	const char *id;
	size_t order; /* of its engine, behind all that tell more */
	yyjson_val *entry;
};

struct source {
	const struct image *image;
	size_t order;      /* of its engine */
	int64_t created_s; /* of the first source of the same id */
};

struct merge {
	const struct image_filter *filter;
	struct api_version client;
	struct source *sources; /* equal ids stand together; owned */
	size_t sources_count, sources_cap;
	const char **used_ids; /* image of each container, interned, sorted by address; owned */
	size_t used_count, used_cap;
	struct told *told; /* equal ids stand together; owned */
	size_t told_count, told_cap;
};

/* --- gathering --- */

static int compare_ids(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	int by_id = strcmp(x->image->id, y->image->id);

	if (by_id)
		return by_id;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int compare_sources(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	if (x->created_s != y->created_s)
		return x->created_s < y->created_s ? 1 : -1;
	return compare_ids(a, b);
}

/* Newest first.  An index that several processors share is one id, of which each engine tells when
 * the image for its own processor was made: the first engine's word stands for all. */
static void sort_sources(struct source *sources, size_t count)
{
	if (count == 0)
		return;
	qsort(sources, count, sizeof(*sources), compare_ids);
	sources[0].created_s = sources[0].image->created_s;
	for (size_t i = 1; i < count; i++) {
		bool same = strcmp(sources[i].image->id, sources[i - 1].image->id) == 0;

		sources[i].created_s =
			same ? sources[i - 1].created_s : sources[i].image->created_s;
	}
	qsort(sources, count, sizeof(*sources), compare_sources);
}

static void gather_engine(struct merge *m, const struct engine *e, size_t order)
{
	for (size_t i = 0; i < e->images_count; i++) {
		if (!image_filter_matches(m->filter, &e->images[i]))
			continue;
		array_reserve(m->sources, m->sources_count, m->sources_cap);
		m->sources[m->sources_count++] =
			(struct source){ .image = &e->images[i], .order = order };
	}
}

static int compare_addresses(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return x < y ? -1 : x > y;
}

static void gather_used(struct merge *m, const struct engine *e)
{
	for (size_t i = 0; i < e->containers_count; i++) {
		if (!e->containers[i]->image_id)
			continue;
		array_reserve(m->used_ids, m->used_count, m->used_cap);
		m->used_ids[m->used_count++] = e->containers[i]->image_id;
	}
}

static bool shows_containers(const struct merge *m)
{
	return !api_version_before(m->client, 1, 51);
}

static void gather(struct merge *m, struct engine *const *engines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!engine_is_validated(engines[i]) ||
			!image_filter_takes_node(m->filter, engines[i]))
			continue;
		gather_engine(m, engines[i], i);
		if (shows_containers(m))
			gather_used(m, engines[i]);
	}
	sort_sources(m->sources, m->sources_count);
	if (m->used_count)
		qsort(m->used_ids, m->used_count, sizeof(*m->used_ids), compare_addresses);
}

static int compare_told(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int by_id = strcmp(x->id, y->id);

	if (by_id)
		return by_id;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void gather_told(struct merge *m, const struct fanout *answers)
{
	for (size_t i = 0; answers && i < answers->count; i++) {
		yyjson_val *list = yyjson_doc_get_root(answers->items[i].call.json), *entry;
		yyjson_arr_iter iter;

		yyjson_arr_iter_init(list, &iter);
		while ((entry = yyjson_arr_iter_next(&iter))) {
			bool tells_more = json_get_arr(entry, "Manifests") != NULL;

			array_reserve(m->told, m->told_count, m->told_cap);
			m->told[m->told_count++] = (struct told){
				.id = json_get_str(entry, "Id", ""),
				.order = tells_more ? i : answers->count + i,
				.entry = entry,
			};
		}
	}
	if (m->told_count)
		qsort(m->told, m->told_count, sizeof(*m->told), compare_told);
}

/* --- one image --- */

static yyjson_val *find_told(const struct merge *m, const char *id)
{
	struct told key = { .id = id }; /* before all of this id */
	size_t at = sorted_place(&key, m->told, m->told_count, sizeof(key), compare_told);

	return at < m->told_count && strcmp(m->told[at].id, id) == 0 ? m->told[at].entry : NULL;
}

static yyjson_mut_doc *copy_entry(const struct merge *m, const struct image *image)
{
	yyjson_val *told = find_told(m, image->id);
	auto_json yyjson_doc *kept = NULL;
	yyjson_mut_doc *doc;

	if (!told) {
		kept = json_parse(image->entry, strlen(image->entry), NULL);
		told = yyjson_doc_get_root(kept);
	}
	doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_doc_set_root(doc, yyjson_val_mut_copy(doc, told));
	return doc;
}

static int64_t count_containers(const struct merge *m, const char *id)
{
	size_t first, n = 0;

	first = sorted_place(&id, m->used_ids, m->used_count, sizeof(id), compare_addresses);
	while (first + n < m->used_count && m->used_ids[first + n] == id)
		n++;
	return (int64_t)n;
}

static bool has_text(yyjson_mut_val *array, const char *text)
{
	yyjson_mut_val *item;
	size_t i, max;

	yyjson_mut_arr_foreach(array, i, max, item)
	{
		if (yyjson_mut_equals_str(item, text))
			return true;
	}
	return false;
}

static void add_names(const struct merge *m, yyjson_mut_doc *doc, yyjson_mut_val *array,
	const char **names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (image_filter_shows_name(m->filter, names[i]) && !has_text(array, names[i]))
			yyjson_mut_arr_add_str(doc, array, names[i]);
	}
}

static void put(yyjson_mut_doc *doc, yyjson_mut_val *root, const char *key, yyjson_mut_val *value)
{
	yyjson_mut_obj_put(root, yyjson_mut_str(doc, key), value);
}

static void put_names(const struct merge *m, yyjson_mut_doc *doc, yyjson_mut_val *root,
	const struct source *group, size_t count)
{
	yyjson_mut_val *tags = yyjson_mut_arr(doc), *digests = yyjson_mut_arr(doc);

	for (size_t i = 0; i < count; i++) {
		const struct image *image = group[i].image;

		add_names(m, doc, tags, image->tags, image->tags_count);
		add_names(m, doc, digests, image->digests, image->digests_count);
	}
	/* Until API 1.43 an image without a name was given one. */
	if (api_version_before(m->client, 1, 43) && yyjson_mut_arr_size(tags) == 0 &&
		yyjson_mut_arr_size(digests) == 0) {
		yyjson_mut_arr_add_str(doc, tags, "<none>:<none>");
		yyjson_mut_arr_add_str(doc, digests, "<none>@<none>");
	}
	put(doc, root, "RepoTags", tags);
	put(doc, root, "RepoDigests", digests);
}

/* Fields that came or went with a version; the engine that told us may be older or newer. */
static void fit_version(
	const struct merge *m, yyjson_mut_doc *doc, yyjson_mut_val *root, const struct image *image)
{
	if (api_version_before(m->client, 1, 44))
		put(doc, root, "VirtualSize", yyjson_mut_sint(doc, image->size_bytes));
	else
		yyjson_mut_obj_remove_key(root, "VirtualSize");
	if (api_version_before(m->client, 1, 48))
		yyjson_mut_obj_remove_key(root, "Descriptor");
	if (api_version_before(m->client, 1, 47))
		yyjson_mut_obj_remove_key(root, "Manifests");
	put(doc, root, "Containers",
		yyjson_mut_sint(doc, shows_containers(m) ? count_containers(m, image->id) : -1));
}

static void write_group(
	struct strbuf *to, const struct merge *m, const struct source *group, size_t count)
{
	const struct image *image = group[0].image;
	auto_json_mut yyjson_mut_doc *doc = copy_entry(m, image);
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);

	put_names(m, doc, root, group, count);
	fit_version(m, doc, root, image);
	json_mut_write(to, root);
}

static size_t group_size(const struct merge *m, size_t first)
{
	size_t n = 1;

	while (first + n < m->sources_count &&
		strcmp(m->sources[first + n].image->id, m->sources[first].image->id) == 0)
		n++;
	return n;
}

void images_merge_write(struct strbuf *to, const struct image_filter *filter,
	struct api_version client, struct engine *const *engines, size_t count,
	const struct fanout *told)
{
	struct merge m = { .filter = filter, .client = client };

	gather(&m, engines, count);
	gather_told(&m, told);
	strbuf_add_char(to, '[');
	for (size_t i = 0, n; i < m.sources_count; i += n) {
		n = group_size(&m, i);
		if (i > 0)
			strbuf_add_char(to, ',');
		write_group(to, &m, &m.sources[i], n);
	}
	strbuf_add_str(to, "]\n");
	free(m.sources);
	free(m.used_ids);
	free(m.told);
}
