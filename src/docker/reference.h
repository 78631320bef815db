/*
 * docker/reference.h - image references: "busybox", "repo/name:tag", "host:5000/name@sha256:...".
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/util.h"
#include "docker/objects.h"

struct reference {
	char *domain; /* "docker.io" when none is written */
	char *path;   /* "library/busybox" */
	char *tag;    /* NULL when none is written */
	char *digest; /* "sha256:..."; NULL */
};

/* Normalises.  Texts as the field knows them: "invalid reference format", "...: repository name
 * must be lowercase". */
bool reference_parse(struct reference *ret, const char *s, struct error *err);
void reference_finish(struct reference *r);
/* Shortest form: "busybox", "foo/bar", "host:5000/x" (without tag or digest). */
char *reference_familiar(const struct reference *r) must_check;

enum image_match {
	IMAGE_MATCH_TAG,     /* a name without tag means "latest" */
	IMAGE_MATCH_ANY_TAG, /* a name without tag means every tag (classic affinity and look-up
				rule) */
};
/* Does a tag or digest as an engine writes it ("busybox:1", "docker.io/library/busybox@sha256:...")
 * answer to the name that a user wrote?  Nothing is allocated. */
bool reference_answers(const char *have, const char *wanted, enum image_match how);
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
