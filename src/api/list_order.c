/*
 * api/list_order.c - containers looked at, sorted in pieces, and merged while they are written.
 */
#include "api/list_order.h"

#include <string.h>

#include "base/mem.h"

enum {
	LOOKED_AT_PER_TURN = 4096, /* containers; an engine with more of them is looked at whole */
	PIECE_ITEMS = 2048,        /* sorted in one turn */
};

struct list_order_piece {
	struct list_item *items; /* owned */
	size_t count, next;
};

void list_order_init(struct list_order *o, const struct cluster *cluster)
{
	o->engines = xcalloc(cluster->engines_count, sizeof(struct engine *));
	for (size_t i = 0; i < cluster->engines_count; i++)
		o->engines[i] = engine_ref(cluster->engines[i]);
	o->engines_count = cluster->engines_count;
}

/* --- gathering --- */

static struct list_item *add_item(struct list_order *o)
{
	struct list_order_piece *last = o->count ? &o->pieces[o->count - 1] : NULL;

	if (!last || last->count == PIECE_ITEMS) {
		array_reserve(o->pieces, o->count, o->cap);
		last = &o->pieces[o->count++];
		*last = (struct list_order_piece){ 0 };
	}
	/* doubling, so that a short list is a small one */
	if ((last->count & (last->count - 1)) == 0)
		last->items = xreallocarray(
			last->items, last->count ? last->count * 2 : 1, sizeof(*last->items));
	return &last->items[last->count++];
}

static void gather_engine(
	struct list_order *o, const struct engine *e, const struct container_filter *filter)
{
	for (size_t i = 0; i < e->containers_count; i++) {
		const struct container *c = e->containers[i];
		struct list_item *item;

		if (c->state == CONTAINER_PENDING || !c->entry ||
			!containers_filter_visible(filter, c))
			continue;
		item = add_item(o);
		item->created_ns = c->created_ns;
		item->engine = e;
		memcpy(item->id, c->id, sizeof(c->id));
	}
}

static void gather_engines(struct list_order *o, const struct container_filter *filter)
{
	size_t looked_at = 0;

	while (o->engines_next < o->engines_count && looked_at < LOOKED_AT_PER_TURN) {
		const struct engine *e = o->engines[o->engines_next++];

		if (!engine_is_validated(e))
			continue;
		gather_engine(o, e, filter);
		looked_at += e->containers_count;
	}
}

/* --- order --- */

static int compare_items(const void *a, const void *b)
{
	const struct list_item *x = a, *y = b;

	if (x->created_ns != y->created_ns)
		return x->created_ns < y->created_ns ? 1 : -1;
	return strcmp(x->id, y->id);
}

static bool comes_before(const struct list_order_piece *a, const struct list_order_piece *b)
{
	return compare_items(&a->items[a->next], &b->items[b->next]) < 0;
}

static void sink(struct list_order *o, size_t i)
{
	for (;;) {
		size_t first = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < o->count; child++) {
			if (comes_before(&o->pieces[child], &o->pieces[first]))
				first = child;
		}
		if (first == i)
			return;
		struct list_order_piece moved = o->pieces[i];
		o->pieces[i] = o->pieces[first];
		o->pieces[first] = moved;
		i = first;
	}
}

bool list_order_gather(struct list_order *o, const struct container_filter *filter)
{
	if (o->engines_next < o->engines_count) {
		gather_engines(o, filter);
		return false;
	}
	if (o->sorted < o->count) {
		struct list_order_piece *p = &o->pieces[o->sorted++];

		qsort(p->items, p->count, sizeof(*p->items), compare_items);
		return false;
	}
	for (size_t i = o->count / 2; i-- > 0;)
		sink(o, i);
	return true;
}

const struct list_item *list_order_next(struct list_order *o)
{
	struct list_order_piece *top = o->pieces;

	if (o->count > 0 && top->next == top->count) {
		free(top->items);
		*top = o->pieces[--o->count];
	}
	if (o->count == 0)
		return NULL;
	sink(o, 0); /* the one that was lent last has gone from the top */
	return &top->items[top->next++];
}

size_t list_order_bytes(const struct list_order *o)
{
	size_t items = 0;

	for (size_t i = 0; i < o->count; i++)
		items += o->pieces[i].count;
	return items * sizeof(struct list_item);
}

void list_order_finish(struct list_order *o)
{
	for (size_t i = 0; i < o->engines_count; i++)
		engine_unref(o->engines[i]);
	for (size_t i = 0; i < o->count; i++)
		free(o->pieces[i].items);
	free(o->engines);
	free(o->pieces);
	*o = (struct list_order){ 0 };
}
