#include "kv/route.h"

#include "base/mem.h"
#include "kv/proxy.h"

static bool use_proxy(struct route *r, struct endpoint_config *config, struct proxy_server *proxy,
	struct address *address, struct error *err)
{
	if (!address_parse(address, proxy->address, err))
		return error_wrap(err, "HTTP_PROXY");
	config->address = *address;
	config->host_header = r->name;
	r->origin = xasprintf("http://%s", r->name);
	r->authorization = steal(proxy->authorization);
	return true;
}

bool route_init(
	struct route *r, struct loop *loop, const struct endpoint_config *server, struct error *err)
{
	auto_proxy_server struct proxy_server proxy = { 0 };
	struct proxy_settings settings = proxy_settings_read();
	struct endpoint_config config = *server;
	struct address address = { 0 };

	*r = (struct route){ 0 };
	if (!server->tls && server->address.kind == ADDRESS_TCP &&
		!proxy_find(&settings, server->address.host, server->address.port, &proxy, err))
		return false;
	r->name = address_format(&server->address);
	if (proxy.address && !use_proxy(r, &config, &proxy, &address, err)) {
		route_finish(r, NULL);
		return false;
	}
	r->endpoint = endpoint_create(loop, &config);
	address_finish(&address);
	return true;
}

void route_finish(struct route *r, const char *reason)
{
	if (r->endpoint)
		endpoint_destroy(r->endpoint, reason);
	free(r->name);
	free(r->origin);
	free(r->authorization);
	*r = (struct route){ 0 };
}

void route_call_init(const struct route *r, struct call *c, const char *method, const char *target)
{
	auto_free char *full = r->origin ? xasprintf("%s%s", r->origin, target) : NULL;

	call_init(c, method, full ? full : target);
	if (r->authorization)
		headers_set(&c->head.headers, "Proxy-Authorization", r->authorization);
}
