/*
 * docker/reference_view.h - a reference as a view into its text.
 *
 * Private to reference.c and image_name.c: nothing is copied or checked, because the thousands of
 * names of a cluster are compared with what somebody wrote.
 */
#pragma once

#include <stddef.h>

#include "docker/reference.h"

struct span {
	const char *s; /* NULL: not written */
	size_t len;
};

struct view {
	struct span domain; /* always there, normalised */
	bool has_domain;    /* as it is written */
	bool library;       /* "library/" belongs before path */
	struct span path, tag, digest;
};

struct view view_of(const char *s);
bool view_same_repository(const struct view *a, const struct view *b);
/* Of two of one repository. */
bool view_version_answers(const struct view *have, const struct view *wanted, enum image_match how);
/* Podman keeps an image that came without a registry (by load, build or tag) as "localhost/name",
 * and looks there first for a name without one. */
bool view_is_implied_localhost(const struct view *have, const struct view *wanted);
