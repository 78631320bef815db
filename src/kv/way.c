/*
 * kv/way.c - the way to one HTTP server, and the proxy on it.
 */
#include "kv/way.h"

#include "base/mem.h"
#include "kv/http_proxy.h"

static bool use_proxy(struct way *r, struct endpoint_config *config,
	struct http_proxy_server *proxy, struct address *address, struct error *err)
{
	if (!address_parse(address, proxy->address, err))
		return error_wrap(err, "HTTP_PROXY");
	config->address = *address;
	config->host_header = r->name;
	r->origin = xasprintf("http://%s", r->name);
	r->authorization = steal(proxy->authorization);
	return true;
}

bool way_init(
	struct way *r, struct loop *loop, const struct endpoint_config *server, struct error *err)
{
	auto_proxy_server struct http_proxy_server proxy = { 0 };
	struct http_proxy_settings settings = http_proxy_settings_read();
	struct endpoint_config config = *server;
	struct address address = { 0 };

	*r = (struct way){ 0 };
	if (!server->tls && server->address.kind == ADDRESS_TCP &&
		!http_proxy_find(
			&settings, server->address.host, server->address.port, &proxy, err))
		return false;
	r->name = address_format(&server->address);
	if (proxy.address && !use_proxy(r, &config, &proxy, &address, err)) {
		way_finish(r, NULL);
		return false;
	}
	r->endpoint = endpoint_create(loop, &config);
	address_finish(&address);
	return true;
}

void way_finish(struct way *r, const char *reason)
{
	if (r->endpoint)
		endpoint_destroy(r->endpoint, reason);
	free(r->name);
	free(r->origin);
	free(r->authorization);
	*r = (struct way){ 0 };
}

void way_call_init(const struct way *r, struct call *c, const char *method, const char *target)
{
	auto_free char *full = r->origin ? xasprintf("%s%s", r->origin, target) : NULL;

	call_init(c, method, full ? full : target);
	if (r->authorization)
		headers_set(&c->head.headers, "Proxy-Authorization", r->authorization);
}
