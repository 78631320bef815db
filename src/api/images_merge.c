/* api/images_merge.c - images by id, their names and sizes joined as they come. */
#include "api/images_merge.h"

#include <string.h>

#include "api/images_filter.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/long_sort.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/sorted.h"
#include "base/text_set.h"
#include "cluster/image_same.h"
#include "manager/fanout.h"

/* An entry that an engine told just now; lent by the fan-out. */
struct told {
	const char *id;
	size_t order; /* of its engine, behind all that tell more */
	yyjson_val *entry;
};

/* One image, on all engines that have it. */
struct row {
	const char *id;               /* interned */
	int64_t created_s;            /* of the first source */
	const struct image **sources; /* in the order of the engines; owned */
	size_t count, cap;
	size_t number;     /* in the order in which rows came */
	struct row *same;  /* an earlier one, which is this in the other kind of store; NULL */
	struct row *other; /* the next that is the same as this; NULL: the last */
	UT_hash_handle hh; /* by the address of the id */
};

/* Where the two kinds of stores may meet: a tag and when its image was made, or a digest. */
struct meeting {
	struct meeting_key {
		const char *name;  /* interned */
		int64_t created_s; /* 0 with digests */
	} key;
	struct row *rows[2]; /* the first of each kind of store; NULL */
	UT_hash_handle hh;   /* by the key */
};

struct merge {
	struct object_list list;
	struct image_filter filter;
	bool takes_node;          /* the engine whose images are being gathered */
	bool in_containerd;       /* it has the store of containerd */
	bool mixed;               /* there are engines with either store */
	struct meeting *meetings; /* owned hash */
	struct row *by_id;        /* owned hash */
	const char **used_ids;    /* image of each container, interned; owned */
	size_t used_count, used_cap;
	struct told *told; /* owned */
	size_t told_count, told_cap;
	const struct fanout *answers; /* that are told; NULL: none are */
	size_t teller;                /* of them */
	bool telling;
	yyjson_arr_iter next_told;
	bool ordering;             /* the arrays above are in these now: */
	struct long_sort all_used; /* by address */
	struct long_sort all_told; /* equal ids stand together */
	struct long_sort rows;     /* of pointers to them */
	size_t next;               /* of them, to be written */
};

static struct merge *merge_of(struct object_list *l)
{
	return container_of(l, struct merge, list);
}

static bool is_mixed(const struct cluster *cluster)
{
	bool any[2] = { false, false };
	const struct engine *e;

	cluster_each (e, cluster, CLUSTER_ALL)
		any[e->containerd_store] = true;
	return any[false] && any[true];
}

static bool merge_init(struct object_list *l, const struct query *query, struct error *err)
{
	merge_of(l)->mixed = is_mixed(l->cluster);
	return images_filter_init(&merge_of(l)->filter, query, l->client, l->cluster, err);
}

static void free_row(struct merge *m, struct row *row)
{
	HASH_DEL(m->by_id, row);
	free(row->sources);
	free(row);
}

static const char **used_of(const struct merge *m)
{
	return m->ordering ? (const char **)m->all_used.items : m->used_ids;
}

static void free_used(struct merge *m)
{
	for (size_t i = 0; i < m->used_count; i++)
		intern_unref(used_of(m)[i]);
	long_sort_finish(&m->all_used);
	free(m->used_ids);
}

static void free_meetings(struct merge *m)
{
	struct meeting *meeting, *tmp;

	HASH_ITER (hh, m->meetings, meeting, tmp) {
		HASH_DEL(m->meetings, meeting);
		free(meeting);
	}
}

static void merge_finish(struct object_list *l)
{
	struct merge *m = merge_of(l);
	struct row *row, *tmp;

	HASH_ITER (hh, m->by_id, row, tmp) {
		free_row(m, row);
	}
	free_meetings(m);
	free_used(m);
	images_filter_finish(&m->filter);
	long_sort_finish(&m->rows);
	long_sort_finish(&m->all_told);
	free(m->told);
}

/* --- gathering --- */

static struct row *find_or_add(struct merge *m, const struct image *image)
{
	struct row *row;

	HASH_FIND_PTR(m->by_id, &image->id, row);
	if (row)
		return row;
	row = xnew(struct row);
	row->id = image->id;
	row->created_s = image->created_s;
	row->number = HASH_COUNT(m->by_id);
	HASH_ADD_PTR(m->by_id, id, row);
	m->list.bytes += sizeof(*row) + sizeof(*row->sources);
	return row;
}

static struct row *first_same(struct row *row)
{
	while (row->same)
		row = row->same;
	return row;
}

static void meet(struct merge *m, struct row *row, const char *name, int64_t created_s)
{
	struct meeting_key key = { .name = name, .created_s = created_s };
	struct row *other;
	struct meeting *meeting;

	HASH_FIND(hh, m->meetings, &key, sizeof(key), meeting);
	if (!meeting) {
		meeting = xnew(struct meeting);
		meeting->key = key;
		HASH_ADD(hh, m->meetings, key, sizeof(key), meeting);
		m->list.bytes += sizeof(*meeting);
	}
	if (!meeting->rows[m->in_containerd])
		meeting->rows[m->in_containerd] = row;
	other = meeting->rows[!m->in_containerd];
	if (!other)
		return;
	row = first_same(row);
	other = first_same(other);
	if (row->number > other->number)
		row->same = other;
	else if (row != other)
		other->same = row;
}

static void meet_all(struct merge *m, struct row *row, const struct image *image)
{
	if (!image_same_is_sought(image))
		return;
	for (size_t i = 0; image_same_is_dated(image) && i < image->tags_count; i++)
		meet(m, row, image->tags[i], image->created_s);
	for (size_t i = 0; i < image->digests_count; i++)
		meet(m, row, image->digests[i], 0);
}

static void gather_image(struct object_list *l, const struct held_list *of, size_t i)
{
	struct merge *m = merge_of(l);
	const struct image *image = (const struct image *)of->things + i;
	struct row *row;

	if (!m->takes_node || !images_filter_matches(&m->filter, image))
		return;
	row = find_or_add(m, image);
	array_reserve(row->sources, row->count, row->cap);
	row->sources[row->count++] = image;
	if (m->mixed)
		meet_all(m, row, image);
}

static bool shows_containers(const struct merge *m)
{
	return !api_version_before(m->list.client, 1, 51);
}

static void enter_engine(struct object_list *l, const struct held_list *of)
{
	struct merge *m = merge_of(l);
	const struct engine *e = of->engine;

	m->in_containerd = e->containerd_store;
	m->takes_node = images_filter_takes_node(&m->filter, e);
	if (!m->takes_node || !shows_containers(m))
		return;
	for (size_t i = 0; i < e->containers_count; i++) {
		if (!e->containers[i]->image_id)
			continue;
		array_reserve(m->used_ids, m->used_count, m->used_cap);
		m->used_ids[m->used_count++] = intern_ref(e->containers[i]->image_id);
	}
}

/* --- order --- */

static int compare_addresses(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return x < y ? -1 : x > y;
}

/* Newest first.  An index that several processors share is one id, of which each engine tells when
 * the image for its own processor was made: the first engine's word stands for all. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;

	if (x->created_s != y->created_s)
		return x->created_s < y->created_s ? 1 : -1;
	return strcmp(x->id, y->id);
}

static int compare_told(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int by_id = strcmp(x->id, y->id);

	if (by_id)
		return by_id;
	return x->order < y->order ? -1 : x->order > y->order;
}

void images_merge_tell(struct object_list *l, const struct fanout *answers)
{
	merge_of(l)->answers = answers;
}

static void tell_entry(struct merge *m, yyjson_val *entry)
{
	bool tells_more = json_get_arr(entry, "Manifests") != NULL;

	array_reserve(m->told, m->told_count, m->told_cap);
	m->told[m->told_count++] = (struct told){
		.id = json_get_str(entry, "Id", ""),
		.order = tells_more ? m->teller : m->answers->count + m->teller,
		.entry = entry,
	};
	m->list.bytes += sizeof(*m->told);
}

/* Some of an answer, or the next one; false when there is none. */
static bool tell_some(struct merge *m)
{
	enum { AT_ONCE = 16 };
	yyjson_val *entry;

	if (!m->answers || m->teller == m->answers->count)
		return false;
	if (!m->telling) {
		yyjson_arr_iter_init(
			yyjson_doc_get_root(m->answers->items[m->teller].call.json), &m->next_told);
		m->telling = true;
	}
	for (int n = 0; n < AT_ONCE; n++) {
		entry = yyjson_arr_iter_next(&m->next_told);
		if (!entry) {
			m->telling = false;
			m->teller++;
			break;
		}
		tell_entry(m, entry);
	}
	return true;
}

static void list_rows(struct merge *m)
{
	size_t count = HASH_COUNT(m->by_id), n = 0;
	struct row **rows = xcalloc(count + 1, sizeof(struct row *));

	for (struct row *row = m->by_id; row; row = row->hh.next) {
		struct row *first = first_same(row);

		if (row == first) {
			rows[n++] = row;
			continue;
		}
		row->other = first->other;
		first->other = row;
	}
	long_sort_begin(&m->rows, rows, n, sizeof(struct row *), compare_rows);
}

static void begin_order(struct merge *m)
{
	list_rows(m);
	long_sort_begin(&m->all_used, steal(m->used_ids), m->used_count, sizeof(*m->used_ids),
		compare_addresses);
	long_sort_begin(
		&m->all_told, steal(m->told), m->told_count, sizeof(*m->told), compare_told);
	m->ordering = true;
}

static bool order_some(struct object_list *l)
{
	struct merge *m = merge_of(l);

	if (tell_some(m))
		return true;
	if (!m->ordering)
		begin_order(m);
	return long_sort_more(&m->rows) || long_sort_more(&m->all_used) ||
	       long_sort_more(&m->all_told);
}

/* --- one image --- */

static yyjson_val *find_told(const struct merge *m, const char *id)
{
	struct told key = { .id = id }; /* before all of this id */
	const struct told *told = (const struct told *)m->all_told.items;
	size_t at = sorted_place(&key, told, m->told_count, sizeof(key), compare_told);

	return at < m->told_count && strcmp(told[at].id, id) == 0 ? told[at].entry : NULL;
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

static int64_t count_containers(const struct merge *m, const struct row *row)
{
	const char **used = used_of(m);
	int64_t n = 0;

	for (; row; row = row->other) {
		const char *id = row->id;
		size_t i = sorted_place(&id, used, m->used_count, sizeof(id), compare_addresses);

		for (; i < m->used_count && used[i] == id; i++)
			n++;
	}
	return n;
}

static void add_names(const struct merge *m, yyjson_mut_doc *doc, yyjson_mut_val *array,
	const char **names, size_t count, struct text_set *listed)
{
	for (size_t i = 0; i < count; i++) {
		if (images_filter_shows_name(&m->filter, names[i]) &&
			text_set_add(listed, names[i]))
			yyjson_mut_arr_add_str(doc, array, names[i]);
	}
}

static void put(yyjson_mut_doc *doc, yyjson_mut_val *root, const char *key, yyjson_mut_val *value)
{
	yyjson_mut_obj_put(root, yyjson_mut_str(doc, key), value);
}

static void put_names(
	const struct merge *m, yyjson_mut_doc *doc, yyjson_mut_val *root, const struct row *row)
{
	yyjson_mut_val *tags = yyjson_mut_arr(doc), *digests = yyjson_mut_arr(doc);
	struct text_set listed = { 0 }; /* an image may have sixty thousand names */

	for (; row; row = row->other) {
		for (size_t i = 0; i < row->count; i++) {
			const struct image *image = row->sources[i];

			add_names(m, doc, tags, image->tags, image->tags_count, &listed);
			add_names(m, doc, digests, image->digests, image->digests_count, &listed);
		}
	}
	text_set_finish(&listed);
	/* Until API 1.43 an image without a name was given one. */
	if (api_version_before(m->list.client, 1, 43) && yyjson_mut_arr_size(tags) == 0 &&
		yyjson_mut_arr_size(digests) == 0) {
		yyjson_mut_arr_add_str(doc, tags, "<none>:<none>");
		yyjson_mut_arr_add_str(doc, digests, "<none>@<none>");
	}
	put(doc, root, "RepoTags", tags);
	put(doc, root, "RepoDigests", digests);
}

/* Fields that came or went with a version; the engine that told us may be older or newer. */
static void fit_version(
	const struct merge *m, yyjson_mut_doc *doc, yyjson_mut_val *root, const struct row *row)
{
	if (api_version_before(m->list.client, 1, 44))
		put(doc, root, "VirtualSize", yyjson_mut_sint(doc, row->sources[0]->size_bytes));
	else
		yyjson_mut_obj_remove_key(root, "VirtualSize");
	if (api_version_before(m->list.client, 1, 48))
		yyjson_mut_obj_remove_key(root, "Descriptor");
	if (api_version_before(m->list.client, 1, 47))
		yyjson_mut_obj_remove_key(root, "Manifests");
	put(doc, root, "Containers",
		yyjson_mut_sint(doc, shows_containers(m) ? count_containers(m, row) : -1));
}

static bool write_next(struct object_list *l, struct strbuf *to)
{
	struct merge *m = merge_of(l);
	struct row *row;

	if (m->next == m->rows.count)
		return false;
	row = ((struct row **)m->rows.items)[m->next++];
	auto_json_mut yyjson_mut_doc *doc = copy_entry(m, row->sources[0]);
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);

	put_names(m, doc, root, row);
	fit_version(m, doc, root, row);
	json_mut_write(to, root);
	while (row) {
		struct row *other = row->other;

		free_row(m, row);
		row = other;
	}
	return true;
}

const struct object_list_kind images_merge_kind = {
	.size = sizeof(struct merge),
	.objects = OBJECT_IMAGES,
	.before = "[",
	.after = "]\n",
	.init = merge_init,
	.enter = enter_engine,
	.gather = gather_image,
	.order = order_some,
	.write = write_next,
	.finish = merge_finish,
};
