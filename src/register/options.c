/* register/options.c - a URL, and a table of keys. */
#include "register/options.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "kv/kv.h"
#include "kv/location.h"
#include "register/book.h"
#include "register/keys_record.h"

enum {
	GRACE_MS = 60 * 1000,
	RESYNC_MS = 5 * 60 * 1000,
	RESYNC_MIN_MS = 1000,
	LOCK_TTL_MS = 20 * 1000,
	CLUSTER_MAX = 64,
};

const struct layout *const layouts[] = {
	&catalog_layout,
	&consul_keys_layout,
	&etcd_keys_layout,
	&skydns_layout,
};
const size_t layouts_count = ARRAY_SIZE(layouts);

const char *const register_option_lines[] = {
	"cluster=NAME        whose records these are, when several clusters share a registry "
	"(swarm)",
	"internal=true       register ports inside, at the containers' own addresses",
	"explicit=true       only services with SERVICE_NAME",
	"ip-from-label=L     take the address from this label of the container",
	"tags=A,B            for every service",
	"grace=1m            how long records outlive a node that is not heard of",
	"drain=0s            time between the end of a record and that of its container",
	"resync=5m           time between two readings of the whole registry",
	"lock-ttl=20s        time after which a manager that was killed is replaced",
	"kv.KEY=VALUE        as in --discovery-opt",
	NULL,
};

enum option_kind { OPTION_TEXT, OPTION_FLAG, OPTION_TIME };

static const struct option_key {
	const char *name;
	enum option_kind kind;
	size_t offset;
} option_keys[] = {
	{ "cluster", OPTION_TEXT, offsetof(struct register_options, cluster) },
	{ "internal", OPTION_FLAG, offsetof(struct register_options, internal) },
	{ "explicit", OPTION_FLAG, offsetof(struct register_options, named_only) },
	{ "ip-from-label", OPTION_TEXT, offsetof(struct register_options, ip_label) },
	{ "tags", OPTION_TEXT, offsetof(struct register_options, tags) },
	{ "grace", OPTION_TIME, offsetof(struct register_options, grace_ms) },
	{ "drain", OPTION_TIME, offsetof(struct register_options, drain_ms) },
	{ "resync", OPTION_TIME, offsetof(struct register_options, resync_ms) },
	{ "lock-ttl", OPTION_TIME, offsetof(struct register_options, lock_ttl_ms) },
};

static bool set_text(char **member, const char *value)
{
	free(*member);
	*member = *value ? xstrdup(value) : NULL;
	return true;
}

static bool set_flag(bool *member, const char *name, const char *value, struct error *err)
{
	*member = strcmp(value, "true") == 0;
	return *member || strcmp(value, "false") == 0 ||
	       error_set(err, ERROR_INVALID, "--register-opt %s should be true or false, not '%s'",
		       name, value);
}

static bool set_time(int64_t *member, const char *name, const char *value, struct error *err)
{
	int64_t ns;

	if (!parse_duration(value, &ns, err))
		return error_wrap(err, "--register-opt %s", name);
	if (ns < 0)
		return error_set(
			err, ERROR_INVALID, "--register-opt %s should not be negative", name);
	*member = ns / (NS_PER_S / 1000);
	return true;
}

static bool set_option(struct register_options *o, const struct option_key *k, const char *value,
	struct error *err)
{
	void *member = (char *)o + k->offset;

	switch (k->kind) {
	case OPTION_TEXT: return set_text(member, value);
	case OPTION_FLAG: return set_flag(member, k->name, value, err);
	case OPTION_TIME: break;
	}
	return set_time(member, k->name, value, err);
}

static bool parse_option(struct register_options *o, const char *text, struct error *err)
{
	size_t len = strcspn(text, "=");

	if (!text[len])
		return error_set(
			err, ERROR_INVALID, "--register-opt must contain key=value strings");
	if (str_starts_with(text, "kv.")) {
		strv_add(&o->store_options, text);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(option_keys); i++) {
		const struct option_key *k = &option_keys[i];

		if (strlen(k->name) == len && strncmp(k->name, text, len) == 0)
			return set_option(o, k, text + len + 1, err);
	}
	return error_set(err, ERROR_INVALID,
		"unknown --register-opt '%.*s': see swarm manage --help", (int)len, text);
}

static const struct layout *find_layout(const char *url, size_t len, struct error *err)
{
	auto_strbuf struct strbuf known = STRBUF_INIT;

	for (size_t i = 0; i < layouts_count; i++) {
		if (strlen(layouts[i]->scheme) == len && strncmp(layouts[i]->scheme, url, len) == 0)
			return layouts[i];
		strbuf_addf(&known, "%s%s://", i ? ", " : "", layouts[i]->scheme);
	}
	error_set(err, ERROR_INVALID, "--register %s: there is %s", url, known.buf);
	return NULL;
}

static bool read_base(
	struct register_options *o, const char *url, const char *path, struct error *err)
{
	const char *example = o->layout->base == LAYOUT_DOMAIN ? "skydns.local" : "services";
	auto_free char *clean = kv_join("", path);

	if (*clean)
		o->base = o->layout->base == LAYOUT_DOMAIN ? keys_skydns_base(clean) : steal(clean);
	return o->base ||
	       error_set(err, ERROR_INVALID,
		       "--register %s: where do the records begin? Say %s://HOST:PORT/%s", url,
		       o->layout->scheme, example);
}

static bool parse_url(struct register_options *o, const char *url, struct error *err)
{
	const char *colon = strstr(url, "://");
	const char *rest = colon ? colon + 3 : "";
	size_t host_len = strcspn(rest, "/");

	o->layout = find_layout(url, colon ? (size_t)(colon - url) : 0, err);
	if (!o->layout)
		return false;
	auto_free char *host = host_len ? xstrndup(rest, host_len) : xstrdup("127.0.0.1");

	if (o->layout->store_option)
		strv_add(&o->store_options, o->layout->store_option);
	if (o->layout->base != LAYOUT_LOCK) {
		o->store = steal(host);
		return read_base(o, url, rest + host_len, err);
	}
	o->store = xasprintf("%s%s", host, rest + host_len);
	o->base = xstrdup("");
	return true;
}

static bool check(const struct register_options *o, const char *url, struct error *err)
{
	size_t len = strlen(o->cluster);

	if (o->resync_ms < RESYNC_MIN_MS || o->lock_ttl_ms < RESYNC_MIN_MS)
		return error_set(err, ERROR_INVALID,
			"--register-opt %s should be at least one second",
			o->resync_ms < RESYNC_MIN_MS ? "resync" : "lock-ttl");
	if (len > CLUSTER_MAX ||
		strspn(o->cluster,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != len)
		return error_set(err, ERROR_INVALID,
			"--register-opt cluster should be up to %d letters, digits, '-', '_' and "
			"'.'",
			CLUSTER_MAX);
	if (o->tags && strstr(o->tags, "{{"))
		return error_set(err, ERROR_INVALID,
			"--register-opt tags: templates are not offered; use SERVICE_TAGS");
	return kv_check(o->layout->driver, o->store, &o->store_options, err) ||
	       error_wrap(err, "--register %s", url);
}

bool register_options_parse(struct register_options *ret, const char *url,
	const struct strv *options, struct error *err)
{
	*ret = (struct register_options){
		.grace_ms = GRACE_MS,
		.resync_ms = RESYNC_MS,
		.lock_ttl_ms = LOCK_TTL_MS,
	};
	bool ok = parse_url(ret, url, err);

	for (size_t i = 0; ok && i < options->count; i++)
		ok = parse_option(ret, options->items[i], err);
	if (!ret->cluster)
		ret->cluster = xstrdup("swarm");
	ok = ok && check(ret, url, err);
	if (!ok)
		register_options_finish(ret);
	return ok;
}

void register_options_finish(struct register_options *o)
{
	free(o->store);
	free(o->base);
	strv_finish(&o->store_options);
	free(o->cluster);
	free(o->ip_label);
	free(o->tags);
	*o = (struct register_options){ 0 };
}
