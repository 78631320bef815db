/*
 * cluster/find_image.h - which engines have an image, and what they call it.
 *
 * A name that an engine knows wins over an id prefix, and a prefix that fits several images is an
 * error, never a guess.
 */
#pragma once

#include "base/error.h"
#include "cluster/cluster.h"
#include "docker/image_name.h"

/*
 * Engines may mean different images by one name.  What was built, committed or tagged last is what
 * the name means, as on one host.  That is said only of what was made through this manager
 * (image_came.h): what engines pulled, or were given on their hosts, is theirs, and where the last
 * is such a one, any of them will do.
 */

/* On one engine; borrowed, good for this turn of the loop. */
struct image_found {
	const struct image *image;
	struct engine *engine;
	const char
		*reference; /* the tag, digest or full id by which exactly this engine knows it */
};

/*
 * By an id it is found in the other kind of image store, too (image_same.h), where it has another.
 *
 * On every healthy engine that has it, in the order of the nodes' names; free() the array.  NULL
 * with ERROR_NOT_FOUND `No such image: x:latest`, ERROR_INVALID for an ambiguous prefix,
 * ERROR_UNAVAILABLE when only unhealthy engines have it.
 */
struct image_found *image_find_all(struct cluster *cluster, const char *name, enum image_match how,
	size_t *ret_count, struct error *err) must_check;
/* The same, without engines that mean something else than the last. */
struct image_found *image_find_last_all(struct cluster *cluster, const char *name,
	enum image_match how, size_t *ret_count, struct error *err) must_check;
/* True when engines mean several by the name and one of them is the last: ret_ids, which is empty
 * before, is what the two kinds of image stores call that one. */
bool image_find_last(const struct cluster *cluster, const char *name, struct strv *ret_ids);
/* The engine has another one of that name than the last. */
bool image_is_outdated(const struct engine *e, const char *name);
/* Some image of that name, on any engine; borrowed.  NULL when there is none. */
const struct image *image_find(
	const struct cluster *cluster, const char *name, enum image_match how);
/* All of that name, not by id, on any engine; in no particular order; free() the array. */
struct image_found *image_find_named(
	const struct cluster *cluster, const char *name, size_t *ret_count);
/* As image_find_named, but with any tag where the name has none, and by the beginning of an id. */
struct image_found *image_find_any(
	const struct cluster *cluster, const char *name, size_t *ret_count);
/* The one of this full id, of several engines' the one that tells what it began as; borrowed.  NULL
 * when there is none. */
const struct image *image_find_by_id(const struct cluster *cluster, const char *id);
/* Does a healthy engine have it?  ret_pushed (may be NULL) tells whether a registry is known to
 * have it, too. */
bool image_is_somewhere(const struct cluster *cluster, const char *name, bool *ret_pushed);
