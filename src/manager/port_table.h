/*
 * manager/port_table.h - who answers for a port of the pool; pure.
 *
 * A node claims the ports that its running containers publish.  Where several containers claim one
 * port, the first holds it: who has it keeps it as long as its node is in reach, and after that the
 * one that has run for longest follows.  What differs from before is found by
 * port_table_next_changed.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "docker/port.h"

struct port_claim {
	uint8_t protocol; /* enum port_protocol; TCP or UDP */
	uint16_t port;
	bool in_reach; /* its node answers */
	char ip[INET6_ADDRSTRLEN];
	char id[65], swarm_id[65]; /* of the container; copies of one have one swarm id */
	int64_t since_ns;
};

struct port_entry {
	struct port_claim claim;
	struct list by_slot, by_node;
	struct list *node; /* whose list by_node is in */
	bool kept;         /* private */
	bool told;         /* for the owner of the table: that somebody else holds it */
};

struct port_slot {
	UT_hash_handle hh;
	uint32_t key; /* private */
	uint8_t protocol;
	uint16_t port;
	struct list entries;       /* port_entry::by_slot */
	struct port_entry *holder; /* NULL: nobody claims it any more */
	struct list changed;       /* private */
	void *use;                 /* of the owner of the table; NULL before */
};

struct port_table {
	struct port_slot *slots; /* private */
	struct list changed;     /* private; port_slot::changed */
};

void port_table_init(struct port_table *t);
/* All nodes have dropped theirs, and all changes were taken. */
void port_table_finish(struct port_table *t);
/* The node, a list head that was initialised once, claims these and no others.  A claim that comes
 * twice counts once. */
void port_table_claim(
	struct port_table *t, struct list *node, const struct port_claim *claims, size_t count);
/* NULL: nobody claims it. */
const struct port_slot *port_table_find(
	const struct port_table *t, uint8_t protocol, uint16_t port);
/* A slot whose holder, or the holder's place, or the number of claims is another; NULL: no more.
 * One without holder ends with port_table_drop. */
struct port_slot *port_table_next_changed(struct port_table *t);
/* `use` must be NULL again. */
void port_table_drop(struct port_table *t, struct port_slot *slot);
