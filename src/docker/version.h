/*
 * docker/version.h - API versions and the range that each side speaks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

struct api_version {
	int major, minor; /* 0.0: none given */
};

struct api_range {
	struct api_version min, max;
};

/* What this manager offers to clients: all that is released.  Some of today's refuse to talk below
 * 1.44. */
#define API_VERSION_MAX ((struct api_version){ 1, 55 })
#define API_VERSION_MIN ((struct api_version){ 1, 24 })

/* "1.41"; digits only. */
bool api_version_parse(const char *s, struct api_version *ret);
void api_version_format(struct strbuf *sb, struct api_version v);
int api_version_compare(struct api_version a, struct api_version b);
static inline bool api_version_before(struct api_version a, int major, int minor)
{
	return api_version_compare(a, (struct api_version){ major, minor }) < 0;
}
struct api_version api_version_clamp(struct api_version v, const struct api_range *range);

/*
 * Split "/v1.47/containers/json" into version and rest.  Without a prefix the version is 0.0.
 * A prefix is exactly "/v", digits, ".", digits, "/"; anything else is part of
 * the path.
 */
struct api_version api_path_split(const char *path, const char **ret_rest);
/* The engine's two texts for versions outside [min, max]; true when inside or not given. */
bool api_version_check(struct api_version v, const struct api_range *range, struct error *err);
