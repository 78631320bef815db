/*
 * manager/image_holders.h - engines that have images, kept while they are asked one after the
 * other.
 */
#pragma once

#include "cluster/find_image.h"

/* A healthy engine with the image. */
struct image_holder {
	struct engine *engine; /* counted */
	char *reference; /* the tag, digest or full id by which exactly this engine knows it; owned
			  */
	char *id;        /* of the image there; "": not known; owned */
};

struct image_holders {
	struct image_holder *items; /* owned; in natural order of node names */
	size_t count;
};

/* Errors as of image_find_all. */
bool image_holders_find(struct image_holders *ret, struct cluster *cluster, const char *name,
	enum image_match how, struct error *err);
/* Without those that mean something else by the name than the last (find_image.h). */
bool image_holders_find_last(struct image_holders *ret, struct cluster *cluster, const char *name,
	enum image_match how, struct error *err);
/* The engines that have all of these, which they are then asked for in the client's own words; the
 * references stay NULL.  None when the images are apart.  ERROR_NOT_FOUND naming what no healthy
 * engine has. */
bool image_holders_common(struct image_holders *ret, struct cluster *cluster,
	const struct strv *names, struct error *err);
/* For images that are apart: the healthy engine that has most of them; borrowed, NULL when there is
 * no healthy one. */
struct engine *image_holders_most(struct cluster *cluster, const struct strv *names);
/* How many of them this engine has not. */
size_t image_holders_count_missing(
	struct cluster *cluster, const struct engine *e, const struct strv *names);
/* The healthy engine that has most of those that `to` lacks, and in ret_names which; NULL when none
 * has any. */
struct engine *image_holders_source(struct cluster *cluster, const struct engine *to,
	const struct strv *names, struct strv *ret_names);
/* All healthy engines, without references: those of the preferred kind first (REMOTE_UNKNOWN: none
 * is), and among them a different one each time. */
bool image_holders_any_engine(struct image_holders *ret, struct cluster *cluster,
	enum remote_kind preferred, struct error *err);
/* Those that speak this version first, the order else unchanged. */
void image_holders_prefer(struct image_holders *h, struct api_version since);
/* One that does not; NULL. */
const struct image_holder *image_holders_older(
	const struct image_holders *h, struct api_version than);
/* found may be NULL: what it has is not known.  reference: NULL as well. */
void image_holders_add(struct image_holders *h, struct engine *e, const char *reference,
	const struct image *found);
void image_holders_finish(struct image_holders *h);
