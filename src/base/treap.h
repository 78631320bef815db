/*
 * base/treap.h - things in an order, for those who walk through it in many turns.
 *
 * A tree whose nodes are embedded in what is ordered.  Who walks keeps no place in it but a key,
 * the last that it has seen, and so holds nothing however long it takes: what comes or goes
 * meanwhile does so behind its back or before it.  Nodes have random weights, so the order in which
 * they come makes no tree deep.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct treap_node {
	struct treap_node *left, *right;
	uint64_t weight;
};

struct treap {
	struct treap_node *root; /* zeroed memory is an empty tree */
	/* Never 0 for two different nodes of the tree. */
	int (*compare)(const struct treap_node *a, const struct treap_node *b);
};

/* What compare looks at may not change until the node is taken out. */
void treap_insert(struct treap *t, struct treap_node *node);
/* One that is not in it is fine. */
void treap_remove(struct treap *t, struct treap_node *node);
/* The one to which the key stands as equal; NULL. */
struct treap_node *treap_find(const struct treap *t,
	int (*key)(const struct treap_node *node, const void *arg), const void *arg);
/* Visits what comes after the key, in order, until visit returns false; then so does this.  key
 * tells how a node stands to it, as compare does: > 0 is behind it.  visit may not change the tree.
 */
bool treap_walk(const struct treap *t, int (*key)(const struct treap_node *node, const void *arg),
	bool (*visit)(struct treap_node *node, void *arg), void *arg);
