/* cluster/image_same.c - one image in the two kinds of image stores. */
#include "cluster/image_same.h"

#include "cluster/find_private.h"
#include "docker/image_name.h"

enum {
	DATED_SINCE_S = 315619200, /* 1980-01-02: zip files begin with the day before */
	NAMES_MAX = 256,           /* of one image; what has more goes by its ids */
};

bool image_same_is_dated(const struct image *i)
{
	return i->created_s >= DATED_SINCE_S;
}

bool image_same_is_sought(const struct image *i)
{
	return i->tags_count <= NAMES_MAX && i->digests_count <= NAMES_MAX;
}

static bool share_a_name(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
	for (size_t i = 0; i < a_count; i++) {
		for (size_t k = 0; k < b_count; k++) {
			if (a[i] == b[k]) /* interned */
				return true;
		}
	}
	return false;
}

static bool share_a_digest(const struct image *x, const struct image *y)
{
	return image_same_is_sought(x) && image_same_is_sought(y) &&
	       share_a_name(x->digests, x->digests_count, y->digests, y->digests_count);
}

static bool are_made_at_once(const struct image *x, const struct image *y)
{
	return x->created_s == y->created_s && image_same_is_dated(x);
}

bool image_same_by_name(const struct engine *a, const struct image *x, const struct engine *b,
	const struct image *y)
{
	if (x->id == y->id) /* interned */
		return true;
	return a->containerd_store != b->containerd_store &&
	       (are_made_at_once(x, y) || share_a_digest(x, y));
}

static bool is_same(const struct image *x, const struct image *y)
{
	return share_a_digest(x, y) ||
	       (are_made_at_once(x, y) && image_same_is_sought(y) &&
		       share_a_name(x->tags, x->tags_count, y->tags, y->tags_count));
}

static void each_of_name(const struct engine *e, const struct image *i, const char *name,
	void (*each)(void *arg, struct engine *e, const struct image *i), void *arg)
{
	size_t len;
	const char *key = image_name_key(name, &len);
	const struct index_mark *m;

	index_each(m, index_find(e->cluster->finders->image_names, key, len))
	{
		struct engine *other = m->of->engine;

		if (other->containerd_store != e->containerd_store && is_same(i, mark_image(m)))
			each(arg, other, mark_image(m));
	}
}

void image_same_each(const struct engine *e, const struct image *i,
	void (*each)(void *arg, struct engine *e, const struct image *i), void *arg)
{
	if (!image_same_is_sought(i))
		return;
	for (size_t n = 0; n < i->tags_count; n++)
		each_of_name(e, i, i->tags[n], each, arg);
	for (size_t n = 0; n < i->digests_count; n++)
		each_of_name(e, i, i->digests[n], each, arg);
}
