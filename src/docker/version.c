/*
 * docker/version.c - API versions compare by number, component by component.
 */
#include "docker/version.h"

#include <ctype.h>

/* Larger than every version that will ever exist, small enough to add to. */
#define VERSION_PART_MAX 999999

/* Digits at s; the first other byte, or NULL when there is no digit. */
static const char *parse_part(const char *s, int *ret)
{
	int n = 0;

	if (!isdigit((unsigned char)*s))
		return NULL;
	for (; isdigit((unsigned char)*s); s++)
		n = n > VERSION_PART_MAX / 10 ? VERSION_PART_MAX : n * 10 + (*s - '0');
	*ret = n;
	return s;
}

static const char *parse_version(const char *s, struct api_version *ret)
{
	struct api_version v;

	s = parse_part(s, &v.major);
	if (!s || *s != '.')
		return NULL;
	s = parse_part(s + 1, &v.minor);
	if (s)
		*ret = v;
	return s;
}

bool api_version_parse(const char *s, struct api_version *ret)
{
	struct api_version v;
	const char *end = parse_version(s, &v);

	if (!end || *end)
		return false;
	*ret = v;
	return true;
}

void api_version_format(struct strbuf *sb, struct api_version v)
{
	strbuf_addf(sb, "%d.%d", v.major, v.minor);
}

int api_version_compare(struct api_version a, struct api_version b)
{
	if (a.major != b.major)
		return a.major < b.major ? -1 : 1;
	if (a.minor != b.minor)
		return a.minor < b.minor ? -1 : 1;
	return 0;
}

struct api_version api_version_clamp(struct api_version v, const struct api_range *range)
{
	if (api_version_compare(v, range->min) < 0)
		return range->min;
	if (api_version_compare(v, range->max) > 0)
		return range->max;
	return v;
}

struct api_version api_path_split(const char *path, const char **ret_rest)
{
	struct api_version v;
	const char *end;

	*ret_rest = path;
	if (path[0] != '/' || path[1] != 'v')
		return (struct api_version){ 0 };
	end = parse_version(path + 2, &v);
	if (!end || *end != '/')
		return (struct api_version){ 0 };
	*ret_rest = end;
	return v;
}

bool api_version_check(struct api_version v, const struct api_range *range, struct error *err)
{
	if (v.major == 0 && v.minor == 0)
		return true;
	if (api_version_compare(v, range->min) < 0)
		return error_set(err, ERROR_INVALID,
			"client version %d.%d is too old. Minimum supported API version is %d.%d, "
			"please upgrade your client to a newer version",
			v.major, v.minor, range->min.major, range->min.minor);
	if (api_version_compare(v, range->max) > 0)
		return error_set(err, ERROR_INVALID,
			"client version %d.%d is too new. Maximum supported API version is %d.%d",
			v.major, v.minor, range->max.major, range->max.minor);
	return true;
}
