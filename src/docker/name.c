/* docker/name.c - the limits of names. */
#include "docker/name.h"

#include <string.h>

#include "base/mem.h"

bool name_check(const char *kind, const char *name, struct error *err)
{
	size_t slashes = 0;

	if (strnlen(name, NAME_BYTES_MAX + 1) > NAME_BYTES_MAX)
		return error_set(err, ERROR_INVALID, "%s name is longer than %d bytes", kind,
			NAME_BYTES_MAX);
	for (const char *s = strchr(name, '/'); s; s = strchr(s + 1, '/'))
		slashes++;
	if (slashes > NAME_SLASHES_MAX)
		return error_set(err, ERROR_INVALID, "%s name holds more than %d slashes", kind,
			NAME_SLASHES_MAX);
	return true;
}

const char *name_after_slash(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash ? slash + 1 : NULL;
}

char *name_split(const char *written, const char **ret_name)
{
	const char *name = name_after_slash(written);

	*ret_name = name ? name : written;
	return xstrndup(written, name ? (size_t)(name - written) - 1 : 0);
}
