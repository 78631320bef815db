/*
 * api/browser.c - by what a browser can be told, and whom it is lent to.
 */
#include "api/browser.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/parse.h"

#define LOCAL_ORIGIN "http://localhost"

/* --- names --- */

/* "host", "host:port", "[::1]:port"; the host alone, which may be empty. */
static char *host_of(const char *authority)
{
	const char *end;

	if (*authority == '[') {
		end = strchr(authority, ']');
		return end ? xstrndup(authority + 1, (size_t)(end - authority) - 1) : xstrdup("");
	}
	return xstrndup(authority, strcspn(authority, ":"));
}

static bool is_address(const char *host)
{
	unsigned char binary[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
}

/* Browsers ask no server for names below localhost. */
static bool is_local_name(const char *host)
{
	size_t len = strlen(host), tail = strlen(".localhost");

	return strcasecmp(host, "localhost") == 0 ||
	       (len > tail && strcasecmp(host + len - tail, ".localhost") == 0);
}

static bool is_name_of_ours(const struct api *api, const char *host)
{
	for (size_t i = 0; api->config.names && i < api->config.names->count; i++) {
		if (strcasecmp(api->config.names->items[i], host) == 0)
			return true;
	}
	return false;
}

/* --- marks --- */

static const char *const marks[] = { "Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest",
	"Sec-Fetch-User" };

static bool has_browser_marks(const struct headers *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (headers_get(h, marks[i]))
			return true;
	}
	return false;
}

/* "http://host:port" is the page's own server, by what the request itself calls it. */
static bool is_same_origin(const char *origin, const char *host)
{
	const char *authority = strstr(origin, "://");

	return authority && *host && strcasecmp(authority + 3, host) == 0;
}

bool browser_admits(const struct api *api, const struct exchange *x, struct error *err)
{
	const struct headers *h = &x->head.headers;
	const char *origin = headers_get(h, "Origin");
	const char *host = headers_get(h, "Host");
	bool is_tcp = *exchange_peer_ip(x) != '\0';
	auto_free char *name = host_of(host ? host : "");

	if (!is_tcp || !has_browser_marks(h) || api->config.cors)
		return true;
	/* what programs say whose WebSocket library wants some origin, whatever they call us */
	if (origin && strcmp(origin, LOCAL_ORIGIN) == 0)
		return true;
	if (origin && !is_same_origin(origin, host ? host : ""))
		return error_set(err, ERROR_FORBIDDEN,
			"a page of origin \"%.200s\" may not use this API: --api-enable-cors "
			"admits all origins",
			origin);
	if (exchange_over_tls(x) || is_address(name) || is_local_name(name) ||
		is_name_of_ours(api, name))
		return true;
	return error_set(err, ERROR_FORBIDDEN,
		"a browser may not use this API under the name \"%.200s\": say this host's name or "
		"address, or serve TLS",
		name);
}

/* Some servers of WebSockets want an origin, so one that was there is replaced. */
void browser_pass_on(struct headers *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (strcmp(marks[i], "Origin") != 0)
			headers_remove(h, marks[i]);
	}
	if (headers_get(h, "Origin"))
		headers_set(h, "Origin", LOCAL_ORIGIN);
}
