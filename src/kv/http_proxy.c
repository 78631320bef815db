/* kv/http_proxy.c - the variables in their order, and who is excepted. */
#include "kv/http_proxy.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strv.h"
#include "base/uri.h"

#define DEFAULT_PORT "80"

static const char *variable(const char *upper, const char *lower)
{
	const char *value = getenv(upper);

	if (!value || !*value)
		value = getenv(lower);
	return value && *value ? value : NULL;
}

struct http_proxy_settings http_proxy_settings_read(void)
{
	return (struct http_proxy_settings){
		.http = variable("HTTP_PROXY", "http_proxy"),
		.none = variable("NO_PROXY", "no_proxy"),
	};
}

/* --- what is reached directly --- */

struct ip {
	int family; /* AF_INET, AF_INET6; 0: it is a name */
	unsigned char bytes[sizeof(struct in6_addr)];
};

static struct ip parse_ip(const char *text)
{
	struct ip ip = { 0 };

	if (inet_pton(AF_INET, text, ip.bytes) == 1)
		ip.family = AF_INET;
	else if (inet_pton(AF_INET6, text, ip.bytes) == 1)
		ip.family = AF_INET6;
	return ip;
}

static size_t ip_bits(const struct ip *ip)
{
	return ip->family == AF_INET ? 32 : 128;
}

static bool has_prefix(const struct ip *ip, const struct ip *net, size_t bits)
{
	size_t whole = bits / 8;
	int rest = 8 - (int)(bits % 8);

	if (ip->family != net->family || memcmp(ip->bytes, net->bytes, whole) != 0)
		return false;
	return rest == 8 || ip->bytes[whole] >> rest == net->bytes[whole] >> rest;
}

static bool is_this_host(const char *host)
{
	static const struct ip loopback4 = { AF_INET, { 127 } };
	static const struct ip loopback6 = { AF_INET6, { [15] = 1 } };
	struct ip ip = parse_ip(host);

	return strcasecmp(host, "localhost") == 0 || has_prefix(&ip, &loopback4, 8) ||
	       has_prefix(&ip, &loopback6, 128);
}

static bool is_in_net(const char *entry, const char *slash, const char *host)
{
	auto_free char *net_text = xstrndup(entry, (size_t)(slash - entry));
	struct ip net = parse_ip(net_text);
	struct ip ip = parse_ip(host);
	uint64_t bits;

	return net.family && parse_u64(slash + 1, &bits) && bits <= ip_bits(&net) &&
	       has_prefix(&ip, &net, bits);
}

/* domain: "example.com", or ".example.com" and "*.example.com" for what is below it only. */
static bool is_in_domain(const char *domain, const char *host)
{
	bool below_only = *domain == '.' || *domain == '*';

	domain += *domain == '*';
	domain += *domain == '.';
	size_t len = strlen(domain), host_len = strlen(host);
	if (len == 0 || host_len < len || strcasecmp(host + host_len - len, domain) != 0)
		return false;
	return host_len == len ? !below_only : host[host_len - len - 1] == '.';
}

static bool is_named(const char *entry, const char *host)
{
	struct ip wanted = parse_ip(entry);
	struct ip ip = parse_ip(host);

	return wanted.family ? has_prefix(&ip, &wanted, ip_bits(&wanted))
			     : is_in_domain(entry, host);
}

static bool is_direct(const char *entry, const char *host, const char *port)
{
	auto_free char *only_host = NULL;
	auto_free char *only_port = NULL;
	const char *slash = strchr(entry, '/');

	if (strcmp(entry, "*") == 0)
		return true;
	if (slash)
		return is_in_net(entry, slash, host);
	if (!parse_ip(entry).family && parse_host_port(entry, &only_host, &only_port, NULL))
		return strcmp(only_port, port) == 0 && is_named(only_host, host);
	return is_named(entry, host);
}

static char *trimmed(const char *text)
{
	text += strspn(text, " \t");
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t", text[len - 1]))
		len--;
	return xstrndup(text, len);
}

static bool any_is_direct(const char *list, const char *host, const char *port)
{
	auto_strv struct strv entries = STRV_INIT;

	strv_split(&entries, list, ',');
	for (size_t i = 0; i < entries.count; i++) {
		auto_free char *entry = trimmed(entries.items[i]);

		if (*entry && is_direct(entry, host, port))
			return true;
	}
	return false;
}

/* --- the proxy --- */

static bool read_credentials(
	const char *text, size_t len, struct http_proxy_server *ret, struct error *err)
{
	auto_strbuf struct strbuf value = STRBUF_INIT;
	auto_free char *pair = NULL;

	if (!uri_decode(text, len, false, &pair, NULL))
		return error_set(err, ERROR_INVALID, "HTTP_PROXY: malformed user or password");
	strbuf_add_str(&value, "Basic ");
	base64_encode(&value, pair, strlen(pair));
	ret->authorization = strbuf_steal(&value);
	return true;
}

static bool read_address(const char *text, struct http_proxy_server *ret, struct error *err)
{
	auto_free char *whole = xstrndup(text, strcspn(text, "/"));
	auto_free char *host = NULL;
	auto_free char *port = NULL;

	if (parse_host_port(whole, &host, &port, NULL) && *host && *port)
		ret->address = steal(whole);
	else if (*whole && !strchr(whole, ':'))
		ret->address = format_host_port(whole, DEFAULT_PORT);
	else
		return error_set(err, ERROR_INVALID, "HTTP_PROXY: '%s' is no host:port", whole);
	return true;
}

static bool read_proxy(const char *url, struct http_proxy_server *ret, struct error *err)
{
	const char *scheme_end = strstr(url, "://");
	const char *rest = scheme_end ? scheme_end + strlen("://") : url;
	const char *at = memrchr(rest, '@', strcspn(rest, "/"));

	if (scheme_end && strncasecmp(url, "http://", strlen("http://")) != 0)
		return error_set(err, ERROR_UNSUPPORTED,
			"HTTP_PROXY: a proxy is reached through http://, not %.*s",
			(int)(rest - url), url);
	return (!at || read_credentials(rest, (size_t)(at - rest), ret, err)) &&
	       read_address(at ? at + 1 : rest, ret, err);
}

bool http_proxy_find(const struct http_proxy_settings *settings, const char *host, const char *port,
	struct http_proxy_server *ret, struct error *err)
{
	auto_proxy_server struct http_proxy_server found = { 0 };

	if (settings->http && !is_this_host(host) &&
		!(settings->none && any_is_direct(settings->none, host, port)) &&
		!read_proxy(settings->http, &found, err))
		return false;
	*ret = found;
	found = (struct http_proxy_server){ 0 };
	return true;
}

void http_proxy_server_finish(struct http_proxy_server *p)
{
	free(p->address);
	free(p->authorization);
	*p = (struct http_proxy_server){ 0 };
}
