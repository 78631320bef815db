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
};

struct finders *finders_create(void);
void finders_destroy(struct finders *f);

/* After an engine's list has changed, its marks having been dropped before. */
void find_networks_index(struct engine *e);
void find_images_index(struct engine *e);
void find_volumes_index(struct engine *e);

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
