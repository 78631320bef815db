/* api/networks_endpoints.c - a hash from networks to the ids of the containers on them. */
#include "api/networks_endpoints.h"

#include <string.h>

#include "base/intern.h"
#include "base/map.h"
#include "base/mem.h"
#include "cluster/find_network.h"

struct network_endpoint {
	const struct engine *engine;
	char id[65];                   /* of the container */
	struct network_endpoint *next; /* of the same network; owned */
};

struct network_endpoint_head {
	const char *id; /* the network's logical one, interned */
	struct network_endpoint *first;
	UT_hash_handle hh;
};

static void insert(struct network_endpoints *ne, const char *id, struct network_endpoint *endpoint)
{
	struct network_endpoint_head *head;

	HASH_FIND_STR(ne->by_id, id, head);
	if (!head) {
		head = xnew(struct network_endpoint_head);
		head->id = intern(id);
		HASH_ADD_KEYPTR(hh, ne->by_id, head->id, strlen(head->id), head);
	}
	endpoint->next = head->first;
	head->first = endpoint;
}

/* A stopped container keeps the network's id without being there.  Podman tells no endpoint ids. */
static bool is_attached(const struct container *c, const struct container_network *at)
{
	return *at->network_id && (*at->endpoint_id || container_is_running(c));
}

static void insert_container(
	struct network_endpoints *ne, const struct engine *e, const struct container *c)
{
	for (size_t i = 0; i < c->networks_count; i++) {
		const struct container_network *at = &c->networks[i];
		struct network_endpoint *endpoint;

		if (!is_attached(c, at))
			continue;
		endpoint = xnew(struct network_endpoint);
		endpoint->engine = e;
		memcpy(endpoint->id, c->id, sizeof(c->id));
		insert(ne, network_told_id(e, at->network_id), endpoint);
	}
}

void networks_endpoints_add(struct network_endpoints *ne, const struct engine *e)
{
	for (size_t i = 0; i < e->containers_count; i++)
		insert_container(ne, e, e->containers[i]);
}

void networks_endpoints_finish(struct network_endpoints *ne)
{
	struct network_endpoint_head *head, *tmp;

	HASH_ITER (hh, ne->by_id, head, tmp) {
		HASH_DEL(ne->by_id, head);
		while (head->first) {
			struct network_endpoint *next = head->first->next;

			free(head->first);
			head->first = next;
		}
		intern_unref(head->id);
		free(head);
	}
}

static const struct network_endpoint *find_first(
	const struct network_endpoints *ne, const struct network *n)
{
	struct network_endpoint_head *head;

	HASH_FIND_STR(ne->by_id, n->logical_id, head);
	if (!head) /* Podman 4.3 gives the name where the id should be */
		HASH_FIND_STR(ne->by_id, n->name, head);
	return head ? head->first : NULL;
}

/* The next from here on that is not another node's, of a network with the same id. */
static const struct network_endpoint *skip_others(
	const struct network_endpoint *endpoint, const struct network *n, const struct engine *e)
{
	while (endpoint && network_is_of_one_node(n) && endpoint->engine != e)
		endpoint = endpoint->next;
	return endpoint;
}

bool networks_endpoints_any(
	const struct network_endpoints *ne, const struct network *n, const struct engine *e)
{
	return skip_others(find_first(ne, n), n, e);
}

static void write_str(struct strbuf *sb, const char *key, const char *value)
{
	strbuf_addf(sb, "\"%s\":", key);
	strbuf_add_json_str(sb, value, strlen(value));
}

static void write_address(struct strbuf *sb, const char *key, const char *address, unsigned len)
{
	strbuf_addf(sb, ",\"%s\":\"", key);
	if (*address)
		strbuf_addf(sb, "%s/%u", address, len);
	strbuf_add_char(sb, '"');
}

/* By which of its networks it is there: told by id, or by Podman by name. */
static const struct container_network *find_attachment(
	const struct container *c, const struct network *n)
{
	for (size_t i = 0; i < c->networks_count; i++) {
		const struct container_network *at = &c->networks[i];
		const char *id = network_told_id(c->engine, at->network_id);

		if (is_attached(c, at) &&
			(strcmp(id, n->logical_id) == 0 || strcmp(id, n->name) == 0))
			return at;
	}
	return NULL;
}

static bool write_endpoint(struct strbuf *sb, const struct network_endpoint *endpoint,
	const struct network *n, const char *separator)
{
	const struct container *c = engine_find_container(endpoint->engine, endpoint->id);
	const struct container_network *at = c ? find_attachment(c, n) : NULL;

	if (!at)
		return false;
	strbuf_addf(sb, "%s\"%s\":{", separator, c->id);
	write_str(sb, "Name", container_name(c));
	strbuf_add_char(sb, ',');
	write_str(sb, "EndpointID", at->endpoint_id);
	strbuf_add_char(sb, ',');
	write_str(sb, "MacAddress", at->mac);
	write_address(sb, "IPv4Address", at->ipv4, at->ipv4_len);
	write_address(sb, "IPv6Address", at->ipv6, at->ipv6_len);
	strbuf_add_char(sb, '}');
	return true;
}

void networks_endpoints_write(struct strbuf *sb, const struct network_endpoints *ne,
	const struct network *n, const struct engine *e)
{
	const struct network_endpoint *first = skip_others(find_first(ne, n), n, e);
	const char *separator = "";

	strbuf_add_char(sb, '{');
	for (const struct network_endpoint *i = first; i; i = skip_others(i->next, n, e)) {
		if (write_endpoint(sb, i, n, separator))
			separator = ",";
	}
	strbuf_add_char(sb, '}');
}
