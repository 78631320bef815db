/* cmd/place_body.c - flag by flag, as the docker command reads them. */
#include "cmd/place_body.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cmd/values.h"
#include "docker/port.h"

enum { PORT_PROTOCOLS = 3 };

struct body {
	yyjson_mut_doc *doc;
	yyjson_mut_val *root, *host;
	/* Ports that have a binding, by protocol; owned, NULL before the first: so that a long
	 * range costs no look-up for each of its ports. */
	bool (*bound)[PORT_PROTOCOLS][UINT16_MAX + 1];
};

static bool is_given(const char *text)
{
	return text && *text;
}

/* The object of this name, made when it is missing. */
static yyjson_mut_val *object_in(struct body *b, yyjson_mut_val *in, const char *key)
{
	yyjson_mut_val *found = yyjson_mut_obj_get(in, key);

	if (found)
		return found;
	found = yyjson_mut_obj(b->doc);
	yyjson_mut_obj_add(in, yyjson_mut_strcpy(b->doc, key), found);
	return found;
}

static void add_list(
	struct body *b, yyjson_mut_val *to, const char *key, char *const *items, size_t count)
{
	yyjson_mut_val *list = count ? yyjson_mut_obj_add_arr(b->doc, to, key) : NULL;

	for (size_t i = 0; i < count; i++)
		yyjson_mut_arr_add_strcpy(b->doc, list, items[i]);
}

/* --- what it is told --- */

static void add_env(struct body *b, const struct strv *env)
{
	yyjson_mut_val *list = yyjson_mut_obj_add_arr(b->doc, b->root, "Env");

	for (size_t i = 0; i < env->count; i++) {
		const char *text = env->items[i];
		const char *own = strchr(text, '=') ? NULL : getenv(text);
		auto_free char *both = own ? xasprintf("%s=%s", text, own) : NULL;

		if (both || strchr(text, '='))
			yyjson_mut_arr_add_strcpy(b->doc, list, both ? both : text);
	}
}

static void add_labels(struct body *b, const struct strv *labels)
{
	yyjson_mut_val *all = yyjson_mut_obj_add_obj(b->doc, b->root, "Labels");

	for (size_t i = 0; i < labels->count; i++) {
		const char *text = labels->items[i];
		size_t len = strcspn(text, "=");

		yyjson_mut_obj_put(all, yyjson_mut_strncpy(b->doc, text, len),
			yyjson_mut_strcpy(b->doc, text[len] ? text + len + 1 : ""));
	}
}

/* --- ports --- */

/* One of -p, taken apart; "" for what is not there. */
struct published {
	char *ip, *host, *inside; /* owned */
};

static void published_finish(struct published *p)
{
	free(p->ip);
	free(p->host);
	free(p->inside);
}

/* "[ip:][host:]inside", where an IPv6 address stands in brackets. */
static void split_published(const char *text, struct published *ret)
{
	const char *last = strrchr(text, ':'), *middle = NULL;

	*ret = (struct published){ .inside = xstrdup(last ? last + 1 : text) };
	if (!last) {
		ret->ip = xstrdup("");
		ret->host = xstrdup("");
		return;
	}
	for (const char *c = text; c < last; c++)
		middle = *c == ':' ? c : middle;
	ret->host = middle ? xstrndup(middle + 1, (size_t)(last - middle - 1))
			   : xstrndup(text, (size_t)(last - text));
	if (middle && *text == '[' && middle[-1] == ']')
		ret->ip = xstrndup(text + 1, (size_t)(middle - text - 2));
	else
		ret->ip = middle ? xstrndup(text, (size_t)(middle - text)) : xstrdup("");
}

/* Where the bindings of a port of the container are. */
static yyjson_mut_val *bindings_of(
	struct body *b, uint16_t port, enum port_protocol protocol, const char *inside)
{
	yyjson_mut_val *all = object_in(b, b->host, "PortBindings"), *list;
	yyjson_mut_val *exposed = object_in(b, b->root, "ExposedPorts");

	if (!b->bound)
		b->bound = xcalloc(1, sizeof(*b->bound));
	if ((*b->bound)[protocol][port])
		return yyjson_mut_obj_get(all, inside);
	(*b->bound)[protocol][port] = true;
	yyjson_mut_obj_add(exposed, yyjson_mut_strcpy(b->doc, inside), yyjson_mut_obj(b->doc));
	list = yyjson_mut_arr(b->doc);
	yyjson_mut_obj_add(all, yyjson_mut_strcpy(b->doc, inside), list);
	return list;
}

static void add_binding(struct body *b, yyjson_mut_val *list, const char *ip, const char *host)
{
	yyjson_mut_val *one = yyjson_mut_arr_add_obj(b->doc, list);

	yyjson_mut_obj_add_strcpy(b->doc, one, "HostIp", ip);
	yyjson_mut_obj_add_strcpy(b->doc, one, "HostPort", host);
}

static bool add_published(struct body *b, const char *text, struct error *err)
{
	static const char *const protocols[PORT_PROTOCOLS] = {
		[PORT_TCP] = "tcp", [PORT_UDP] = "udp", [PORT_SCTP] = "sctp"
	};
	struct published p;
	uint16_t first, last, host_first, host_last;
	enum port_protocol protocol;
	bool ok;

	split_published(text, &p);
	ok = port_parse(p.inside, &first, &last, &protocol) &&
	     port_range_parse(p.host, &host_first, &host_last) &&
	     /* several ports need as many, or one of them to be chosen for a single one */
	     (host_first == 0 || first == last || host_last - host_first == last - first);
	for (uint32_t i = first; ok && i <= last; i++) {
		auto_free char *inside = xasprintf("%u/%s", i, protocols[protocol]);
		auto_free char *host = first == last ? xstrdup(p.host)
				       : host_first  ? xasprintf("%u", host_first + (i - first))
						     : xstrdup("");

		add_binding(b, bindings_of(b, (uint16_t)i, protocol, inside), p.ip, host);
	}
	published_finish(&p);
	return ok || error_set(err, ERROR_INVALID,
			     "-p '%s': [IP:][PORT:]PORT[/PROTOCOL] is expected, and as many "
			     "outside as inside",
			     text);
}

/* --- what it needs --- */

static bool add_sizes(struct body *b, const struct place_wish *w, struct error *err)
{
	uint64_t memory = 0;
	double cpus = 0;

	if (is_given(w->memory) && !value_size("memory", w->memory, &memory, err))
		return false;
	if (is_given(w->cpus) && (!parse_double(w->cpus, &cpus) || !(cpus > 0 && cpus < 1e6)))
		return error_set(err, ERROR_INVALID, "--cpus '%s' is no number of CPUs", w->cpus);
	if (memory > INT64_MAX)
		return error_set(err, ERROR_INVALID, "--memory %s is too much", w->memory);
	if (memory)
		yyjson_mut_obj_add_uint(b->doc, b->host, "Memory", memory);
	if (cpus > 0)
		yyjson_mut_obj_add_sint(b->doc, b->host, "NanoCpus", (int64_t)(cpus * 1e9 + 0.5));
	if (w->cpu_shares)
		yyjson_mut_obj_add_sint(b->doc, b->host, "CpuShares", w->cpu_shares);
	return true;
}

static bool add_gpus(struct body *b, const char *text, struct error *err)
{
	yyjson_mut_val *list, *request, *kinds;
	uint64_t count = 0;
	bool all, devices;

	if (!is_given(text))
		return true;
	all = strcmp(text, "all") == 0;
	devices = str_starts_with(text, "device=");
	if (!all && !devices && (!parse_u64(text, &count) || count > INT32_MAX))
		return error_set(err, ERROR_INVALID,
			"--gpus '%s': all, a number, or device=ID[,ID...] is expected", text);
	list = yyjson_mut_obj_add_arr(b->doc, b->host, "DeviceRequests");
	request = yyjson_mut_arr_add_obj(b->doc, list);
	if (devices) {
		auto_strv struct strv ids = STRV_INIT;

		strv_split(&ids, strchr(text, '=') + 1, ',');
		add_list(b, request, "DeviceIDs", ids.items, ids.count);
	} else {
		yyjson_mut_obj_add_sint(b->doc, request, "Count", all ? -1 : (int64_t)count);
	}
	kinds = yyjson_mut_obj_add_arr(b->doc, request, "Capabilities");
	yyjson_mut_arr_add_str(b->doc, yyjson_mut_arr_add_arr(b->doc, kinds), "gpu");
	return true;
}

/* --- what it is with --- */

/* A path alone is a volume without a name; "/a:/b" and "name:/b" are binds. */
static void add_volumes(struct body *b, const struct strv *volumes)
{
	auto_strv struct strv binds = STRV_INIT;

	for (size_t i = 0; i < volumes->count; i++) {
		const char *text = volumes->items[i];

		if (strchr(text, ':'))
			strv_add(&binds, text);
		else
			object_in(b, object_in(b, b->root, "Volumes"), text);
	}
	add_list(b, b->host, "Binds", binds.items, binds.count);
}

static void add_network(struct body *b, const char *name)
{
	yyjson_mut_val *networking = object_in(b, b->root, "NetworkingConfig");
	yyjson_mut_val *endpoints = object_in(b, networking, "EndpointsConfig");

	if (!is_given(name))
		return;
	yyjson_mut_obj_add_strcpy(b->doc, b->host, "NetworkMode", name);
	if (!str_starts_with(name, "container:") && strcmp(name, "host") != 0 &&
		strcmp(name, "none") != 0 && strcmp(name, "default") != 0)
		object_in(b, endpoints, name);
}

yyjson_mut_doc *place_body(const struct place_wish *w, const char *image, char *const *command,
	size_t command_count, struct error *err)
{
	struct body b = { .doc = yyjson_mut_doc_new(NULL) };
	bool ok = true;

	b.root = yyjson_mut_obj(b.doc);
	yyjson_mut_doc_set_root(b.doc, b.root);
	yyjson_mut_obj_add_strcpy(b.doc, b.root, "Image", image);
	add_list(&b, b.root, "Cmd", command, command_count);
	b.host = object_in(&b, b.root, "HostConfig");
	add_env(&b, &w->env);
	add_labels(&b, &w->labels);
	for (size_t i = 0; i < w->publish.count && ok; i++)
		ok = add_published(&b, w->publish.items[i], err);
	ok = ok && add_sizes(&b, w, err) && add_gpus(&b, w->gpus, err);
	add_volumes(&b, &w->volumes);
	add_list(&b, b.host, "VolumesFrom", w->volumes_from.items, w->volumes_from.count);
	add_list(&b, b.host, "Links", w->links.items, w->links.count);
	add_network(&b, w->network);
	free(b.bound);
	if (ok)
		return b.doc;
	yyjson_mut_doc_free(b.doc);
	return NULL;
}
