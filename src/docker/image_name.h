/*
 * docker/image_name.h - whether an image has a name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "docker/objects.h"
#include "docker/reference.h"

/* Does the image answer to this name?  Full id, unique-looking hex id prefix (>= 3 digits, with or
 * without "sha256:"), tags and digests; both sides normalised.  Names win over id prefixes at the
 * caller. */
bool image_has_name(const struct image *i, const char *name, enum image_match how);
/* Tags and digests only. */
bool image_has_reference(const struct image *i, const char *name, enum image_match how);
/* The tag or digest that answers, as the engine writes it; NULL. */
const char *image_find_reference(const struct image *i, const char *name, enum image_match how);
bool image_has_id_prefix(const struct image *i, const char *name);
/* Does one of its digests tell that a registry has, or had, it in the repository of this name? What
 * was built or loaded and never pushed has none. */
bool image_has_digest_of(const struct image *i, const char *name);
/* The whole id, with or without "sha256:". */
bool image_has_id(const struct image *i, const char *name);
/* The whole id of some image: no registry has it by this name. */
bool image_name_is_id(const char *name);
/* What all names of one image share, however they are spelled, with or without a registry, a tag or
 * a digest: the last part of its path, "busybox".  Lent from the text; *ret_len is its length. */
const char *image_name_key(const char *name, size_t *ret_len);
/* The id without "sha256:". */
const char *image_id_hex(const char *id);
/* How engines write a name that they do not have: "busybox:latest". free() */
char *image_name_missing(const char *name) must_check;
