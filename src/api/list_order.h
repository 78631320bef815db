/*
 * api/list_order.h - the containers of a list in their order, gathered by pieces.
 *
 * Newest first.  Each engine is looked at once, in one turn, so that nothing is missed or told
 * twice because its containers moved in the meantime; many engines take several turns, and what
 * they have is sorted in bounded pieces that are merged while the list is written.  The containers
 * themselves are not held: until they are told they may have gone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/containers_filter.h"
#include "cluster/cluster.h"

struct list_item {
	int64_t created_ns;
	char id[65];
	const struct engine *engine; /* lives as long as the list_order */
};

struct list_order_piece;

struct list_order {
	struct engine **engines; /* counted */
	size_t engines_count, engines_next;
	struct list_order_piece *pieces; /* once all are sorted: a heap, the next item on top */
	size_t count, cap, sorted;
};

/* Zeroed memory is an empty order. */
void list_order_init(struct list_order *o, const struct cluster *cluster);
/* The next piece of work; true when all is gathered, and list_order_next may begin. */
bool list_order_gather(struct list_order *o, const struct container_filter *filter);
/* Lent until the next call; NULL at the end. */
const struct list_item *list_order_next(struct list_order *o);
size_t list_order_bytes(const struct list_order *o);
void list_order_finish(struct list_order *o);
