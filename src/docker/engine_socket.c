/* docker/engine_socket.c - the engine's socket among binds and mounts. */
#include "docker/engine_socket.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "docker/config_reader.h"

/* The length of the source when it is the socket, else 0. */
static size_t socket_source(const char *text)
{
	static const char *const paths[] = { "/var/run/docker.sock", "/run/docker.sock" };

	for (size_t i = 0; text && i < ARRAY_SIZE(paths); i++) {
		size_t len = strlen(paths[i]);

		if (str_starts_with(text, paths[i]) && (text[len] == ':' || !text[len]))
			return len;
	}
	return 0;
}

/* path NULL: only look. */
static bool visit_binds(yyjson_mut_doc *doc, yyjson_mut_val *host, const char *path)
{
	yyjson_mut_val *binds = yyjson_mut_obj_get(host, "Binds"), *bind;
	bool found = false;

	for (size_t i = 0; i < yyjson_mut_arr_size(binds); i++) {
		bind = yyjson_mut_arr_get(binds, i);
		const char *text = yyjson_mut_get_str(bind);
		size_t len = socket_source(text);

		/* without a colon it would be a place in the container */
		if (len == 0 || !text[len])
			continue;
		found = true;
		if (!path)
			continue;
		auto_free char *written = xasprintf("%s%s", path, text + len);

		yyjson_mut_arr_replace(binds, i, yyjson_mut_strcpy(doc, written));
	}
	return found;
}

static bool visit_mounts(yyjson_mut_doc *doc, yyjson_mut_val *host, const char *path)
{
	yyjson_mut_val *mounts = yyjson_mut_obj_get(host, "Mounts"), *mount;
	yyjson_mut_arr_iter iter;
	bool found = false;

	yyjson_mut_arr_iter_init(mounts, &iter);
	while ((mount = yyjson_mut_arr_iter_next(&iter))) {
		const char *source = yyjson_mut_get_str(yyjson_mut_obj_get(mount, "Source"));
		size_t len = socket_source(source);

		if (len == 0 || source[len] ||
			!yyjson_mut_equals_str(yyjson_mut_obj_get(mount, "Type"), "bind"))
			continue;
		found = true;
		if (path)
			config_put(doc, mount, "Source", yyjson_mut_strcpy(doc, path));
	}
	return found;
}

static bool visit(yyjson_mut_doc *doc, const char *path)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(yyjson_mut_doc_get_root(doc), "HostConfig");
	bool bound = visit_binds(doc, host, path);

	return visit_mounts(doc, host, path) || bound;
}

bool engine_socket_is_bound(yyjson_mut_doc *create)
{
	return visit(create, NULL);
}

void engine_socket_replace(yyjson_mut_doc *create, const char *path)
{
	visit(create, path);
}
