/* api/ancestry.c - which images descend from those that somebody named. */
#include "api/ancestry.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "cluster/find_image.h"

/* From an image upwards.  A builder makes one image for each line of its file, and a line that is
 * longer than this was made to be long. */
enum { GENERATIONS_MAX = 512 };

struct ancestry_image {
	bool descends;                /* is named itself, or began as one that does */
	struct ancestry_image *child; /* while its line is followed: where we came from */
	UT_hash_handle hh;
	char id[]; /* a copy: the list it stood in may go between two turns */
};

static struct ancestry_image *image_known(const struct ancestry *a, const char *id)
{
	struct ancestry_image *i;

	HASH_FIND_STR(a->images, id, i);
	return i;
}

static struct ancestry_image *image_add(struct ancestry *a, const char *id, bool descends)
{
	size_t len = strlen(id);
	struct ancestry_image *i = xmalloc(sizeof(*i) + len + 1);

	*i = (struct ancestry_image){ .descends = descends };
	memcpy(i->id, id, len + 1);
	HASH_ADD_KEYPTR(hh, a->images, i->id, len, i);
	return i;
}

void ancestry_init(struct ancestry *a, const struct cluster *cluster, const struct strv *names)
{
	*a = (struct ancestry){ .cluster = cluster, .names = names };
}

void ancestry_finish(struct ancestry *a)
{
	struct ancestry_image *i, *tmp;

	HASH_ITER (hh, a->images, i, tmp) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) the head has moved on */
		HASH_DEL(a->images, i);
		free(i);
	}
}

bool ancestry_read(struct ancestry *a)
{
	size_t count;

	if (!a->names || a->names_read == a->names->count)
		return false;
	auto_free struct image_found *found =
		image_find_named(a->cluster, a->names->items[a->names_read++], &count);

	for (size_t i = 0; i < count; i++) {
		if (!image_known(a, found[i].image->id))
			image_add(a, found[i].image->id, true);
	}
	return a->names_read < a->names->count;
}

static bool has_prefix(const struct ancestry *a, const struct image *image)
{
	for (size_t i = 0; i < a->names->count; i++) {
		if (image_has_id_prefix(image, a->names->items[i]))
			return true;
	}
	return false;
}

/* What is known about the first image of its line about which something is; all before it are added
 * as a chain of children from *ret_last on. */
static bool follow(struct ancestry *a, const char *id, struct ancestry_image **ret_last)
{
	for (size_t n = 0; n < GENERATIONS_MAX && *id; n++) {
		const struct ancestry_image *known = image_known(a, id);
		const struct image *image = known ? NULL : image_find_by_id(a->cluster, id);
		struct ancestry_image *added;

		if (known) /* in a circle that is one of ours, of which none is named */
			return known->descends;
		added = image_add(a, id, image && has_prefix(a, image));
		added->child = *ret_last;
		*ret_last = added;
		if (added->descends || !image)
			return added->descends;
		id = image->parent;
	}
	return false;
}

bool ancestry_has(struct ancestry *a, const char *id)
{
	struct ancestry_image *i = NULL;

	assert(!a->names || a->names_read == a->names->count);
	if (!a->names)
		return false;
	bool descends = follow(a, id, &i);

	for (; i; i = i->child)
		i->descends = descends;
	return descends;
}
