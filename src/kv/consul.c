/*
 * kv/consul.c - the Consul driver (HTTP API v1): servers, credentials, and its table.
 */
#include "kv/consul.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"

char *consul_key_target(const char *key, const char *suffix)
{
	auto_strbuf struct strbuf target = STRBUF_INIT;

	strbuf_add_str(&target, "/v1/kv/");
	uri_encode_path(&target, key);
	strbuf_add_str(&target, suffix);
	return strbuf_steal(&target);
}

bool consul_read_index(const struct call *c, uint64_t *ret, struct error *err)
{
	const char *index = headers_get(&c->answer.headers, "X-Consul-Index");
	const char *leader = headers_get(&c->answer.headers, "X-Consul-Knownleader");

	if (!index || !parse_u64(index, ret))
		return error_set(err, ERROR_PROTOCOL,
			"answers %d without X-Consul-Index: is it Consul?", c->answer.status);
	if (leader && strcmp(leader, "true") != 0)
		return error_set(err, ERROR_UNAVAILABLE, "has no leader");
	return true;
}

static const char *access_token(const struct kv_options *o)
{
	return o->token ? o->token : getenv("CONSUL_HTTP_TOKEN");
}

/* The token goes into a header as it is, and a line break would end that: it is what a file ends
 * with, and so what is easily taken over from one. */
static bool consul_check(const struct kv_options *o, struct error *err)
{
	const char *token = access_token(o);

	for (const char *c = token ? token : ""; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return error_set(err, ERROR_INVALID,
				"%s holds a line break or another control character",
				o->token ? "kv.token" : "CONSUL_HTTP_TOKEN");
	}
	return true;
}

/* A header, not the classic token= parameter: parameters end up in access logs. */
static void set_credentials(struct consul *c, const struct kv_options *o)
{
	const char *token = access_token(o);
	const char *auth = getenv("CONSUL_HTTP_AUTH");

	if (token && *token)
		headers_set(&c->servers.auth, "X-Consul-Token", token);
	if (o->username) {
		auto_free char *pair =
			xasprintf("%s:%s", o->username, o->password ? o->password : "");
		servers_set_basic_auth(&c->servers, pair);
	} else if (auth && *auth) {
		servers_set_basic_auth(&c->servers, auth);
	}
}

static struct kv *consul_open(const struct kv_config *config, struct error *err)
{
	struct consul *c = xnew(struct consul);

	if (!servers_init(&c->servers, config, err)) {
		free(c);
		return NULL;
	}
	set_credentials(c, config->options);
	return &c->base;
}

static void consul_close(struct kv *kv)
{
	struct consul *c = container_of(kv, struct consul, base);

	servers_finish(&c->servers);
	free(c);
}

static bool consul_reload(struct kv *kv, struct error *err)
{
	return servers_reload(&container_of(kv, struct consul, base)->servers, err);
}

const struct kv_driver consul_driver = {
	.name = "consul",
	.default_port = "8500",
	.check = consul_check,
	.open = consul_open,
	.close = consul_close,
	.reload = consul_reload,
	.watch_create = consul_watch_create,
	.watch_start = consul_watch_start,
	.watch_destroy = consul_watch_destroy,
	.lease_create = consul_lease_create,
	.lease_start = consul_lease_start,
	.lease_release = consul_lease_release,
	.lease_destroy = consul_lease_destroy,
	.lock_create = consul_lock_create,
	.lock_start = consul_lock_start,
	.lock_release = consul_lock_release,
	.lock_destroy = consul_lock_destroy,
	.write_create = consul_write_create,
	.write_start = consul_write_start,
	.write_destroy = consul_write_destroy,
};
