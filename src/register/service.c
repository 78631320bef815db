/* register/service.c - ports, names, ids, addresses and health of a container's services. */
#include "register/service.h"

#include <stdio.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/container.h"
#include "docker/service_facts.h"
#include "net/socket.h"
#include "register/metadata.h"

#define JOINED "container:"

enum {
	PORTS_MAX = SERVICE_EXPOSED_MAX,
	NAME_MAX_LEN = 512, /* of names and ids */
};

const char *const service_health_texts[] = {
	[SERVICE_UNCHECKED] = "",
	[SERVICE_PASSING] = "passing",
	[SERVICE_WARNING] = "warning",
	[SERVICE_CRITICAL] = "critical",
};

/* A port that may be a service. */
struct candidate {
	uint16_t inside;
	enum port_protocol protocol;
	const struct port_use *published; /* NULL: it is not */
};

struct candidates {
	struct candidate items[PORTS_MAX];
	size_t count;
};

struct reading {
	const struct container *container;
	const struct container *joined; /* NULL: none */
	const struct service_terms *terms;
	struct strv said; /* "SERVICE_KEY=value"; labels, which win, come last */
	bool is_group;
};

/* --- what was said --- */

static void gather(struct strv *ret, const struct container *c)
{
	size_t room = SERVICE_VALUES_MAX;

	strv_copy(ret, &c->services->environment);
	for (size_t i = 0; i < c->labels.count && room > 0; i++) {
		const struct label *l = &c->labels.items[i];

		if (!str_starts_with(l->key, SERVICE_PREFIX) || strchr(l->key, '=') ||
			strlen(l->value) > SERVICE_VALUE_MAX)
			continue;
		strv_take(ret, xasprintf("%s=%s", l->key, l->value));
		room--;
	}
}

/* --- ports --- */

static struct candidate *ensure_candidate(
	struct candidates *all, uint16_t inside, enum port_protocol protocol)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->items[i].inside == inside && all->items[i].protocol == protocol)
			return &all->items[i];
	}
	if (all->count == PORTS_MAX)
		return NULL;
	all->items[all->count] = (struct candidate){ .inside = inside, .protocol = protocol };
	return &all->items[all->count++];
}

static void add_exposed(struct candidates *all, const struct container *c)
{
	for (size_t i = 0; i < c->services->exposed.count; i++) {
		uint16_t first, last;
		enum port_protocol protocol;

		if (port_parse(c->services->exposed.items[i], &first, &last, &protocol) &&
			first > 0 && first == last)
			ensure_candidate(all, first, protocol);
	}
}

/* Of several bindings of one port the first counts. */
static void add_published(struct candidates *all, const struct container *c)
{
	for (size_t i = 0; i < c->ports_count; i++) {
		const struct port_use *use = &c->ports[i];
		struct candidate *found;

		if (use->inside == 0 || use->first == 0 || use->first != use->last)
			continue;
		found = ensure_candidate(all, use->inside, (enum port_protocol)use->protocol);
		if (found && !found->published)
			found->published = use;
	}
}

static bool is_reached(const struct candidate *p, const struct container *c, bool internal)
{
	return internal || p->published || c->host_network;
}

static bool wants_internal(const struct reading *r, const struct metadata *m)
{
	const char *value = metadata_get(m, "internal");

	return value ? strcmp(value, "false") != 0 && strcmp(value, "0") != 0 : r->terms->internal;
}

/* --- addresses --- */

static bool ip_is_right(const char *ip, size_t len)
{
	auto_free char *text = xstrndup(ip, len);
	struct sockaddr_storage sa;

	return socket_set_ip(&sa, text, 0);
}

/* NULL: it has none. */
static const char *own_ip(const struct reading *r, const char *network)
{
	const struct container *c = r->joined ? r->joined : r->container;
	const char *found = NULL;

	if (c->host_network)
		return r->terms->ip;
	for (size_t i = 0; i < c->networks_count; i++) {
		const struct container_network *n = &c->networks[i];
		const char *ip = *n->ipv4 ? n->ipv4 : n->ipv6;

		if (!*ip || (network && strcmp(network, n->name) != 0))
			continue;
		if (strcmp(n->name, "bridge") == 0)
			return ip;
		if (!found)
			found = ip;
	}
	return found;
}

static bool is_loopback(const char *ip)
{
	struct sockaddr_storage sa;

	return socket_set_ip(&sa, ip, 0) && socket_is_loopback(&sa);
}

/* What is bound to the loopback of its node nobody else reaches. */
static const char *node_ip(const struct reading *r, const struct candidate *p)
{
	const struct port_use *use = p->published;

	if (!use || use->any_address || !*use->address)
		return r->terms->ip;
	if (is_loopback(use->address) && !is_loopback(r->terms->ip))
		return NULL;
	return use->address;
}

/* NULL: none.  Caller frees. */
static char *choose_ip(
	const struct reading *r, const struct candidate *p, const struct metadata *m, bool internal)
{
	const char *label = r->terms->ip_label;
	const char *said = label ? labels_get(&r->container->labels, label) : NULL;
	const char *ip = internal ? own_ip(r, metadata_get(m, "network")) : node_ip(r, p);

	if (said && ip_is_right(said, strcspn(said, "/")))
		return xstrndup(said, strcspn(said, "/"));
	said = metadata_get(m, "ip");
	if (said && ip_is_right(said, strlen(said)))
		return xstrdup(said);
	return ip && *ip ? xstrdup(ip) : NULL;
}

/* --- names --- */

/* "reg:5000/team/app:1.2" -> "app".  Caller frees. */
static char *image_name(const char *image)
{
	const char *slash = strrchr(image, '/');
	const char *name = slash ? slash + 1 : image;

	return xstrndup(name, strcspn(name, ":"));
}

static char *choose_name(const struct reading *r, const struct metadata *m, uint16_t inside)
{
	const char *said = metadata_get(m, "name");
	auto_free char *name = said ? xstrdup(said) : image_name(r->container->services->image);

	if (!r->is_group || (said && metadata_is_own(m, "name")))
		return steal(name);
	return xasprintf("%s-%u", name, inside);
}

static char *choose_id(const struct reading *r, const struct metadata *m, const struct candidate *p)
{
	const char *said = metadata_get(m, "id");

	if (said)
		return xstrdup(said);
	return xasprintf("%s:%s:%u%s", r->terms->node, container_name(r->container), p->inside,
		p->protocol == PORT_UDP ? ":udp" : "");
}

static void choose_tags(struct strv *ret, const struct reading *r, const struct metadata *m,
	const struct candidate *p)
{
	const char *said = metadata_get(m, "tags");

	if (said)
		metadata_split_tags(ret, said);
	if (r->terms->tags)
		metadata_split_tags(ret, r->terms->tags);
	if (p->protocol == PORT_UDP && !strv_contains(ret, "udp"))
		strv_add(ret, "udp");
	strv_sort(ret);
}

/* Keys that have been understood are no attributes. */
static bool is_known(const char *key)
{
	static const char *const known[] = { "name", "id", "tags", "ignore", "internal", "ip",
		"network" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i], key) == 0)
			return true;
	}
	return false;
}

static void choose_attributes(struct labels *ret, const struct metadata *m)
{
	for (size_t i = 0; i < m->items.count; i++) {
		if (!is_known(m->items.items[i].key))
			labels_add(ret, m->items.items[i].key, m->items.items[i].value);
	}
	labels_sort(ret);
}

static enum service_health parse_health(const char *text)
{
	for (enum service_health h = SERVICE_PASSING; text && h <= SERVICE_CRITICAL; h++) {
		if (strcmp(text, service_health_texts[h]) == 0)
			return h;
	}
	return SERVICE_CRITICAL;
}

static enum service_health choose_health(const struct container *c, const struct metadata *m)
{
	if (c->state == CONTAINER_PAUSED)
		return SERVICE_CRITICAL;
	switch ((enum container_health)c->health) {
	case HEALTH_NONE: return SERVICE_UNCHECKED;
	case HEALTH_STARTING: return parse_health(metadata_get(m, "check_initial_status"));
	case HEALTH_HEALTHY: return SERVICE_PASSING;
	case HEALTH_UNHEALTHY: break;
	}
	return SERVICE_CRITICAL;
}

/* --- together --- */

static void service_finish(struct service *s)
{
	free(s->id);
	free(s->name);
	free(s->ip);
	free(s->container);
	strv_finish(&s->tags);
	labels_finish(&s->attributes);
}

static bool is_wanted(const struct reading *r, const struct metadata *m)
{
	return !metadata_get(m, "ignore") && (!r->terms->named_only || metadata_get(m, "name"));
}

static void add_service(struct services *ret, const struct reading *r, const struct candidate *p,
	const struct metadata *m)
{
	bool internal = wants_internal(r, m);
	struct service s = {
		.id = choose_id(r, m, p),
		.name = choose_name(r, m, p->inside),
		.ip = choose_ip(r, p, m, internal),
		.container = xstrdup(r->container->services->host_name),
		.port = !internal && p->published ? p->published->first : p->inside,
		.inside = p->inside,
		.health = choose_health(r->container, m),
	};

	if (!s.ip || !*s.name || strlen(s.name) > NAME_MAX_LEN || strlen(s.id) > NAME_MAX_LEN) {
		service_finish(&s);
		return;
	}
	choose_tags(&s.tags, r, m, p);
	choose_attributes(&s.attributes, m);
	array_reserve(ret->items, ret->count, ret->cap);
	ret->items[ret->count++] = s;
}

static void read_port(struct services *ret, const struct reading *r, const struct candidate *p)
{
	struct metadata m;

	metadata_read(&m, &r->said, p->inside);
	if (is_wanted(r, &m))
		add_service(ret, r, p, &m);
	metadata_finish(&m);
}

/* What others cannot reach is neither a service nor makes a group. */
static void drop_unreached(struct candidates *all, const struct reading *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++) {
		struct metadata m;

		metadata_read(&m, &r->said, all->items[i].inside);
		if (is_reached(&all->items[i], r->container, wants_internal(r, &m)))
			all->items[kept++] = all->items[i];
		metadata_finish(&m);
	}
	all->count = kept;
}

void service_read(struct services *ret, const struct container *c, const struct container *joined,
	const struct service_terms *terms)
{
	struct reading r = { .container = c, .joined = joined, .terms = terms };
	struct candidates all = { .count = 0 };

	if ((c->state != CONTAINER_RUNNING && c->state != CONTAINER_PAUSED) || !c->services)
		return;
	gather(&r.said, c);
	add_exposed(&all, c);
	add_published(&all, c);
	drop_unreached(&all, &r);
	r.is_group = all.count > 1;
	for (size_t i = 0; i < all.count; i++)
		read_port(ret, &r, &all.items[i]);
	strv_finish(&r.said);
}

void services_finish(struct services *s)
{
	for (size_t i = 0; i < s->count; i++)
		service_finish(&s->items[i]);
	free(s->items);
	*s = (struct services){ 0 };
}

const char *service_joined_id(const struct container *c)
{
	const char *mode = c->network_mode ? c->network_mode : "";

	return str_starts_with(mode, JOINED) ? mode + strlen(JOINED) : NULL;
}
