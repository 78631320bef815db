/* names/ceiling.c - a bucket of queries for each client. */
#include "names/ceiling.h"

#include <netinet/in.h>
#include <string.h>

#include "base/map.h"

enum { BURST = 2 * CEILING_PER_S };

struct ceiling_client {
	UT_hash_handle hh;
	struct list by_age; /* the one that was silent for longest first */
	uint64_t key[2];
	int64_t left_thousandths, last_ms;
};

void ceiling_init(struct ceiling *c)
{
	*c = (struct ceiling){ 0 };
	list_init(&c->by_age);
}

static void forget(struct ceiling *c, struct ceiling_client *client)
{
	HASH_DELETE(hh, c->clients, client);
	list_remove(&client->by_age);
	free(client);
}

void ceiling_finish(struct ceiling *c)
{
	while (!list_empty(&c->by_age))
		forget(c, list_first(&c->by_age, struct ceiling_client, by_age));
}

static void read_key(uint64_t key[2], const struct sockaddr_storage *client)
{
	const struct in6_addr *v6 = &((const struct sockaddr_in6 *)client)->sin6_addr;

	key[0] = client->ss_family;
	key[1] = 0;
	if (client->ss_family == AF_INET)
		memcpy(&key[1], &((const struct sockaddr_in *)client)->sin_addr, 4);
	else if (client->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6))
		memcpy(&key[1], v6->s6_addr + 12, 4);
	else if (client->ss_family == AF_INET6)
		memcpy(&key[1], v6, 8);
}

static struct ceiling_client *ensure_client(
	struct ceiling *c, const struct sockaddr_storage *address, int64_t now_ms)
{
	struct ceiling_client *client;
	uint64_t key[2];

	read_key(key, address);
	HASH_FIND(hh, c->clients, key, sizeof(key), client);
	if (client) {
		list_remove(&client->by_age);
		list_push_back(&c->by_age, &client->by_age);
		return client;
	}
	if (HASH_COUNT(c->clients) >= CEILING_CLIENTS)
		forget(c, list_first(&c->by_age, struct ceiling_client, by_age));
	client = xnew(struct ceiling_client);
	memcpy(client->key, key, sizeof(key));
	client->left_thousandths = BURST * 1000;
	client->last_ms = now_ms;
	HASH_ADD(hh, c->clients, key, sizeof(client->key), client);
	list_push_back(&c->by_age, &client->by_age);
	return client;
}

bool ceiling_allows(struct ceiling *c, const struct sockaddr_storage *address, int64_t now_ms)
{
	struct ceiling_client *client = ensure_client(c, address, now_ms);
	int64_t gained = min_of(now_ms - client->last_ms, INT64_C(10000)) * CEILING_PER_S;

	client->left_thousandths = min_of(client->left_thousandths + gained, (int64_t)BURST * 1000);
	client->last_ms = now_ms;
	if (client->left_thousandths < 1000)
		return false;
	client->left_thousandths -= 1000;
	return true;
}
