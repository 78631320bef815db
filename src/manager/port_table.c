/* manager/port_table.c - claims of nodes into holders of ports. */
#include "manager/port_table.h"

#include <assert.h>
#include <string.h>

static uint32_t key_of(uint8_t protocol, uint16_t port)
{
	return (uint32_t)protocol << 16 | port;
}

static void note_change(struct port_table *t, struct port_slot *slot)
{
	if (list_empty(&slot->changed))
		list_push_back(&t->changed, &slot->changed);
}

static struct port_slot *find_slot(const struct port_table *t, uint8_t protocol, uint16_t port)
{
	uint32_t key = key_of(protocol, port);
	struct port_slot *slot = NULL;

	HASH_FIND(hh, t->slots, &key, sizeof(key), slot);
	return slot;
}

const struct port_slot *port_table_find(const struct port_table *t, uint8_t protocol, uint16_t port)
{
	return find_slot(t, protocol, port);
}

static struct port_slot *ensure_slot(struct port_table *t, const struct port_claim *c)
{
	struct port_slot *slot = find_slot(t, c->protocol, c->port);

	if (slot)
		return slot;
	slot = xnew(struct port_slot);
	slot->key = key_of(c->protocol, c->port);
	slot->protocol = c->protocol;
	slot->port = c->port;
	list_init(&slot->entries);
	list_init(&slot->changed);
	HASH_ADD(hh, t->slots, key, sizeof(slot->key), slot);
	return slot;
}

/* --- who holds it --- */

static bool comes_before(const struct port_entry *a, const struct port_entry *b)
{
	if (a->claim.in_reach != b->claim.in_reach)
		return a->claim.in_reach;
	if (a->claim.since_ns != b->claim.since_ns)
		return a->claim.since_ns < b->claim.since_ns;
	return strcmp(a->claim.id, b->claim.id) < 0;
}

static struct port_entry *first_of(const struct port_slot *slot)
{
	struct port_entry *first = NULL, *e;

	list_for_each (e, &slot->entries, by_slot) {
		if (!first || comes_before(e, first))
			first = e;
	}
	return first;
}

static void choose_holder(struct port_slot *slot)
{
	struct port_entry *first;

	if (slot->holder && slot->holder->claim.in_reach)
		return;
	first = first_of(slot);
	if (!slot->holder || first->claim.in_reach)
		slot->holder = first;
}

/* --- claims --- */

/* One container may be seen through two nodes. */
static struct port_entry *find_entry(
	const struct port_slot *slot, const struct list *node, const char *id)
{
	struct port_entry *e;

	list_for_each (e, &slot->entries, by_slot) {
		if (e->node == node && strcmp(e->claim.id, id) == 0)
			return e;
	}
	return NULL;
}

static bool same_claim(const struct port_claim *a, const struct port_claim *b)
{
	return a->in_reach == b->in_reach && a->since_ns == b->since_ns &&
	       strcmp(a->ip, b->ip) == 0 && strcmp(a->swarm_id, b->swarm_id) == 0;
}

static void take_claim(struct port_table *t, struct list *node, const struct port_claim *claim)
{
	struct port_slot *slot = ensure_slot(t, claim);
	struct port_entry *e = find_entry(slot, node, claim->id);

	if (!e) {
		e = xnew(struct port_entry);
		e->node = node;
		list_push_back(&slot->entries, &e->by_slot);
		list_push_back(node, &e->by_node);
		note_change(t, slot);
	} else if (!e->kept && !same_claim(&e->claim, claim)) {
		note_change(t, slot);
	} else {
		e->kept = true;
		return;
	}
	e->claim = *claim;
	e->kept = true;
}

static void drop_entry(struct port_table *t, struct port_entry *e)
{
	struct port_slot *slot = find_slot(t, e->claim.protocol, e->claim.port);

	assert(slot);
	if (slot->holder == e)
		slot->holder = NULL;
	list_remove(&e->by_slot);
	list_remove(&e->by_node);
	note_change(t, slot);
	free(e);
}

void port_table_claim(
	struct port_table *t, struct list *node, const struct port_claim *claims, size_t count)
{
	struct port_entry *e, *next;
	struct port_slot *slot;

	list_for_each (e, node, by_node)
		e->kept = false;
	for (size_t i = 0; i < count; i++)
		take_claim(t, node, &claims[i]);
	list_for_each_safe (e, next, node, by_node) {
		if (!e->kept)
			drop_entry(t, e);
	}
	list_for_each (slot, &t->changed, changed) {
		if (!list_empty(&slot->entries))
			choose_holder(slot);
	}
}

/* --- changes --- */

struct port_slot *port_table_next_changed(struct port_table *t)
{
	struct port_slot *slot = list_first(&t->changed, struct port_slot, changed);

	if (slot)
		list_remove(&slot->changed);
	return slot;
}

void port_table_drop(struct port_table *t, struct port_slot *slot)
{
	assert(!slot->use && list_empty(&slot->entries));
	HASH_DELETE(hh, t->slots, slot);
	free(slot);
}

void port_table_init(struct port_table *t)
{
	*t = (struct port_table){ 0 };
	list_init(&t->changed);
}

void port_table_finish(struct port_table *t)
{
	assert(!t->slots);
}
