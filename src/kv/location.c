/* kv/location.c - hosts before the first slash, a prefix after it. */
#include "kv/location.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

static void add_part(struct strv *parts, const char *part)
{
	if (strcmp(part, "..") == 0) {
		if (parts->count > 0)
			strv_remove(parts, parts->count - 1);
	} else if (*part && strcmp(part, ".") != 0) {
		strv_add(parts, part);
	}
}

char *kv_join(const char *prefix, const char *path)
{
	auto_free char *whole = xasprintf("%s/%s", prefix, path);
	auto_strv struct strv raw = STRV_INIT;
	auto_strv struct strv parts = STRV_INIT;

	strv_split(&raw, whole, '/');
	for (size_t i = 0; i < raw.count; i++)
		add_part(&parts, raw.items[i]);
	return parts.count ? strv_join(&parts, "/") : xstrdup("");
}

static bool check_server(const char *server, struct error *err)
{
	auto_free char *host = NULL;
	auto_free char *port = NULL;
	uint64_t number;

	if (!parse_host_port(server, &host, &port, err))
		return false;
	if (!*host)
		return error_set(err, ERROR_INVALID, "address %s: missing host", server);
	for (const char *c = host; *c; c++) {
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '@')
			return error_set(
				err, ERROR_INVALID, "address %s: invalid host '%s'", server, host);
	}
	if (!parse_u64(port, &number) || number == 0 || number > UINT16_MAX)
		return error_set(err, ERROR_INVALID, "address %s: invalid port '%s'", server, port);
	return true;
}

/* No colon at all, or an IPv6 address in brackets with nothing behind. */
static bool lacks_port(const char *server)
{
	return !strchr(server, ':') || (*server == '[' && str_ends_with(server, "]"));
}

static bool add_server(
	struct strv *servers, const char *text, const char *default_port, struct error *err)
{
	auto_free char *server =
		lacks_port(text) ? xasprintf("%s:%s", text, default_port) : xstrdup(text);

	if (!*text)
		return error_set(err, ERROR_INVALID, "a server without a name before the path");
	if (!check_server(server, err))
		return false;
	strv_add(servers, server);
	return true;
}

static bool add_servers(
	struct strv *servers, const char *list, const char *default_port, struct error *err)
{
	auto_strv struct strv items = STRV_INIT;

	strv_split(&items, list, ',');
	for (size_t i = 0; i < items.count; i++) {
		if (!add_server(servers, items.items[i], default_port, err))
			return false;
	}
	return true;
}

bool kv_location_parse(
	struct kv_location *ret, const char *rest, const char *default_port, struct error *err)
{
	size_t len = strcspn(rest, "/");
	auto_free char *list = xstrndup(rest, len);
	auto_strv struct strv servers = STRV_INIT;

	if (!add_servers(&servers, list, default_port, err))
		return false;
	ret->servers = servers;
	servers = STRV_INIT;
	ret->prefix = kv_join("", rest + len);
	return true;
}

void kv_location_finish(struct kv_location *location)
{
	strv_finish(&location->servers);
	free(location->prefix);
	*location = KV_LOCATION_INIT;
}
