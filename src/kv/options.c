/* kv/options.c - a table of keys, and the files that they name. */
#include "kv/options.h"

#include <stddef.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"

static bool parse_etcd_api(struct kv_options *o, const char *value, struct error *err)
{
	static const char *const names[] = {
		[KV_ETCD_AUTO] = "auto",
		[KV_ETCD_V2] = "v2",
		[KV_ETCD_V3] = "v3",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			o->etcd_api = (enum kv_etcd_api)i;
			return true;
		}
	}
	return error_set(err, ERROR_INVALID, "kv.etcd should be auto, v2 or v3, not '%s'", value);
}

static bool parse_insecure(struct kv_options *o, const char *value, struct error *err)
{
	o->insecure = strcmp(value, "true") == 0;
	if (o->insecure || strcmp(value, "false") == 0)
		return true;
	return error_set(
		err, ERROR_INVALID, "kv.insecure should be true or false, not '%s'", value);
}

/* In the order of the message that lists them. */
static const struct option_key {
	const char *name;
	size_t offset; /* of its text in struct kv_options, unless it is parsed */
	bool (*parse)(struct kv_options *o, const char *value, struct error *err);
} option_keys[] = {
	{ "kv.path", .offset = offsetof(struct kv_options, path) },
	{ "kv.cacertfile", .offset = offsetof(struct kv_options, ca_file) },
	{ "kv.certfile", .offset = offsetof(struct kv_options, cert_file) },
	{ "kv.keyfile", .offset = offsetof(struct kv_options, key_file) },
	{ "kv.servername", .offset = offsetof(struct kv_options, server_name) },
	{ "kv.insecure", .parse = parse_insecure },
	{ "kv.token", .offset = offsetof(struct kv_options, token) },
	{ "kv.username", .offset = offsetof(struct kv_options, username) },
	{ "kv.password", .offset = offsetof(struct kv_options, password) },
	{ "kv.etcd", .parse = parse_etcd_api },
};

static bool refuse_unknown(const char *key, size_t len, struct error *err)
{
	auto_strbuf struct strbuf known = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(option_keys); i++) {
		if (i > 0)
			strbuf_add_str(&known, i + 1 < ARRAY_SIZE(option_keys) ? ", " : " and ");
		strbuf_add_str(&known, option_keys[i].name);
	}
	return error_set(err, ERROR_INVALID, "unknown --discovery-opt '%.*s': there are %s",
		(int)len, key, known.buf);
}

static bool set_option(
	struct kv_options *o, const char *key, size_t len, const char *value, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_keys); i++) {
		const struct option_key *k = &option_keys[i];

		if (strlen(k->name) != len || strncmp(k->name, key, len) != 0)
			continue;
		if (k->parse)
			return k->parse(o, value, err);
		*(const char **)((char *)o + k->offset) = value;
		return true;
	}
	return refuse_unknown(key, len, err);
}

static bool check_pairs(const struct kv_options *o, struct error *err)
{
	if (o->path && !*o->path)
		return error_set(err, ERROR_INVALID,
			"kv.path is empty: leave it out for " KV_DEFAULT_PATH
			", or give kv.path=docker/nodes for engines that register themselves");
	if (!o->cert_file != !o->key_file)
		return error_set(err, ERROR_INVALID,
			"%s needs %s: give both, or kv.cacertfile alone",
			o->cert_file ? "kv.certfile" : "kv.keyfile",
			o->cert_file ? "kv.keyfile" : "kv.certfile");
	if (o->insecure && (o->ca_file || o->server_name))
		return error_set(err, ERROR_INVALID,
			"kv.insecure checks nothing: leave it out, or leave out %s",
			o->ca_file ? "kv.cacertfile" : "kv.servername");
	if (o->password && !o->username)
		return error_set(err, ERROR_INVALID, "kv.password needs kv.username");
	return true;
}

/* An empty value is as good as none, but for the path, whose default would surprise. */
static const char *given(const char *text)
{
	return text && *text ? text : NULL;
}

bool kv_options_parse(struct kv_options *ret, const struct strv *options, struct error *err)
{
	struct kv_options o = { 0 };

	for (size_t i = 0; i < options->count; i++) {
		const char *key = options->items[i];
		size_t len = strcspn(key, "=");

		if (!str_starts_with(key, "kv.") || key[len] != '=')
			continue;
		if (!set_option(&o, key, len, key + len + 1, err))
			return false;
	}
	o.ca_file = given(o.ca_file);
	o.cert_file = given(o.cert_file);
	o.key_file = given(o.key_file);
	o.server_name = given(o.server_name);
	o.token = given(o.token);
	o.username = given(o.username);
	if (!check_pairs(&o, err))
		return false;
	*ret = o;
	return true;
}

bool kv_options_want_tls(const struct kv_options *options)
{
	return options->ca_file || options->cert_file || options->server_name || options->insecure;
}
