#include "kv/options.h"

#include <stddef.h>
#include <string.h>

#include "base/parse.h"

static const struct option_key {
	const char *name;
	size_t offset; /* of its text in struct kv_options */
} option_keys[] = {
	{ "kv.path", offsetof(struct kv_options, path) },
	{ "kv.cacertfile", offsetof(struct kv_options, ca_file) },
	{ "kv.certfile", offsetof(struct kv_options, cert_file) },
	{ "kv.keyfile", offsetof(struct kv_options, key_file) },
	{ "kv.token", offsetof(struct kv_options, token) },
	{ "kv.username", offsetof(struct kv_options, username) },
	{ "kv.password", offsetof(struct kv_options, password) },
};

static bool parse_etcd_api(const char *text, enum kv_etcd_api *ret, struct error *err)
{
	static const char *const names[] = {
		[KV_ETCD_AUTO] = "auto",
		[KV_ETCD_V2] = "v2",
		[KV_ETCD_V3] = "v3",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum kv_etcd_api)i;
			return true;
		}
	}
	return error_set(err, ERROR_INVALID, "kv.etcd should be auto, v2 or v3, not '%s'", text);
}

static bool set_option(
	struct kv_options *o, const char *key, size_t len, const char *value, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_keys); i++) {
		const struct option_key *k = &option_keys[i];

		if (strlen(k->name) == len && strncmp(k->name, key, len) == 0) {
			*(const char **)((char *)o + k->offset) = value;
			return true;
		}
	}
	if (len == strlen("kv.etcd") && strncmp(key, "kv.etcd", len) == 0)
		return parse_etcd_api(value, &o->etcd_api, err);
	return error_set(err, ERROR_INVALID,
		"unknown --discovery-opt '%.*s': there are kv.path, kv.cacertfile, kv.certfile, "
		"kv.keyfile, kv.token, kv.username, kv.password and kv.etcd",
		(int)len, key);
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
	o.token = given(o.token);
	o.username = given(o.username);
	if (!check_pairs(&o, err))
		return false;
	*ret = o;
	return true;
}

bool kv_options_want_tls(const struct kv_options *options)
{
	return options->ca_file || options->cert_file;
}
