/*
 * docker/reference.h - image references: "busybox", "repo/name:tag", "host:5000/name@sha256:...".
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/util.h"

struct reference {
	char *domain; /* "docker.io" when none is written */
	char *path;   /* "library/busybox" */
	char *tag;    /* NULL when none is written */
	char *digest; /* "sha256:..."; NULL */
};

/* Normalises.  Texts as the field knows them: "invalid reference format", "...: repository name
 * (library/X) must be lowercase". */
bool reference_parse(struct reference *ret, const char *s, struct error *err);
/* Can it be a name of an image, or its full id? */
bool reference_check(const char *s, struct error *err);
/* Can it be what a query calls "tag", a tag or a digest?  "invalid tag format" */
bool reference_check_tag(const char *tag, struct error *err);
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
