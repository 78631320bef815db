/* cmd/values.c - texts of options into numbers, addresses and settings. */
#include "cmd/values.h"

#include <ctype.h>
#include <math.h>
#include <netdb.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cmd/command.h"
#include "discovery/entry.h"
#include "docker/label.h"
#include "net/address.h"

#define DEFAULT_OVERCOMMIT       0.05
#define DEFAULT_RESCHEDULE_SHARE 0.5
#define MAX_OVERCOMMIT           1e6 /* times what an engine has; its percents are a whole number */
#define MIN_BYTES                (16 * 1024 * 1024)
#define NS_PER_MS                INT64_C(1000000)

bool value_duration(const char *name, const char *text, int64_t *ret_ns, struct error *err)
{
	if (!parse_duration(text, ret_ns, err))
		return error_wrap(err, "invalid --%s", name);
	return true;
}

int64_t value_ns_to_ms(int64_t ns)
{
	return ns / NS_PER_MS + (ns % NS_PER_MS > 0);
}

bool value_size(const char *name, const char *text, uint64_t *ret, struct error *err)
{
	static const char units[] = "bkmg"; /* each 1024 times the one before */
	auto_free char *digits = xstrndup(text, strspn(text, "0123456789"));
	const char *unit = text + strlen(digits);
	const char *at = *unit ? strchr(units, tolower((unsigned char)*unit)) : units;
	uint64_t n;

	if (!at || (*unit && unit[1]) || !parse_u64(digits, &n) ||
		__builtin_mul_overflow(n, UINT64_C(1) << (10 * (at - units)), &n))
		return error_set(err, ERROR_INVALID,
			"invalid --%s: '%s' is no size, such as 512m or 2g", name, text);
	*ret = n;
	return true;
}

bool value_bytes(const char *name, const char *text, size_t *ret, struct error *err)
{
	uint64_t n;

	if (!value_size(name, text, &n, err))
		return false;
	if (n > SIZE_MAX)
		return error_set(err, ERROR_INVALID, "--%s %s is too much", name, text);
	if (n < MIN_BYTES)
		return error_set(err, ERROR_INVALID, "--%s should be at least 16m", name);
	*ret = (size_t)n;
	return true;
}

bool value_heartbeat(const char *text, int64_t *ret_ns, struct error *err)
{
	int64_t ns;

	if (!value_duration("heartbeat", text, &ns, err))
		return false;
	if (ns < NS_PER_S)
		return error_set(err, ERROR_INVALID, "--heartbeat should be at least one second");
	*ret_ns = ns;
	return true;
}

bool value_advertise(const char *text, struct error *err)
{
	if (!entry_check_host_port(text, NULL))
		return error_set(err, ERROR_INVALID,
			"--advertise should be of the form ip:port or hostname:port");
	return true;
}

bool value_discovery_options(const struct strv *options, struct error *err)
{
	for (size_t i = 0; i < options->count; i++) {
		if (!strchr(options->items[i], '='))
			return error_set(err, ERROR_INVALID,
				"--discovery-opt must contain key=value strings");
	}
	return true;
}

bool value_ip(const char *name, const char *text, bool may_resolve, char **ret, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = may_resolve ? 0 : AI_NUMERICHOST };
	struct addrinfo *list = NULL;
	char ip[NI_MAXHOST];
	bool ok;

	if (!*text || strcmp(text, "*") == 0) {
		*ret = xstrdup("");
		return true;
	}
	ok = getaddrinfo(text, NULL, &hints, &list) == 0 &&
	     getnameinfo(
		     list->ai_addr, list->ai_addrlen, ip, sizeof(ip), NULL, 0, NI_NUMERICHOST) == 0;
	if (list)
		freeaddrinfo(list);
	if (!ok)
		return error_set(err, ERROR_INVALID, "invalid --%s: '%s' is no IP address%s", name,
			text, may_resolve ? " and no name of one" : "");
	*ret = xstrdup(ip);
	return true;
}

bool value_host(const char *text, struct error *err)
{
	struct address address = { 0 };

	if (str_starts_with(text, "fd://"))
		return true;
	if (!address_parse(&address, text, err))
		return false;
	address_finish(&address);
	return true;
}

bool value_listening_ip(const struct strv *hosts, char **ret, struct error *err)
{
	struct address a = { 0 };
	bool found = false;
	bool ok = true;

	for (size_t i = 0; !found && i < hosts->count; i++) {
		address_finish(&a);
		a = (struct address){ 0 };
		found = !str_starts_with(hosts->items[i], "fd://") &&
			address_parse(&a, hosts->items[i], NULL) && a.kind == ADDRESS_TCP;
	}
	*ret = NULL;
	if (!found)
		*ret = xstrdup("127.0.0.1");
	else if (!*a.host)
		*ret = xstrdup("");
	else
		ok = value_ip("host", a.host, true, ret, err);
	address_finish(&a);
	return ok;
}

/* --- --cluster-opt --- */

static bool set_overcommit(struct cluster_options *o, const char *text, struct error *err)
{
	double value;

	if (!parse_double(text, &value) || !isfinite(value))
		return error_set(
			err, ERROR_INVALID, "swarm.overcommit: '%s' is not a number", text);
	if (value <= -1)
		return error_set(err, ERROR_INVALID,
			"swarm.overcommit should be larger than -1, %f is invalid", value);
	if (value > MAX_OVERCOMMIT)
		return error_set(err, ERROR_INVALID,
			"swarm.overcommit should be at most %.0f, %s is invalid", MAX_OVERCOMMIT,
			text);
	o->overcommit = value;
	return true;
}

static bool set_create_retry(struct cluster_options *o, const char *text, struct error *err)
{
	int64_t value;

	if (!parse_i64(text, &value) || value > UINT32_MAX)
		return error_set(
			err, ERROR_INVALID, "swarm.createretry: '%s' is not a whole number", text);
	if (value < 0)
		return error_set(err, ERROR_INVALID,
			"swarm.createretry can not be negative, %s is invalid", text);
	o->create_retry = (uint32_t)value;
	return true;
}

static bool set_api_version(struct cluster_options *o, const char *text, struct error *err)
{
	auto_strbuf struct strbuf range = STRBUF_INIT;
	struct api_version value;

	if (api_version_parse(text, &value) && api_version_compare(value, API_VERSION_MIN) >= 0 &&
		api_version_compare(value, API_VERSION_MAX) <= 0) {
		o->api_version = value;
		return true;
	}
	api_version_format(&range, API_VERSION_MIN);
	strbuf_add_str(&range, " to ");
	api_version_format(&range, API_VERSION_MAX);
	return error_set(err, ERROR_INVALID,
		"swarm.apiversion should be one of %s, '%s' is invalid", range.buf, text);
}

static bool set_together(struct cluster_options *o, const char *text, struct error *err)
{
	const char *key = text;

	for (;;) {
		if (strcspn(key, "!,") == 0)
			return error_set(err, ERROR_INVALID,
				"swarm.together: '%s' is no list of label keys, KEY[!][,KEY[!]...]",
				text);
		key += strcspn(key, ",");
		if (!*key++)
			break;
	}
	o->together = text;
	return true;
}

static bool set_volumes(struct cluster_options *o, const char *text, struct error *err)
{
	o->volumes_everywhere = strcmp(text, VOLUMES_EVERY_NODE) == 0;
	return o->volumes_everywhere || strcmp(text, "one-node") == 0 ||
	       error_set(err, ERROR_INVALID,
		       "swarm.volumes should be one-node or every-node, '%s' is invalid", text);
}

static bool set_reschedule_share(struct cluster_options *o, const char *text, struct error *err)
{
	double value;

	if (!parse_double(text, &value) || !(value >= 0 && value <= 1))
		return error_set(err, ERROR_INVALID,
			"swarm.reschedule-share should be from 0 to 1, '%s' is invalid", text);
	o->reschedule_share = value;
	return true;
}

static const struct cluster_key {
	const char *name;
	bool (*set)(struct cluster_options *o, const char *text, struct error *err);
} cluster_keys[] = {
	{ "swarm.overcommit", set_overcommit },
	{ "swarm.createretry", set_create_retry },
	{ "swarm.apiversion", set_api_version },
	{ "swarm.together", set_together },
	{ "swarm.volumes", set_volumes },
	{ "swarm.reschedule-share", set_reschedule_share },
};

static const struct cluster_key *find_cluster_key(const char *option, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(cluster_keys); i++) {
		const char *name = cluster_keys[i].name;
		if (strlen(name) == len && strncmp(name, option, len) == 0)
			return &cluster_keys[i];
	}
	return NULL;
}

const char *const value_cluster_option_lines[] = {
	" * swarm.overcommit=0.05\tshare of CPUs and memory to promise beyond what there is",
	" * swarm.createretry=0\thow often to try another node when a create fails",
	" * swarm.apiversion=1.55\tthe newest API version to offer to clients",
	" * swarm.together=KEY[!]\tcontainers with the same value of this label stay on one node; "
	"! "
	"refuses any other; more keys after commas",
	" * swarm.volumes=one-node\twhere a local volume is made: one-node or every-node",
	" * swarm.reschedule-share=0.5\tshare of nodes of which no more may be missing when "
	"containers are made anew",
	NULL,
};

bool value_cluster_options(
	const struct strv *options, struct cluster_options *ret, struct error *err)
{
	struct cluster_options o = {
		.overcommit = DEFAULT_OVERCOMMIT,
		.api_version = API_VERSION_MAX,
		.together = "",
		.reschedule_share = DEFAULT_RESCHEDULE_SHARE,
	};
	bool seen[ARRAY_SIZE(cluster_keys)] = { false };

	for (size_t i = 0; i < options->count; i++) {
		const char *option = options->items[i];
		size_t len = strcspn(option, "=");
		const struct cluster_key *key = find_cluster_key(option, len);

		if (option[len] != '=')
			return error_set(err, ERROR_INVALID,
				"--cluster-opt '%s' should be of the form key=value", option);
		if (!key)
			return error_set(err, ERROR_INVALID,
				"unknown --cluster-opt '%.*s': there are swarm.overcommit, "
				"swarm.createretry, swarm.apiversion, swarm.together, "
				"swarm.volumes and swarm.reschedule-share",
				(int)len, option);
		if (seen[key - cluster_keys])
			continue;
		seen[key - cluster_keys] = true;
		if (!key->set(&o, option + len + 1, err))
			return false;
	}
	*ret = o;
	return true;
}

/* --- <discovery> --- */

bool value_discovery(const struct invocation *in, const struct strv *words, const char *purpose,
	const char **ret_text, struct error *err)
{
	const char *text = words->count ? words->items[0] : getenv("SWARM_DISCOVERY");
	const char *command = in->command->name;

	if (words->count > 1)
		return error_set(err, ERROR_INVALID,
			"%s takes one discovery argument, and '%s' is another. See '%s %s --help'.",
			command, words->items[1], in->program, command);
	if (!text || !*text)
		return error_set(err, ERROR_INVALID,
			"discovery required to %s. See '%s %s --help'.", purpose, in->program,
			command);
	*ret_text = text;
	return true;
}
