/* api/networks_endpoints.c - a hash from networks to the containers on them. */
#include "api/networks_endpoints.h"

#include <string.h>

#include "base/map.h"
#include "cluster/find_network.h"

struct network_endpoint_head {
	const char *id; /* the network's logical one; borrowed from its record, or a container's */
	struct network_endpoint *first;
	UT_hash_handle hh;
};

static size_t count_attachments(const struct cluster *cluster)
{
	const struct engine *e;
	size_t count = 0;

	cluster_each (e, cluster, CLUSTER_ALL) {
		for (size_t k = 0; k < e->containers_count; k++)
			count += e->containers[k]->networks_count;
	}
	return count;
}

static void insert(struct network_endpoints *ne, const char *id, struct network_endpoint *endpoint)
{
	struct network_endpoint_head *head;

	HASH_FIND_STR(ne->by_id, id, head);
	if (!head) {
		head = xnew(struct network_endpoint_head);
		head->id = id;
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

static struct network_endpoint *insert_container(struct network_endpoints *ne,
	const struct engine *e, const struct container *c, struct network_endpoint *next)
{
	for (size_t i = 0; i < c->networks_count; i++) {
		const struct container_network *at = &c->networks[i];

		if (!is_attached(c, at))
			continue;
		next->container = c;
		next->at = at;
		insert(ne, network_told_id(e, at->network_id), next++);
	}
	return next;
}

void network_endpoints_init(struct network_endpoints *ne, const struct cluster *cluster)
{
	struct network_endpoint *next;
	const struct engine *e;

	*ne = (struct network_endpoints){ 0 };
	next = ne->items = xcalloc(count_attachments(cluster) + 1, sizeof(*ne->items));
	cluster_each (e, cluster, CLUSTER_ALL) {
		for (size_t k = 0; k < e->containers_count; k++)
			next = insert_container(ne, e, e->containers[k], next);
	}
}

void network_endpoints_finish(struct network_endpoints *ne)
{
	struct network_endpoint_head *head, *tmp;

	HASH_ITER (hh, ne->by_id, head, tmp) {
		HASH_DEL(ne->by_id, head);
		free(head);
	}
	free(steal(ne->items));
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
	while (endpoint && network_is_of_one_node(n) && endpoint->container->engine != e)
		endpoint = endpoint->next;
	return endpoint;
}

bool network_endpoints_any(
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

static void write_endpoint(struct strbuf *sb, const struct network_endpoint *endpoint)
{
	const struct container_network *at = endpoint->at;

	strbuf_addf(sb, "\"%s\":{", endpoint->container->id);
	write_str(sb, "Name", container_name(endpoint->container));
	strbuf_add_char(sb, ',');
	write_str(sb, "EndpointID", at->endpoint_id);
	strbuf_add_char(sb, ',');
	write_str(sb, "MacAddress", at->mac);
	write_address(sb, "IPv4Address", at->ipv4, at->ipv4_len);
	write_address(sb, "IPv6Address", at->ipv6, at->ipv6_len);
	strbuf_add_char(sb, '}');
}

void network_endpoints_write(struct strbuf *sb, const struct network_endpoints *ne,
	const struct network *n, const struct engine *e)
{
	const struct network_endpoint *first = skip_others(find_first(ne, n), n, e);

	strbuf_add_char(sb, '{');
	for (const struct network_endpoint *i = first; i; i = skip_others(i->next, n, e)) {
		if (i != first)
			strbuf_add_char(sb, ',');
		write_endpoint(sb, i);
	}
	strbuf_add_char(sb, '}');
}
