/*
 * cluster/image_same.h - one image in the two kinds of image stores.
 *
 * The classic store (and Podman) calls an image by the digest of its configuration, containerd's by
 * that of its manifest or index; no list of an engine tells the other's id.  So images of engines
 * with different stores are the same when they carry one digest of a registry, or one tag and the
 * moment in which the image was made.
 */
#pragma once

#include "cluster/engine.h"

/* Both have a tag, or a digest, by which the client meant them. */
bool image_same_by_name(const struct engine *a, const struct image *x, const struct engine *b,
	const struct image *y);
/* What is known by other ids on engines of the other store: calls `each` for everyone, in no order,
 * for some more than once. */
void image_same_each(const struct engine *e, const struct image *i,
	void (*each)(void *arg, struct engine *e, const struct image *i), void *arg);
/* With very many names it goes by its ids alone. */
bool image_same_is_sought(const struct image *i);
/* Is the moment in which it was made one that tells images apart?  Tools that build the same bytes
 * again give all of them the same one, long ago. */
bool image_same_is_dated(const struct image *i);
