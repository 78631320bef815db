/* net/address.c - host and port, in brackets or without. */
#include "net/address.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

static bool parse_tcp(struct address *ret, const char *text, struct error *err)
{
	auto_free char *host = NULL;
	auto_free char *port = NULL;
	uint64_t number;

	if (!parse_host_port(text, &host, &port, err))
		return false;
	if (!parse_u64(port, &number) || number > UINT16_MAX)
		return error_set(err, ERROR_INVALID, "address %s: invalid port", text);
	*ret = (struct address){ .kind = ADDRESS_TCP, .host = steal(host), .port = steal(port) };
	return true;
}

static bool parse_unix(struct address *ret, const char *path, struct error *err)
{
	if (!*path)
		return error_set(err, ERROR_INVALID, "address unix://: missing path");
	*ret = (struct address){ .kind = ADDRESS_UNIX, .path = xstrdup(path) };
	return true;
}

bool address_parse(struct address *ret, const char *text, struct error *err)
{
	const char *separator = strstr(text, "://");
	const char *rest = separator ? separator + strlen("://") : text;

	if (!separator || str_starts_with(text, "tcp://"))
		return parse_tcp(ret, rest, err);
	if (str_starts_with(text, "unix://"))
		return parse_unix(ret, rest, err);
	return error_set(err, ERROR_INVALID, "unsupported protocol: \"%.*s\"",
		(int)(separator - text), text);
}

void address_finish(struct address *a)
{
	free(a->host);
	free(a->port);
	free(a->path);
	*a = (struct address){ 0 };
}

void address_copy(struct address *to, const struct address *from)
{
	*to = (struct address){
		.kind = from->kind,
		.host = xstrdup_null(from->host),
		.port = xstrdup_null(from->port),
		.path = xstrdup_null(from->path),
	};
}

char *address_format(const struct address *a)
{
	if (a->kind == ADDRESS_UNIX)
		return xasprintf("unix://%s", a->path);
	return format_host_port(a->host, a->port);
}
