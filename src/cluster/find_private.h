/*
 * cluster/find_private.h - the indexes behind find_network.h, find_image.h and find_volume.h.
 */
#pragma once

#include "cluster/cluster.h"
#include "cluster/index.h"

struct finders {
	/* all owned */
	struct index *network_names, *network_ids; /* ids: the engine's own and the logical one */
	struct index *image_names, *image_ids;     /* by image_name_key and image_id_hex */
	struct index *volume_names;
	/* A request of ours has made images, ever: else no name means the last one (image_came.h),
	 * and a create need not look through a thousand engines for it. */
	bool have_made_images;
};

struct finders *finders_create(void);
void finders_destroy(struct finders *f);

/* Adds all by which a thing can be found. */
void find_network_index(struct index_marks *m, const struct finders *f, const struct network *n);
void find_image_index(struct index_marks *m, const struct finders *f, const struct image *i);
void find_volume_index(struct index_marks *m, const struct finders *f, const struct volume *v);

static inline const struct network *mark_network(const struct index_mark *m)
{
	return m->thing;
}
static inline const struct image *mark_image(const struct index_mark *m)
{
	return m->thing;
}
static inline const struct volume *mark_volume(const struct index_mark *m)
{
	return m->thing;
}
