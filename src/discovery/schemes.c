/* discovery/schemes.c - the table of schemes. */
#include "discovery/schemes.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "discovery/file.h"
#include "discovery/node_list.h"
#include "discovery/store.h"
#include "discovery/token.h"

/* In the order in which the help shows them. */
const struct discovery_scheme discovery_schemes[] = {
	{
		.name = "nodes",
		.form = "[nodes://]<ip1>,<ip2>",
		.check = node_list_check,
		.create = node_list_create,
	},
	{
		.name = "file",
		.form = "file://path/to/file",
		.check = file_check,
		.create = file_create,
	},
	{
		.name = "consul",
		.form = "consul://<ip>/<path>",
		.can_register = true,
		.can_elect = true,
		.check = store_check,
		.create = store_create,
		.enroll = store_enroll,
	},
	{
		.name = "etcd",
		.form = "etcd://<ip1>,<ip2>/<path>",
		.can_register = true,
		.can_elect = true,
		.check = store_check,
		.create = store_create,
		.enroll = store_enroll,
	},
	{
		.name = "zk",
		.form = "zk://<ip1>,<ip2>/<path>",
		.can_register = true,
		.can_elect = true,
		.check = store_check,
		.create = store_create,
		.enroll = store_enroll,
	},
	{
		.name = "token",
		.form = "token://<token>",
		.can_register = true,
		.is_secret = true,
		.is_tls = true,
		.check = token_check,
		.create = token_create,
		.enroll = token_enroll,
	},
	{
		.name = "token+http",
		.form = "token+http://<ip>:<port>/v1/<token>",
		.can_register = true,
		.is_secret = true,
		.check = token_check,
		.create = token_create,
		.enroll = token_enroll,
	},
};
const size_t discovery_schemes_count = ARRAY_SIZE(discovery_schemes);

static const struct discovery_scheme *find_scheme(const char *name, size_t len)
{
	for (size_t i = 0; i < discovery_schemes_count; i++) {
		const struct discovery_scheme *s = &discovery_schemes[i];
		if (strlen(s->name) == len && strncmp(s->name, name, len) == 0)
			return s;
	}
	return NULL;
}

/*
 * Length of the scheme's name, 0 for a bare list.  In such a list "://" can only belong to the
 * socket of a local engine: "10.0.0.1:2375,unix:///run/docker.sock".
 */
static size_t scheme_len(const char *text)
{
	const char *end = strstr(text, "://");

	if (!end || end == text)
		return 0;
	for (const char *c = text; c < end; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("+-.", *c))
			return 0;
	}
	return strncmp(text, "unix://", strlen("unix://")) == 0 ? 0 : (size_t)(end - text);
}

bool schemes_parse_url(struct discovery_url *ret, const char *text, struct error *err)
{
	size_t len = scheme_len(text);
	const struct discovery_scheme *scheme =
		len ? find_scheme(text, len) : find_scheme("nodes", strlen("nodes"));

	if (!scheme)
		return error_set(err, ERROR_UNSUPPORTED, "discovery service not supported");
	ret->scheme = scheme;
	ret->rest = xstrdup(len ? text + len + strlen("://") : text);
	return true;
}
