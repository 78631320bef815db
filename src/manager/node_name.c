#include "manager/node_name.h"

#include <string.h>

#include "base/mem.h"

static bool is_qualified(const char *what, const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	return len && strncmp(what, prefix, len) == 0 && what[len] == '/' &&
	       strcmp(what + len + 1, name) == 0;
}

bool node_name_means(const struct engine *e, const char *what, const char *name)
{
	return strcmp(name, what) == 0 || is_qualified(what, e->name, name) ||
	       is_qualified(what, e->id, name) || is_qualified(what, e->daemon_id, name);
}

char *node_name_split(const char *written, const char **ret_name)
{
	const char *slash = strchr(written, '/');

	*ret_name = slash ? slash + 1 : written;
	return xstrndup(written, slash ? (size_t)(slash - written) : 0);
}
