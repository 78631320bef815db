/* discovery/hub_url.c - the parts of token://, from the URL and the environment. */
#include "discovery/hub_url.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

#define DEFAULT_BASE "/v1"

bool token_is_valid(const char *token)
{
	static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_-";
	size_t len = strlen(token);

	return len > 0 && len <= TOKEN_MAX_LEN && strspn(token, allowed) == len;
}

/* --- options --- */

static const struct option_key {
	const char *name;
	size_t offset; /* of a const char * in struct hub_options */
} keys[] = {
	{ "token.url", offsetof(struct hub_options, url) },
	{ "token.cacertfile", offsetof(struct hub_options, ca_file) },
	{ "token.certfile", offsetof(struct hub_options, cert_file) },
	{ "token.keyfile", offsetof(struct hub_options, key_file) },
};

static bool set_option(struct hub_options *o, const char *option, struct error *err)
{
	size_t len = strcspn(option, "=");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strlen(keys[i].name) != len || strncmp(keys[i].name, option, len) != 0)
			continue;
		if (!option[len] || !option[len + 1])
			return error_set(err, ERROR_INVALID, "%s is empty", keys[i].name);
		*(const char **)((char *)o + keys[i].offset) = option + len + 1;
		return true;
	}
	return error_set(err, ERROR_INVALID,
		"unknown --discovery-opt '%.*s': there are token.url, token.cacertfile, "
		"token.certfile and token.keyfile",
		(int)len, option);
}

bool hub_options_parse(struct hub_options *ret, const struct strv *options, struct error *err)
{
	struct hub_options o = { 0 };

	for (size_t i = 0; i < options->count; i++) {
		if (str_starts_with(options->items[i], "token.") &&
			!set_option(&o, options->items[i], err))
			return false;
	}
	if (!o.cert_file != !o.key_file)
		return error_set(
			err, ERROR_INVALID, "token.certfile and token.keyfile go together");
	*ret = o;
	return true;
}

/* --- where --- */

static bool has_port(const char *host)
{
	const char *bracket = strrchr(host, ']');
	const char *colon = strrchr(host, ':');

	return colon && (!bracket || colon > bracket);
}

static bool set_address(struct hub_url *url, const char *host, struct error *err)
{
	auto_free char *text =
		has_port(host) ? xstrdup(host) : xasprintf("%s:%s", host, url->tls ? "443" : "80");

	if (!address_parse(&url->address, text, err))
		return false;
	if (!*url->address.host || url->address.kind != ADDRESS_TCP)
		return error_set(err, ERROR_INVALID, "address %s: missing host", text);
	return true;
}

/* It goes into the request line as it is. */
static bool base_is_plain(const char *base)
{
	for (const char *c = base; *c; c++) {
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("?#%", *c))
			return false;
	}
	return true;
}

static bool set_base(struct hub_url *url, const char *path, struct error *err)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	url->base = xstrndup(path, len);
	if (!base_is_plain(url->base))
		return error_set(err, ERROR_INVALID, "'%s' is no base path of a hub", url->base);
	return true;
}

/* "host[:port][/base]" */
static bool set_place(
	struct hub_url *url, const char *text, const char *default_base, struct error *err)
{
	size_t host_len = strcspn(text, "/");
	auto_free char *host = xstrndup(text, host_len);

	return set_address(url, host, err) &&
	       set_base(url, text[host_len] ? text + host_len : default_base, err);
}

static bool parse_url(struct hub_url *url, const char *text, struct error *err)
{
	url->tls = str_starts_with(text, "https://");
	if (!url->tls && !str_starts_with(text, "http://"))
		return error_set(err, ERROR_INVALID,
			"'%s' is no URL of a hub: http://host:port or https://host:port", text);
	return set_place(url, strstr(text, "://") + strlen("://"), DEFAULT_BASE, err);
}

/* Of a bare token: what the option says, else what the environment does for every command. */
static bool set_hub(struct hub_url *url, const struct hub_options *options, struct error *err)
{
	const char *variable = getenv("SWARM_HUB_URL");

	if (options->url)
		return parse_url(url, options->url, err) || error_wrap(err, "token.url");
	if (variable && *variable)
		return parse_url(url, variable, err) || error_wrap(err, "SWARM_HUB_URL");
	return error_set(err, ERROR_UNSUPPORTED,
		"a bare token meant the public hub, which is gone: name the manager that serves "
		"it, as in token+http://10.0.0.1:2375/v1/<token>, or give --discovery-opt "
		"token.url=http://10.0.0.1:2375, or set SWARM_HUB_URL to that");
}

static bool parse_token(struct hub_url *url, char **ret_token, const char *rest,
	const struct hub_options *options, struct error *err)
{
	const char *slash = strrchr(rest, '/');
	const char *token = slash ? slash + 1 : rest;

	if (!*token)
		return error_set(err, ERROR_INVALID, "token is empty");
	if (!token_is_valid(token))
		return error_set(err, ERROR_INVALID,
			"a token is 1 to %d of the characters 0-9 A-Z a-z _ -", TOKEN_MAX_LEN);
	if (slash) {
		auto_free char *place = xstrndup(rest, (size_t)(slash - rest));
		if (!set_place(url, place, "", err))
			return false;
	} else if (!set_hub(url, options, err)) {
		return false;
	}
	*ret_token = xstrdup(token);
	return true;
}

bool hub_url_parse(struct hub_url *ret, const char *text, struct error *err)
{
	struct hub_url url = { 0 };

	if (!parse_url(&url, text, err)) {
		hub_url_finish(&url);
		return false;
	}
	*ret = url;
	return true;
}

bool hub_url_parse_token(struct hub_url *ret, char **ret_token, bool tls, const char *rest,
	const struct hub_options *options, struct error *err)
{
	struct hub_url url = { .tls = tls };

	if (!parse_token(&url, ret_token, rest, options, err)) {
		hub_url_finish(&url);
		return false;
	}
	*ret = url;
	return true;
}

void hub_url_finish(struct hub_url *url)
{
	address_finish(&url->address);
	free(url->base);
	*url = (struct hub_url){ 0 };
}
